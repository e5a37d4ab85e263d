"""An import in each of its states."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from clients.models import User
from core.sentences import sentence
from provisioning.models import MailboxImport, MailboxImportRow
from provisioning.operations import imports

Status = MailboxImport.Status
Rows = MailboxImportRow.Status

FILE = """Type;User name;Password;Quota (GB);Display name;Shoe size
basic;ada;Secret-Word-1;5;Ada Lovelace;38
enhanced;grace@acme.test;generate;10;Grace Hopper;39
gold;linus;generate;5;Linus Example;44
basic;anna;generate;5;Anna Example;40
basic;a-name-that-is-rather-long-but-still-allowed.in-an-address;generate;0.5;;41
basic;ken;short;5;Ken Example;42
;barbara;;;Barbara Example;37
basic;support@an-entirely-different-domain-name.example.test;generate;5;=SUM(A1:A9);43
"""


def reviewed(service: Service, user: User) -> MailboxImport:
    """Return an import whose file was read and not confirmed."""
    return imports.read_import(
        mail_domain=service.mail_domain, content=FILE.encode(), actor=Actor.from_user(user)
    )


def running(service: Service, user: User, *, pause: str = "") -> MailboxImport:
    """Return an import in the middle of its lines, or held up."""
    work = reviewed(service, user)
    now = timezone.now()
    first = work.rows.filter(status=Rows.WAITING)[:2]
    work.rows.filter(pk__in=[row.pk for row in first]).update(status=Rows.DONE, password="")
    MailboxImport.objects.filter(pk=work.pk).update(
        status=Status.RUNNING, started_at=now, lease_until=now + timedelta(minutes=5), pause=pause
    )
    return work


def finished(service: Service, user: User, *, status: str = Status.FINISHED) -> MailboxImport:
    """Return an import that is over, with passwords to fetch and a line that failed."""
    work = reviewed(service, user)
    now = timezone.now()
    waiting = work.rows.filter(status=Rows.WAITING)
    refused = waiting.order_by("number").last()
    assert refused is not None
    work.rows.filter(pk=refused.pk).update(
        status=Rows.FAILED,
        password="",
        message=sentence("The mail server refused."),
    )
    waiting.update(status=Rows.DONE)
    MailboxImport.objects.filter(pk=work.pk).update(status=status, started_at=now, finished_at=now)
    return work
