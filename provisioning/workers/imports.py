"""Work through an import, one line at a time, each exactly once."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from clients.actors import Actor
from core.db import require_no_transaction
from core.sentences import sentence as _
from provisioning.emailarray import AuthenticationFailed, EmailArrayError, Unreachable
from provisioning.models import Mailbox, MailboxImport, MailboxImportRow, MailDomain
from provisioning.workers import mailboxes, room, settlement
from provisioning.workers.mailboxes import MailboxSpec, UnableToAddMailbox

log = structlog.get_logger(__name__)

Row = MailboxImportRow
Status = MailboxImport.Status
RowStatus = MailboxImportRow.Status
# When to ask again what became of a line, and when to try again what could not even be begun.
RECHECK = timedelta(seconds=10)
PAUSE = timedelta(seconds=15)
MOST_ATTEMPTS = 3
# So often a lease is renewed before it would end.
RENEWALS = 4
# No password waits longer than this, in a line or to be handed over.
SECRETS_LAST = timedelta(days=1)
# These stand in the way of every line, not of this one.
OBSTACLES = {Unreachable.cause, AuthenticationFailed.cause}


class _Paused(Exception):
    """Something stands in the way of all lines; `reason` says what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run(import_id: int) -> bool:
    """
    Do what is left of an import, for a while; do nothing where another worker holds it.

    Return whether there is more to do at once. A line is marked before the vendor is told, so
    that a killed worker's successor asks what became of it before it sends anything again.
    """
    require_no_transaction()
    claim = uuid4()
    if not _claim(import_id, claim, now=timezone.now()):
        return False
    work = MailboxImport.objects.select_related(
        "mail_domain__server", "mail_domain__client", "requested_by", "on_behalf_of"
    ).get(pk=import_id)
    try:
        is_done = _work(work, claim)
    except SoftTimeLimitExceeded:
        is_done = False  # a line took very long
    except _Paused as obstacle:
        _let_go(work, claim, until=timezone.now() + PAUSE, pause=obstacle.reason)
        return False
    if not is_done:
        _let_go(work, claim)
        return True
    if work.rows.filter(status=RowStatus.CHECKING).exists():
        _let_go(work, claim, until=timezone.now() + RECHECK)
        return False
    if work.rows.filter(status=RowStatus.WAITING).exists():
        _let_go(work, claim)  # what was being checked was not done, and is tried again
        return True
    _finish(work, claim)
    return False


def _work(work: MailboxImport, claim: UUID) -> bool:
    """
    Go through the lines; return False where time ran out or the import was lost to another.

    :raises _Paused: something stands in the way of all of them
    """
    actor = Actor.restore(
        user=work.requested_by, on_behalf_of=work.on_behalf_of, name=work.requested_by_name
    )
    until = time.monotonic() + settings.TURN_SECONDS
    hold = _Hold(work, claim)
    for row in work.rows.filter(status=RowStatus.CHECKING):
        if not hold.lasts():
            return False
        _look_up(work.mail_domain, row)
    problem = room.for_any_change(_as_it_is_now(work.mail_domain))
    if problem and work.rows.filter(status=RowStatus.WAITING).exists():
        raise _Paused(problem.message)
    for row in work.rows.filter(status=RowStatus.WAITING):
        if time.monotonic() > until or not hold.lasts():
            return False
        if not _begin(row):
            continue
        try:
            _send(work.mail_domain, row, actor)
        except (_Paused, SoftTimeLimitExceeded):
            raise
        except Exception:
            # The line stays marked and is looked up: the vendor may have been told.
            log.exception("line of an import failed", row=row.pk)
    return True


def _begin(row: Row) -> bool:
    """Mark a line before anything is sent; not one that was cancelled meanwhile."""
    begun = Row.objects.filter(pk=row.pk, status=RowStatus.WAITING).update(
        status=RowStatus.CHECKING, attempts=F("attempts") + 1
    )
    row.attempts += begun
    return bool(begun)


def _send(domain: MailDomain, row: Row, actor: Actor) -> None:
    """:raises _Paused: something stands in the way of all lines; this one waits again."""
    if not row.password or row.account_type is None or row.quota_mb is None:
        _record(row, RowStatus.FAILED, _("It waited for more than a day. Import it again."))
        return
    spec = MailboxSpec(
        local_part=row.local_part,
        password=row.password,
        quota_mb=row.quota_mb,
        account_type=row.account_type,
        display_name=row.display_name,
        request_key=row.key,
    )
    try:
        mailbox = mailboxes.add(domain, spec, actor)
    except UnableToAddMailbox as error:
        obstacle = _obstacle(domain, error)
        if obstacle:
            Row.objects.filter(pk=row.pk, status=RowStatus.CHECKING).update(
                status=RowStatus.WAITING, attempts=F("attempts") - 1
            )
            raise _Paused(obstacle) from error
        _record(row, RowStatus.FAILED, error.user_message)
        return
    if mailbox.status != Mailbox.Status.CREATING:
        _record(row, RowStatus.DONE, mailbox=mailbox)


def _obstacle(domain: MailDomain, error: UnableToAddMailbox) -> str:
    if error.code in OBSTACLES:
        return error.user_message
    if error.code or error.field:
        return ""
    problem = room.for_any_change(_as_it_is_now(domain))
    return problem.message if problem else ""


def _as_it_is_now(domain: MailDomain) -> MailDomain:
    return MailDomain.objects.get(pk=domain.pk)


def _look_up(domain: MailDomain, row: Row) -> None:
    """Find out what became of a line that was begun; send nothing."""
    mailbox = domain.mailboxes.filter(request_key=row.key).first()
    if mailbox is not None and mailbox.status == Mailbox.Status.CREATING:
        try:
            settlement.settle(mailbox.pk, now=timezone.now())
        except EmailArrayError as error:
            log.info("line of an import not settled yet", row=row.pk, cause=error.cause)
            return
        mailbox = domain.mailboxes.filter(request_key=row.key).first()
        if mailbox is not None and mailbox.status == Mailbox.Status.CREATING:
            return
    if mailbox is not None:
        _record(row, RowStatus.DONE, mailbox=mailbox)
    elif row.attempts < MOST_ATTEMPTS:
        # It never left, or the vendor says for certain that it did not arrive.
        Row.objects.filter(pk=row.pk, status=RowStatus.CHECKING).update(status=RowStatus.WAITING)
    else:
        _record(
            row,
            RowStatus.FAILED,
            _("The mail server did not answer clearly several times. The mailbox is not there."),
        )


def _record(row: Row, status: str, message: str = "", mailbox: Mailbox | None = None) -> None:
    """Note the outcome of a line, and erase its password in the same statement."""
    values: dict[str, object] = {
        "status": status,
        "message": message,
        "mailbox": mailbox,
    }
    if status != RowStatus.DONE or not row.is_password_generated:
        values["password"] = ""
    Row.objects.filter(pk=row.pk).update(**values)


def _claim(import_id: int, claim: UUID, *, now: datetime) -> bool:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    work = MailboxImport.objects.filter(free, pk=import_id).unfinished()
    return bool(work.update(claim=claim, lease_until=now + _lease(), pause=""))


class _Hold:
    """A worker's hold on an import, renewed now and then."""

    def __init__(self, work: MailboxImport, claim: UUID) -> None:
        self._held = MailboxImport.objects.filter(pk=work.pk, claim=claim)
        self._renewed_at = time.monotonic()

    def lasts(self) -> bool:
        """Tell whether this run still holds the import; asked before each line."""
        now = time.monotonic()
        if now - self._renewed_at < settings.MODULE_JOB_LEASE_SECONDS / RENEWALS:
            return True  # whoever takes over has to wait until the lease is over
        self._renewed_at = now
        return bool(self._held.update(lease_until=timezone.now() + _lease()))


def _let_go(
    work: MailboxImport, claim: UUID, *, until: datetime | None = None, pause: str = ""
) -> None:
    MailboxImport.objects.filter(pk=work.pk, claim=claim).update(
        claim=None, lease_until=until, pause=pause
    )


def _finish(work: MailboxImport, claim: UUID) -> None:
    held = MailboxImport.objects.filter(pk=work.pk, claim=claim)
    held.filter(status=Status.RUNNING).update(status=Status.FINISHED)
    held.update(finished_at=timezone.now(), claim=None, lease_until=None)


def _lease() -> timedelta:
    return timedelta(seconds=settings.MODULE_JOB_LEASE_SECONDS)


def due(*, now: datetime) -> list[int]:
    """Return the ids of the imports that nobody works on and that need not wait."""
    rows = MailboxImport.objects.unfinished().exclude(lease_until__gt=now)
    return list(rows.values_list("pk", flat=True))


def forget_passwords(*, now: datetime) -> None:
    """Erase what has waited for a day: files that nobody confirmed, passwords nobody fetched."""
    for work in MailboxImport.objects.with_old_secrets(before=now - SECRETS_LAST):
        unconfirmed = MailboxImport.objects.filter(pk=work.pk, status=Status.REVIEW)
        unconfirmed.update(status=Status.CANCELLED, finished_at=now)
        work.rows.filter(status=RowStatus.WAITING).update(
            status=RowStatus.FAILED,
            password="",
            message=_("It waited for more than a day. Import it again."),
        )
        # A line that was begun is still looked up, and not sent again.
        work.rows.exclude(password="").update(password="")
