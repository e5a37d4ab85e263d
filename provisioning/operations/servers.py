"""Add and change servers, and test their connection."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from provisioning import module
from provisioning.models import Server
from provisioning.module import ConnectionReport

# What the activity log may tell of a server; of the password only that it is another.
TOLD = (
    "name",
    "is_active",
    "username",
    "admin_url",
    "fallback_admin_url",
    "user_url",
    "control_panel_url",
    "control_panel_hand_off",
    "max_domains",
    "mb_per_gb",
)


@transaction.atomic
def add_server(*, server: Server, actor: Actor) -> Server:
    """Save a server that has just been described."""
    server.save()
    _note("server.added", server, actor, after={field: getattr(server, field) for field in TOLD})
    return server


@transaction.atomic
def change_server(*, server: Server, actor: Actor) -> Server:
    """Save what has been entered for a server, and nothing else of it."""
    stored = Server.objects.select_for_update().get(pk=server.pk)
    changed = [field for field in TOLD if getattr(stored, field) != getattr(server, field)]
    before = {field: getattr(stored, field) for field in changed}
    after = {field: getattr(server, field) for field in changed}
    if stored.password != server.password:
        after |= {"password": "changed"}
    server.save(update_fields=[*TOLD, "password", "updated_at"])
    if after:
        _note("server.changed", server, actor, before=before, after=after)
    return server


def check_connection(*, server: Server, actor: Actor) -> ConnectionReport:
    """Log in to the vendor now and keep the result with the server."""
    report = module.test_connection(server)
    with transaction.atomic():
        server.health = Server.Health.OK if report.ok else Server.Health.DOWN
        server.health_message = report.message[:300]
        server.health_checked_at = timezone.now()
        server.save(update_fields=["health", "health_message", "health_checked_at"])
        _note("server.tested", server, actor, after={"ok": report.ok})
    return report


def _note(
    action: str,
    server: Server,
    actor: Actor,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    activity.record(
        action=action,
        subject=server,
        name=server.name,
        client=None,
        actor=actor,
        before=before,
        after=after,
    )
