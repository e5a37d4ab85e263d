"""What changes users, clients and the record of who did what."""

from __future__ import annotations
