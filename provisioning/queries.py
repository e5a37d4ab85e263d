"""Reading what we know, from our own rows only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, IntegerField, Manager, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from provisioning.emailarray import OutcomeUnknown
from provisioning.emailarray.errors import Busy, CircuitOpen, Unreachable, Unreadable
from provisioning.models import Alias, DistributionList, Forward, Mailbox, MailDomain, ModuleJob

# Why a job was given up although the vendor had refused nothing: another try may well succeed.
PASSING_CAUSES = frozenset(
    error.cause for error in (Unreachable, CircuitOpen, Busy, Unreadable, OutcomeUnknown)
)
OPEN_JOB = {ModuleJob.Status.QUEUED, ModuleJob.Status.RUNNING}
# What can have an address.
TRASHED, MAILBOX, ALIAS, DISTRIBUTION_LIST = "trashed", "mailbox", "alias", "list"
SORTS = {
    "address": "local_part",
    "type": "account_type",
    "quota": "quota_mb",
    "usage": "usage_mb",
    "status": "status",
    "last_login": "last_login_at",
}

NEARLY_FULL_PERCENT = 90
IS_NEARLY_FULL = Q(usage_mb__isnull=False, usage_mb__gte=F("quota_mb") * NEARLY_FULL_PERCENT / 100)


class Setup(StrEnum):
    """How far the addition of a pending domain is."""

    NOT_ASKED_FOR = "not_asked_for"
    UNDER_WAY = "under_way"
    GIVEN_UP = "given_up"
    NEEDS_STAFF = "needs_staff"
    ENDING = "ending"


@dataclass(frozen=True)
class Gauge:
    """How much of a limit is used. `limit` None is unlimited."""

    used: int
    limit: int | None

    @property
    def left(self) -> int | None:
        """Return how many more fit, never below zero; None is unlimited."""
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more fits."""
        return self.left == 0

    @property
    def percent(self) -> int:
        """Return the used share, 0 to 100; 0 where there is no limit."""
        if self.limit is None:
            return 0
        return min(round(100 * self.used / self.limit), 100) if self.limit else 100


@dataclass(frozen=True)
class QuotaGauge:
    """Megabytes: promised to mailboxes, in the pool (None is unlimited), filled with mail."""

    promised_mb: int
    pool_mb: int | None
    used_mb: int | None

    @property
    def left_mb(self) -> int | None:
        """Return what can still be promised; None is unlimited."""
        return None if self.pool_mb is None else max(self.pool_mb - self.promised_mb, 0)

    @property
    def percent(self) -> int:
        """Return the promised share of the pool, 0 to 100."""
        return Gauge(self.promised_mb, self.pool_mb).percent


@dataclass(frozen=True)
class DomainUsage:
    """What a domain uses of its entitlement."""

    basic: Gauge
    enhanced: Gauge
    other: int
    aliases: Gauge
    distribution_lists: Gauge
    forwards: int
    recently_deleted: int
    nearly_full: int
    quota: QuotaGauge

    @property
    def mailboxes(self) -> Gauge:
        """Return all mailboxes together."""
        limits = [self.basic.limit, self.enhanced.limit]
        known = [limit for limit in limits if limit is not None]
        limit = sum(known) if len(known) == len(limits) else None
        return Gauge(self.basic.used + self.enhanced.used + self.other, limit)

    def gauge(self, account_type: int) -> Gauge:
        """Return the gauge of one account type; a type we do not sell has no room."""
        if account_type == Mailbox.Type.BASIC:
            return self.basic
        return self.enhanced if account_type == Mailbox.Type.ENHANCED else Gauge(0, 0)


@dataclass(frozen=True)
class Dependents:
    """What points at a mailbox or leads from it."""

    aliases: list[Alias]
    lists: list[DistributionList]
    forwards: list[Forward]

    @property
    def count(self) -> int:
        """Return how many there are in all."""
        return len(self.aliases) + len(self.lists) + len(self.forwards)


def usage_of(mail_domain: MailDomain) -> DomainUsage:
    """Count what a domain uses; of a change under way the larger demand counts."""
    mailboxes = mail_domain.mailboxes.live()
    types = Q(account_type=Mailbox.Type.BASIC) | Q(wanted_account_type=Mailbox.Type.BASIC)
    enhanced = Q(account_type=Mailbox.Type.ENHANCED) | Q(wanted_account_type=Mailbox.Type.ENHANCED)
    counts = mailboxes.aggregate(
        basic=Count("pk", filter=types),
        enhanced=Count("pk", filter=enhanced),
        other=Count("pk", filter=~types & ~enhanced),
        nearly_full=Count("pk", filter=IS_NEARLY_FULL),
        used_mb=Sum("usage_mb"),
        promised_mb=Coalesce(Sum(Greatest("quota_mb", Coalesce("wanted_quota_mb", "quota_mb"))), 0),
    )
    rest = MailDomain.objects.filter(pk=mail_domain.pk).values(
        aliases_used=_count(Alias.objects),
        lists_used=_count(DistributionList.objects),
        forwards_used=_count(Forward.objects),
        in_trash=_count(Mailbox.objects.trashed()),
    )[0]
    entitlement = mail_domain.entitlement
    mb_per_gb = mail_domain.server.mb_per_gb
    pool = entitlement.quota_pool_gb
    return DomainUsage(
        basic=Gauge(counts["basic"], entitlement.basic_mailboxes),
        enhanced=Gauge(counts["enhanced"], entitlement.enhanced_mailboxes),
        other=counts["other"],
        aliases=Gauge(rest["aliases_used"], entitlement.aliases),
        distribution_lists=Gauge(rest["lists_used"], entitlement.distribution_lists),
        forwards=rest["forwards_used"],
        recently_deleted=rest["in_trash"],
        nearly_full=counts["nearly_full"],
        quota=QuotaGauge(
            promised_mb=counts["promised_mb"],
            pool_mb=None if pool is None else int(pool * mb_per_gb),
            used_mb=counts["used_mb"],
        ),
    )


def _count(rows_of: Manager[Any] | QuerySet[Any]) -> Coalesce:
    rows = (
        rows_of.filter(mail_domain=OuterRef("pk"))
        .order_by()
        .values("mail_domain")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(rows, output_field=IntegerField()), 0)


def mailbox_list(
    mail_domain: MailDomain,
    *,
    search: str = "",
    account_type: int | None = None,
    status: str = "",
    sort: str = "address",
) -> QuerySet[Mailbox]:
    """Return a domain's mailboxes as a list page shows them; an unknown `sort` means by address."""
    mailboxes = mail_domain.mailboxes.live()
    if search:
        local_part = search.strip().split("@")[0]
        mailboxes = mailboxes.filter(
            Q(local_part__icontains=local_part) | Q(display_name__icontains=search.strip())
        )
    if account_type is not None:
        mailboxes = mailboxes.filter(account_type=account_type)
    if status in Mailbox.Status.values:
        mailboxes = mailboxes.filter(status=status)
    column = F(SORTS.get(sort.removeprefix("-"), "local_part"))
    ordering = (
        column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_first=True)
    )
    return mailboxes.order_by(ordering, "local_part")


def dependents_of(mailbox: Mailbox) -> Dependents:
    """Return the aliases, lists and forwards that a mailbox's removal would touch."""
    domain = mailbox.mail_domain
    return Dependents(
        aliases=list(domain.aliases.filter(target__iexact=mailbox.address)),
        lists=list(domain.distribution_lists.filter(members__address__iexact=mailbox.address)),
        forwards=list(
            domain.forwards.filter(
                Q(local_part=mailbox.local_part) | Q(target__iexact=mailbox.address)
            )
        ),
    )


def address_taken_by(mail_domain: MailDomain, local_part: str) -> str:
    """Return what already has this address (`MAILBOX`, `ALIAS`, …), or nothing."""
    mailbox = mail_domain.mailboxes.existing().filter(local_part=local_part).first()
    if mailbox is not None:
        return TRASHED if mailbox.status == Mailbox.Status.TRASHED else MAILBOX
    if mail_domain.aliases.filter(local_part=local_part).exists():
        return ALIAS
    if mail_domain.distribution_lists.filter(local_part=local_part).exists():
        return DISTRIBUTION_LIST
    return ""


def addresses_taken(mail_domain: MailDomain) -> dict[str, str]:
    """Return every address that is taken, by its part before the @, and what has it."""
    mailboxes = mail_domain.mailboxes.existing().values_list("local_part", "status")
    return (
        dict.fromkeys(
            mail_domain.distribution_lists.values_list("local_part", flat=True),
            DISTRIBUTION_LIST,
        )
        | dict.fromkeys(mail_domain.aliases.values_list("local_part", flat=True), ALIAS)
        | {
            local_part: TRASHED if status == Mailbox.Status.TRASHED else MAILBOX
            for local_part, status in mailboxes
        }
    )


def recently_deleted(mail_domain: MailDomain) -> QuerySet[Mailbox]:
    """Return the mailboxes that can be restored, the latest first."""
    return mail_domain.mailboxes.trashed().order_by("-trashed_at", "local_part")


def setup_of(mail_domain: MailDomain) -> Setup:
    """
    Return how a pending domain's addition stands.

    Not asked for is what nobody has requested yet: whoever sells the service decides when. Given
    up is what nobody works on and anybody may ask for again. What the module or the vendor has
    refused would be refused each time: that needs staff.
    """
    return setups_of([mail_domain.pk])[mail_domain.pk]


def setups_of(mail_domain_ids: Collection[int]) -> dict[int, Setup]:
    """Return how the addition of each of these pending domains stands, in one query."""
    rows = MailDomain.objects.filter(pk__in=mail_domain_ids).order_by("jobs__pk")
    setups: dict[int, Setup] = {}
    ending = set()
    for pk, times_added, action, status, cause in rows.values_list(
        "pk", "times_added", "jobs__action", "jobs__status", "jobs__cause"
    ):
        setups.setdefault(pk, Setup.GIVEN_UP if times_added else Setup.NOT_ASKED_FOR)
        if action == ModuleJob.Action.CREATE:
            setups[pk] = _setup_after(status, cause)
        elif action == ModuleJob.Action.TERMINATE and status in OPEN_JOB:
            ending.add(pk)
    return setups | dict.fromkeys(ending, Setup.ENDING)


def _setup_after(status: str, cause: str) -> Setup:
    if status in OPEN_JOB:
        return Setup.UNDER_WAY
    is_refused = status == ModuleJob.Status.FAILED and cause not in PASSING_CAUSES
    return Setup.NEEDS_STAFF if is_refused else Setup.GIVEN_UP
