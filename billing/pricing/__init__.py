"""What things cost: pure functions on decimals and dates that know no database and no clock."""

from __future__ import annotations
