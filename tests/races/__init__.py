"""What happens at the same moment, each with a control that shows the race without its guard."""

from __future__ import annotations
