"""A membership: which user may do what for which client."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import Client
from clients.models.user import User


class Permission(models.TextChoices):
    """What an owner can allow another user, in WHMCS's words plus the two of the mail pages."""

    PROFILE = "profile", _("Edit the client's profile")
    CONTACTS = "contacts", _("View and manage contacts")
    PRODUCTS = "products", _("View services")
    MANAGE_PRODUCTS = "manageproducts", _("Change and cancel services")
    MANAGE_MAILBOXES = "managemailboxes", _("Manage mailboxes")
    MAILBOX_SSO = "mailboxsso", _("Open webmail and the control panel of mailboxes")
    INVOICES = "invoices", _("View and pay invoices")
    EMAILS = "emails", _("View the email history")
    ORDERS = "orders", _("Place orders")


# What an owner can choose at one go.
PRESETS: dict[str, tuple[Permission, ...]] = {
    "mail": (Permission.PRODUCTS, Permission.MANAGE_MAILBOXES, Permission.MAILBOX_SSO),
    "books": (Permission.PRODUCTS, Permission.INVOICES, Permission.EMAILS),
}


class Membership(models.Model):
    """A user of a client. The owner has every permission and cannot be limited."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="memberships")
    is_owner = models.BooleanField(default=False)
    permissions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "client"], name="one_membership_per_user"),
            models.UniqueConstraint(
                fields=["client"], condition=models.Q(is_owner=True), name="one_owner_per_client"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.client}"

    def allows(self, permission: str) -> bool:
        """Tell whether this user may do that for this client."""
        return self.is_owner or permission in self.permissions
