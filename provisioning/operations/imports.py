"""Import mailboxes from a file: read it, show what would happen, start it, stop it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from core.wake import wake
from provisioning import queries, tasks
from provisioning.models import Mailbox, MailboxImport, MailboxImportRow, MailDomain
from provisioning.operations.import_file import (
    LARGEST_BYTES,
    MOST_ROWS,
    NAME,
    QUOTA,
    TYPE,
    USER,
    UnableToReadFile,
    parse,
)
from provisioning.operations.import_verdicts import DryRun, Verdict, with_more
from provisioning.queries import DomainUsage

__all__ = [
    "LARGEST_BYTES",
    "MOST_ROWS",
    "Progress",
    "UnableToHandOverPasswords",
    "UnableToReadFile",
    "UnableToStartImport",
    "after_import",
    "cancel_import",
    "progress_of",
    "read_import",
    "start_import",
    "take_passwords",
]

Status = MailboxImport.Status
RowStatus = MailboxImportRow.Status
COUNTED_AS: dict[str, str] = {
    RowStatus.WAITING: "good",
    RowStatus.CHECKING: "good",
    RowStatus.DONE: "done",
    RowStatus.FAILED: "failed",
    RowStatus.SKIPPED: "skipped",
}
KEPT_CELLS = (TYPE, USER, QUOTA, NAME)
LONGEST_CELL = 200
LONGEST_MESSAGE = 300


class UnableToStartImport(OperationError):
    """The import was not started."""


class UnableToHandOverPasswords(OperationError):
    """There is no password to hand over, or this is not who may have it."""


@dataclass(frozen=True)
class Demand:
    """What lines that wait ask for: so many mailboxes of a type, `quota_mb` in all."""

    account_type: int
    quota_mb: int
    count: int


@dataclass(frozen=True)
class Progress:
    """How many lines of an import have come how far; `unread` are passwords still to be had."""

    good: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    unread: int = 0
    demands: tuple[Demand, ...] = ()

    @property
    def total(self) -> int:
        """Return how many lines there are."""
        return self.good + self.done + self.failed + self.skipped

    @property
    def percent(self) -> int:
        """Return how much of what is to be done has an outcome, 0 to 100."""
        return round(100 * (self.done + self.failed) / self.started) if self.started else 100

    @property
    def started(self) -> int:
        """Return how many lines were, or would be, set out to become a mailbox."""
        return self.good + self.done + self.failed

    @property
    def returned(self) -> int:
        """Return how many lines made no mailbox."""
        return self.failed + self.skipped


@transaction.atomic
def read_import(*, mail_domain: MailDomain, content: bytes, actor: Actor) -> MailboxImport:
    """
    Read a file and keep its lines with a verdict each; no mailbox is made yet.

    :raises UnableToReadFile: too large, too long, empty, or no CSV file
    """
    file = parse(content)
    dry_run = DryRun(
        mail_domain,
        usage=queries.usage_of(mail_domain),
        taken=queries.addresses_taken(mail_domain),
    )
    verdicts = dry_run.judge(file.lines)
    mailbox_import = MailboxImport.objects.create(
        mail_domain=mail_domain,
        ignored_columns=[heading[:LONGEST_CELL] for heading in file.ignored],
        requested_by=actor.user,
        on_behalf_of=actor.on_behalf_of,
        requested_by_name=actor.name,
    )
    MailboxImportRow.objects.bulk_create(_row(mailbox_import, verdict) for verdict in verdicts)
    return mailbox_import


def _row(mailbox_import: MailboxImport, verdict: Verdict) -> MailboxImportRow:
    return MailboxImportRow(
        mailbox_import=mailbox_import,
        number=verdict.line.number,
        cells=[verdict.line.cell(column)[:LONGEST_CELL] for column in KEPT_CELLS],
        local_part=verdict.local_part,
        account_type=verdict.account_type,
        quota_mb=verdict.quota_mb,
        display_name=verdict.display_name,
        password=verdict.password,
        is_password_generated=verdict.is_password_generated,
        status=RowStatus.SKIPPED if verdict.problem else RowStatus.WAITING,
        message=verdict.problem,
    )


@transaction.atomic
def start_import(*, mailbox_import: MailboxImport, actor: Actor) -> None:
    """
    Make the mailboxes of the good lines, in the background; started twice, it runs once.

    :raises UnableToStartImport: no line is good, or the import was discarded
    """
    fresh = MailboxImport.objects.select_for_update().get(pk=mailbox_import.pk)
    if fresh.status in {Status.RUNNING, Status.FINISHED}:
        return
    if fresh.status != Status.REVIEW:
        raise UnableToStartImport(_("This import was discarded. Send the file again."))
    good = fresh.rows.filter(status=RowStatus.WAITING).count()
    if not good:
        raise UnableToStartImport(_("No line of the file can be imported."))
    fresh.status = Status.RUNNING
    fresh.started_at = timezone.now()
    fresh.save(update_fields=["status", "started_at"])
    _note("mailboxes.imported", fresh, actor, {"lines": good})
    wake(tasks.run_import, import_id=fresh.pk)


@transaction.atomic
def cancel_import(*, mailbox_import: MailboxImport, actor: Actor) -> None:
    """Make no more mailboxes; the one that is under way is finished. Those made stay."""
    fresh = MailboxImport.objects.select_for_update().get(pk=mailbox_import.pk)
    if fresh.status not in {Status.REVIEW, Status.RUNNING}:
        return
    waiting = fresh.rows.filter(status=RowStatus.WAITING)
    left_out = waiting.update(
        status=RowStatus.SKIPPED, password="", message=_("The import was cancelled before it.")
    )
    was_running = fresh.status == Status.RUNNING
    if not was_running:
        fresh.finished_at = timezone.now()
    fresh.status = Status.CANCELLED
    if fresh.claim is None:
        fresh.lease_until = None  # it may have paused; there is nothing to wait for any more
    fresh.save(update_fields=["status", "finished_at", "lease_until"])
    if was_running:
        _note("mailboxes.import_cancelled", fresh, actor, {"lines": left_out})
        wake(tasks.run_import, import_id=fresh.pk)


@transaction.atomic
def take_passwords(*, mailbox_import: MailboxImport, actor: Actor) -> list[tuple[str, str]]:
    """
    Return address and password of each mailbox whose password we made up; once, then never again.

    :raises UnableToHandOverPasswords: to anybody but who imported, or when they were handed over
    """
    fresh = (
        MailboxImport.objects.select_for_update(of=("self",))
        .select_related("mail_domain__client")
        .get(pk=mailbox_import.pk)
    )
    if fresh.requested_by is None or fresh.requested_by != actor.user:
        raise UnableToHandOverPasswords(
            _("Only the person who imported the mailboxes can get their passwords.")
        )
    rows = list(fresh.rows.filter(status=RowStatus.DONE).exclude(password=""))
    domain = fresh.mail_domain.domain
    passwords = [(f"{row.local_part}@{domain}", row.password) for row in rows]
    if not passwords:
        raise UnableToHandOverPasswords(
            _("The passwords were handed over or erased. Give a mailbox a new one if you need it.")
        )
    # By their ids: a line that is done meanwhile keeps its password for the next time.
    fresh.rows.filter(pk__in=[row.pk for row in rows]).update(password="")
    _note("mailboxes.passwords_taken", fresh, actor, {"mailboxes": len(passwords)})
    return passwords


def progress_of(mailbox_import: MailboxImport) -> Progress:
    """Count the lines by what became of them, in one query."""
    counts: Counter[str] = Counter()
    demands = []
    groups = mailbox_import.rows.order_by().values("status", "account_type")
    for group in groups.annotate(
        count=Count("pk"),
        quota_mb=Sum("quota_mb"),
        unread=Count("pk", filter=Q(status=RowStatus.DONE) & ~Q(password="")),
    ):
        counts[COUNTED_AS[group["status"]]] += group["count"]
        counts["unread"] += group["unread"]
        if group["status"] == RowStatus.WAITING:
            account_type = group["account_type"] or Mailbox.Type.BASIC
            demands.append(Demand(account_type, group["quota_mb"] or 0, group["count"]))
    return Progress(**counts, demands=tuple(demands))


def after_import(progress: Progress, usage: DomainUsage) -> DomainUsage:
    """Return what the plan would hold once every good line is a mailbox."""
    for demand in progress.demands:
        usage = with_more(
            usage,
            account_type=demand.account_type,
            quota_mb=demand.quota_mb,
            count=demand.count,
        )
    return usage


def _note(
    action: str, mailbox_import: MailboxImport, actor: Actor, after: dict[str, object]
) -> None:
    domain = mailbox_import.mail_domain
    activity.record(
        action=action,
        subject=mailbox_import,
        name=domain.domain,
        client=domain.client,
        actor=actor,
        scope=domain,
        after=after,
    )
