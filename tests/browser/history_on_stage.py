"""What has happened to the service on the stage, and the pages that tell of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity, User
from clients.operations import activity
from tests.makers import make_mailbox, make_user

ANNA, BEN = "anna@acme.test", "ben@acme.test"
# From the first to the last: who, what, of what, before and after.
DEEDS: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("system", "account.create", "acme.test", {}, {}),
    ("system", "domain.verified", "acme.test", {}, {}),
    ("ada", "mailbox.added", ANNA, {}, {}),
    (
        "ada",
        "mailbox.changed",
        ANNA,
        {"account_type": 1, "quota_mb": 5000},
        {"account_type": 2, "quota_mb": 10000},
    ),
    ("staff", "dkim.enabled", "acme.test", {}, {}),
    ("staff for ada", "forward.added", "anna", {}, {"local_part": "anna", "target": "a@far.test"}),
    (
        "ada",
        "list.changed",
        "crew@acme.test",
        {"local_part": "crew", "members": [ANNA, BEN]},
        {"local_part": "crew", "members": [ANNA, *(f"p{n}@partner.test" for n in range(9))]},
    ),
    (
        "ada",
        "alias.deleted",
        "a-rather-long-alias-that-nobody-needs-any-more@acme.test",
        {
            "local_part": "a-rather-long-alias-that-nobody-needs-any-more",
            "target": "somebody@an-entirely-different-domain-name.example.test",
        },
        {},
    ),
    ("ada", "mailbox.trashed", "ursula@acme.test", {}, {}),
    ("staff", "job.retried", "acme.test", {}, {"action": "change_package"}),
)


def fill_history(service: Service, user: User) -> None:
    """Leave more than a page of lines, the last of them of every look."""
    staff = make_user(email="grace@house.test", first_name="Grace", is_staff=True)
    actors = {
        "ada": Actor.from_user(user),
        "staff": Actor.from_user(staff),
        "staff for ada": Actor.restore(user=staff, on_behalf_of=user, name=staff.name),
        "system": Actor.system("module queue"),
    }
    now = timezone.now()
    gone = make_mailbox(service, "ursula", status="trashed")
    for number in range(45):
        _note(service, actors["ada"], "mailbox.webmail_opened", f"p{number}@acme.test", ({}, {}))
    for who, action, name, before, after in DEEDS:
        line = _note(service, actors[who], action, name, (before, after))
        if action == "mailbox.trashed":
            Activity.objects.filter(pk=line.pk).update(object_id=str(gone.pk))
    for place, line in enumerate(Activity.objects.order_by("-pk")):
        at = now - timedelta(hours=7 * place, minutes=13 * place)
        Activity.objects.filter(pk=line.pk).update(created_at=at)


def _note(
    service: Service,
    actor: Actor,
    action: str,
    name: str,
    change: tuple[dict[str, Any], dict[str, Any]],
) -> Activity:
    with transaction.atomic():
        return activity.record(
            action=action,
            subject=service.mail_domain,
            name=name,
            client=service.client,
            actor=actor,
            before=change[0],
            after=change[1],
            scope=service.mail_domain,
        )


def history_pages(path: Callable[..., str], empty: Service) -> dict[str, str]:
    """Return every page of what happened and what is found, by a name fit for a file."""
    lines = Activity.objects.order_by("-pk")

    def undo(action: str) -> str:
        return path("activity-undo", activity_id=lines.filter(action=action)[0].pk)

    return {
        "activity": path("activity"),
        "activity-older": f"{path('activity')}?before={lines[49].pk}",
        "activity-kind": f"{path('activity')}?kind=aliases",
        "activity-none": f"{path('activity')}?kind=branding",
        "activity-empty": path("activity", empty),
        "undo-alias": undo("alias.deleted"),
        "undo-mailbox": undo("mailbox.trashed"),
        "undo-never": undo("dkim.enabled"),
        "search": f"{path('search')}?q=an",
        "search-start": path("search"),
        "search-none": f"{path('search')}?q=nobody+at+all",
        "deleted": path("mailboxes-deleted"),
        "deleted-empty": path("mailboxes-deleted", empty),
    }
