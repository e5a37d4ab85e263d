"""Users, clients, memberships, invitations, email and the activity log."""

from __future__ import annotations

from clients.models.activity import Activity
from clients.models.client import Client
from clients.models.email import EmailMessage
from clients.models.email_template import EmailTemplate
from clients.models.invitation import Invitation
from clients.models.membership import Membership, Permission
from clients.models.user import User

__all__ = [
    "Activity",
    "Client",
    "EmailMessage",
    "EmailTemplate",
    "Invitation",
    "Membership",
    "Permission",
    "User",
]
