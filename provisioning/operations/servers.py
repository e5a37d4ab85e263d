"""Add servers and test their connection."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from provisioning import module
from provisioning.models import Server
from provisioning.module import ConnectionReport


def check_connection(*, server: Server, actor: Actor) -> ConnectionReport:
    """Log in to the vendor now and keep the result with the server."""
    report = module.test_connection(server)
    with transaction.atomic():
        server.health = Server.Health.OK if report.ok else Server.Health.DOWN
        server.health_message = report.message[:300]
        server.health_checked_at = timezone.now()
        server.save(update_fields=["health", "health_message", "health_checked_at"])
        activity.record(
            action="server.tested",
            subject=server,
            name=server.name,
            client=None,
            actor=actor,
            after={"ok": report.ok},
        )
    return report
