"""Who a session belongs to: the user, together with the clients they can act for."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from clientarea import seats
from clients.models import Membership, User


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    """allauth's log-in; every page needs the memberships too, so one query reads both."""

    def get_user(self, user_id: Any) -> User | None:
        memberships = list(
            Membership.objects.filter(user_id=user_id)
            .select_related("user", "client")
            .order_by("client__company", "client__name", "client_id")
        )
        if not memberships:
            nobodys: User | None = super().get_user(user_id)
            return nobodys
        user = memberships[0].user
        seats.remember(user, memberships)
        return user if self.user_can_authenticate(user) else None
