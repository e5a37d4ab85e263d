"""Write the activity log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models, transaction

from clients.actors import Actor
from clients.models import Activity, Client
from clients.models.activity import scope_label


class ActivityOutsideTransaction(RuntimeError):
    """An activity line was about to be saved apart from the change it tells of."""


def record(
    *,
    action: str,
    subject: models.Model,
    name: str,
    client: Client | None,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    scope: models.Model | None = None,
) -> Activity:
    """
    Save one line; `action` reads `mailbox.added`, `name` is what a person calls the object.

    `scope` is the larger thing that the object belongs to, whose own page shows the line.

    :raises ActivityOutsideTransaction: where no transaction holds the change and the line together
    """
    made = line(
        action=action,
        subject=subject,
        name=name,
        client=client,
        actor=actor,
        before=before,
        after=after,
        scope=scope,
    )
    _require_transaction(action)
    made.save()
    return made


def record_all(lines: Iterable[Activity]) -> None:
    """
    Save many lines at once, each made by `line`: the transaction holds all their changes.

    :raises ActivityOutsideTransaction: as in `record`
    """
    _require_transaction("many")
    Activity.objects.bulk_create(lines)


def line(
    *,
    action: str,
    subject: models.Model,
    name: str,
    client: Client | None,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    scope: models.Model | None = None,
) -> Activity:
    """Return what `record` would save."""
    return Activity(
        actor_kind=actor.kind,
        actor=actor.user,
        actor_name=actor.name,
        on_behalf_of=actor.on_behalf_of,
        client=client,
        action=action,
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
        object_name=name,
        scope=scope_label(scope) if scope is not None else "",
        before=dict(before or {}),
        after=dict(after or {}),
        ip_address=actor.ip_address,
    )


def _require_transaction(action: str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise ActivityOutsideTransaction(action)
