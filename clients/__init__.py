"""Who acts: users, clients, memberships, the activity log."""

from __future__ import annotations
