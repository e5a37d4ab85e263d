"""Users, clients, memberships and the activity log."""

from __future__ import annotations

from clients.models.activity import Activity
from clients.models.client import Client
from clients.models.membership import Membership, Permission
from clients.models.user import User

__all__ = ["Activity", "Client", "Membership", "Permission", "User"]
