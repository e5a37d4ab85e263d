"""What the automation may end by itself, and where it stops and asks a person first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, Greatest

from billing.models import (
    BillingSettings,
    Closing,
    Invoice,
    InvoiceItem,
    Payment,
    Service,
    TerminationApproval,
)
from billing.operations import approvals, termination
from billing.pricing.cycles import Cycle, next_due, previous_due
from billing.queries.deadlines import reached
from clients.actors import Actor
from core.money import ZERO
from provisioning.models import Mailbox, MailDomain

Kind = TerminationApproval.Kind
Reason = TerminationApproval.Reason
Answer = TerminationApproval.Status
# Who has just paid may have paid for this; the money only has to be looked at.
AFTER_A_PAYMENT = timedelta(hours=24)
PERCENT = Decimal(100)


@dataclass(frozen=True)
class Allowed:
    """Ids that may be dealt with now; `asked` is how many wait for a person's approval."""

    ids: list[int]
    asked: int = 0


def overdue_terminations(*, today: date, now: datetime, actor: Actor) -> Allowed:
    """
    Return the ids of the services that are to be closed because they are not paid.

    Above the daily cap none of them are: staff are asked for all. Whoever calls this sees to it
    that the automation has run without a gap before.
    """
    settings = BillingSettings.current()
    if not settings.is_termination_on:
        return Allowed([])
    found = _in_rhythm(
        _to_terminate(Service.objects.all(), today=today, now=now, settings=settings)
    )
    ended = Closing.objects.filter(cause=Closing.Cause.OVERDUE, requested_on=today)
    return _Question(Kind.OVERDUE, today, ended, settings, actor).sieve(found)


@transaction.atomic
def terminate_overdue(
    *, service: Service, today: date, now: datetime, actor: Actor
) -> Closing | None:
    """
    Close one overdue service. None where it is spared by now: a payment came, or somebody acted.

    :raises UnableToRequest: the module is busy with it
    """
    fresh = termination.lock(service)
    settings = BillingSettings.current()
    rows = Service.objects.filter(pk=fresh.pk)
    if not _in_rhythm(_to_terminate(rows, today=today, now=now, settings=settings)):
        return None
    if fresh.pk in approvals.answered(Kind.OVERDUE, Answer.DECLINED, today=today):
        return None
    return termination.close_service(
        service=fresh,
        reason="",
        actor=actor,
        on=today,
        cause=Closing.Cause.OVERDUE,
    )


def purge_due(*, today: date, now: datetime, actor: Actor) -> Allowed:
    """
    Return the ids of the closings whose mail is to be deleted: its time is over.

    The last notice has been sent on an earlier day, and the client has paid nothing lately. Above
    the daily cap none are, and those with many mailboxes never, before staff have approved.
    """
    settings = BillingSettings.current()
    rows = list(
        _to_purge(Closing.objects.all(), today=today, now=now)
        .annotate(
            boxes=Count(
                "service__mail_domain__mailboxes",
                filter=~Q(service__mail_domain__mailboxes__status=Mailbox.Status.REMOVED),
            )
        )
        .order_by("service__closes_at", "pk")
        .values_list("pk", "service_id", "boxes")
    )
    big = [service for _pk, service, boxes in rows if boxes >= settings.purge_approval_mailboxes]
    ended = Closing.objects.filter(purged_on=today, hold_days__gt=0)
    question = _Question(Kind.PURGE, today, ended, settings, actor)
    allowed = question.sieve([service for _pk, service, _boxes in rows], big=big)
    may_go = set(allowed.ids)
    return Allowed([pk for pk, service, _boxes in rows if service in may_go], allowed.asked)


@transaction.atomic
def purge_closed(*, closing: Closing, today: date, now: datetime, actor: Actor) -> Closing | None:
    """
    Ask for the mail of one closed service to be deleted; None where something spares it by now.

    :raises UnableToRequest: the module is busy with it
    """
    service = termination.lock(closing.service)
    if not _to_purge(Closing.objects.filter(pk=closing.pk), today=today, now=now).exists():
        return None
    if service.pk in approvals.answered(Kind.PURGE, Answer.DECLINED, today=today):
        return None
    return termination.purge_closed(closing=closing, today=today, now=now, actor=actor)


def cap(settings: BillingSettings) -> int:
    """Return how many services the automation may end on one day without asking."""
    share = settings.termination_cap_percent / PERCENT * Service.objects.running().count()
    return max(settings.termination_cap, int(share.to_integral_value(ROUND_CEILING)))


def _to_terminate(
    services: QuerySet[Service], *, today: date, now: datetime, settings: BillingSettings
) -> QuerySet[Service]:
    """
    Return those of the services that are overdue for long enough, and that nothing spares.

    They were suspended before; where a domain was never verified there is nothing to suspend.
    An invoice counts as overdue from the day that the client could know of it: one made late, with
    a due date in the past, gives nobody less time.
    """
    owed = InvoiceItem.objects.filter(
        kind=InvoiceItem.Kind.HOSTING, is_live=True, invoice__in=Invoice.objects.overdue(on=today)
    )
    of_service = owed.filter(service=OuterRef("pk")).order_by().values("service")
    debts = (
        Invoice.objects.overdue(on=today)
        .filter(Exists(owed.filter(invoice=OuterRef("pk"), service=OuterRef(OuterRef("pk")))))
        .order_by()
        .values("client")
        .annotate(sum=Sum("balance"))
        .values("sum")
    )
    spared_suspension = Q(client__billing__is_suspension_exempt=True) | Q(
        client__billing__group__is_suspension_exempt=True
    )
    suspended = Q(status=Service.Status.SUSPENDED, suspended_for=Service.SuspendedFor.OVERDUE)
    never_begun = Q(
        ~spared_suspension,
        status=Service.Status.ACTIVE,
        mail_domain__status=MailDomain.Status.UNVERIFIED,
    )
    known_since = Min(Greatest("invoice__due_date", "invoice__issue_date"))
    return (
        services.filter(suspended | never_begun, is_never_terminated=False)
        .exclude(client__billing__is_termination_exempt=True)
        .exclude(client__billing__group__is_termination_exempt=True)
        .exclude(suspension_override_until__gte=today)
        .exclude(Exists(Closing.objects.open().filter(service=OuterRef("pk"))))
        .exclude(_has_paid_lately("client", now))
        .annotate(
            owed_since=Subquery(of_service.annotate(since=known_since).values("since")),
            owed_from=Subquery(of_service.annotate(first=Min("period_start")).values("first")),
            debt=Subquery(debts, output_field=DecimalField()),
            credit=Coalesce(F("client__billing__credit"), ZERO, output_field=DecimalField()),
        )
        .filter(
            reached(
                column="owed_since",
                days="termination_days",
                owner="client",
                default=settings.termination_days,
                day=lambda number: today - timedelta(days=number),
            ),
            debt__gt=F("credit"),
        )
        .order_by("owed_since", "pk")
    )


def _to_purge(closings: QuerySet[Closing], *, today: date, now: datetime) -> QuerySet[Closing]:
    """Return those of the closings whose time is over, and that nothing spares."""
    return closings.filter(
        status=Closing.Status.CLOSED,
        service__status=Service.Status.CLOSING,
        service__closes_at__lte=now,
        service__is_never_terminated=False,
        last_notice_on__lt=today,
    ).exclude(_has_paid_lately("service__client", now))


def _has_paid_lately(client: str, now: datetime) -> Q:
    since = now - AFTER_A_PAYMENT
    payments = Payment.objects.filter(
        client=OuterRef(client), kind=Payment.Kind.PAYMENT, created_at__gte=since
    )
    paid = Invoice.objects.filter(client=OuterRef(client), paid_at__gte=since, total__gt=0)
    return Q(Exists(payments)) | Q(Exists(paid))


def _in_rhythm(services: QuerySet[Service]) -> list[int]:
    """
    Return the ids of the services whose next due date fits what is owed.

    What is paid for ends where the oldest unpaid period begins. A date that is further away than a
    whole cycle was moved by hand or by mistake: nobody loses a service by a slip of the pen.
    """
    return [service.pk for service in services if _fits(service)]


def _fits(service: Service) -> bool:
    owed_from: date | None = getattr(service, "owed_from", None)
    due, anchor_day, cycle = service.next_due_date, service.anchor_day, Cycle(service.cycle)
    if owed_from is None or due is None or anchor_day is None or not cycle.is_recurring:
        return False
    earliest = previous_due(due=owed_from, cycle=cycle, anchor_day=anchor_day)
    return earliest <= due <= next_due(due=owed_from, cycle=cycle, anchor_day=anchor_day)


@dataclass(frozen=True)
class _Question:
    """What is asked about on one day; `ended` are the closings that were dealt with today."""

    kind: str
    today: date
    ended: QuerySet[Closing]
    settings: BillingSettings
    actor: Actor

    def sieve(self, found: list[int], *, big: Iterable[int] = ()) -> Allowed:
        """Return which of the services may go on; staff are asked about the others."""
        approved = approvals.answered(self.kind, Answer.APPROVED, today=self.today)
        declined = approvals.answered(self.kind, Answer.DECLINED, today=self.today)
        new = [pk for pk in found if pk not in approved and pk not in declined]
        # What was approved is not the automation's own doing, and leaves it the whole cap.
        done = self.ended.exclude(service__in=approved).count()
        is_above = len(new) + done > cap(self.settings)
        asked = new if is_above else [pk for pk in new if pk in set(big)]
        if asked:
            reason = Reason.ABOVE_CAP if is_above else Reason.MANY_MAILBOXES
            approvals.ask(
                kind=self.kind, services=asked, reason=reason, on=self.today, actor=self.actor
            )
        held = declined.union(asked)
        return Allowed([pk for pk in found if pk not in held], len(asked))
