"""What one user may do for one client, as the pages ask it."""

from __future__ import annotations

from dataclasses import dataclass

from clients.models import Membership, Permission


@dataclass(frozen=True)
class Grants:
    """The permissions of a membership, as they were when this request began."""

    is_owner: bool
    permissions: frozenset[str]

    def allows(self, permission: str) -> bool:
        """Tell whether this user may do that for this client."""
        return self.is_owner or permission in self.permissions

    @property
    def manage_mailboxes(self) -> bool:
        """Tell whether the mail pages are open to this user."""
        return self.allows(Permission.MANAGE_MAILBOXES)

    @property
    def view_service(self) -> bool:
        """Tell whether the overview of a service is open to this user."""
        return self.allows(Permission.PRODUCTS)

    @property
    def manage_service(self) -> bool:
        """Tell whether this user may change, cancel and restore a service."""
        return self.allows(Permission.MANAGE_PRODUCTS)

    @property
    def open_mailboxes(self) -> bool:
        """Tell whether this user may open webmail and the control panel of a mailbox."""
        return self.allows(Permission.MAILBOX_SSO)

    @classmethod
    def of(cls, membership: Membership) -> Grants:
        """Return what this membership allows."""
        return cls(is_owner=membership.is_owner, permissions=frozenset(membership.permissions))
