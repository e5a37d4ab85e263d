"""What runs behind the pages: jobs, the mirror, verification, batches, the sweep."""

from __future__ import annotations
