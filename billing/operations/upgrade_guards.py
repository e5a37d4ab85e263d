"""Whether a service can be changed, to what, and what must go first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from billing.models import (
    CancellationRequest,
    Closing,
    Product,
    Service,
    Upgrade,
)
from core.errors import OperationError
from core.sentences import Sentence
from core.sentences import sentence as _
from provisioning.models import Entitlement, Mailbox, MailDomain
from provisioning.queries import DomainUsage, usage_of

# Why a change is refused: `UnableToChange.code`.
NOT_ACTIVE, UNVERIFIED, ENDING = "not_active", "unverified", "ending"
CHANGE_OPEN, UNPAID, BELOW_USE = "change_open", "unpaid", "below_use"
NOT_OFFERED, NOTHING = "not_offered", "nothing"

# Pages on which something can be removed.
MAILBOXES, ALIASES, LISTS = "mailboxes", "aliases", "distribution-lists"


@dataclass(frozen=True)
class InTheWay:
    """More is in use than would be allowed; `page` is where something can be removed."""

    sentence: Sentence
    page: str


class UnableToChange(OperationError):
    """Nothing was changed. `in_the_way` says what must go first, if that is the reason."""

    def __init__(
        self, user_message: str, *, code: str = "", in_the_way: Iterable[InTheWay] = ()
    ) -> None:
        super().__init__(user_message, code=code)
        self.in_the_way = tuple(in_the_way)


def open_changes(service: Service) -> QuerySet[Upgrade]:
    """Return the changes of a service that are neither done nor given up."""
    waits = [Upgrade.Status.AWAITING_PAYMENT, Upgrade.Status.SCHEDULED, Upgrade.Status.APPLYING]
    failed = Q(status=Upgrade.Status.FAILED) & ~Q(kind=Upgrade.Kind.MAILBOX)
    return service.upgrades.filter(Q(status__in=waits) | failed)


def check_service(service: Service, *, on: date, has_open_change: bool | None = None) -> None:
    """
    Refuse while a service cannot be changed at all.

    `has_open_change` spares who knows it the question.

    :raises UnableToChange: it is not active or verified, is ending, unpaid, or being changed
    """
    name = {"domain": service.domain}
    check_running(service)
    if open_changes(service).exists() if has_open_change is None else has_open_change:
        raise UnableToChange(
            _("A change of %(domain)s is under way. Finish or withdraw it first.") % name,
            code=CHANGE_OPEN,
        )
    if service.next_due_date is not None and service.next_due_date <= on:
        raise UnableToChange(
            _("The current period of %(domain)s is not paid yet. Pay its invoice first.") % name,
            code=UNPAID,
        )


def check_type_is_free(service: Service, mailbox: Mailbox | None) -> None:
    """
    Refuse to change a mailbox's type beside another change of the plan, or of that mailbox.

    :raises UnableToChange: another change is open
    """
    changes = open_changes(service)
    if changes.exclude(kind=Upgrade.Kind.MAILBOX).exists():
        raise UnableToChange(
            _("A change of %(domain)s is under way. Finish or withdraw it first.")
            % {"domain": service.domain},
            code=CHANGE_OPEN,
        )
    if mailbox is not None and changes.filter(mailbox=mailbox).exists():
        raise UnableToChange(
            _("The type of %(address)s is being changed already.") % {"address": mailbox.address},
            code=CHANGE_OPEN,
        )


def check_running(service: Service) -> None:
    """
    Refuse for a service that does not run, or not for long any more.

    :raises UnableToChange: it is not active or verified, or is ending
    """
    name = {"domain": service.domain}
    domain = service.mail_domain
    if service.status == Service.Status.ACTIVE and domain.status == MailDomain.Status.UNVERIFIED:
        raise UnableToChange(
            _("%(domain)s is not verified yet. Publish its DNS record first.") % name,
            code=UNVERIFIED,
        )
    if service.status != Service.Status.ACTIVE or domain.status != MailDomain.Status.ACTIVE:
        raise UnableToChange(_("%(domain)s is not active.") % name, code=NOT_ACTIVE)
    if is_ending(service):
        raise UnableToChange(
            _("The end of %(domain)s is requested. Withdraw that before you change anything.")
            % name,
            code=ENDING,
        )


def is_ending(service: Service) -> bool:
    """Tell whether the end of a service is requested or under way."""
    waiting = service.cancellations.filter(status=CancellationRequest.Status.OPEN)
    closing = Closing.objects.open().filter(service=service)
    return waiting.order_by().values("pk").union(closing.order_by().values("pk")).exists()


def targets_of(service: Service) -> QuerySet[Product]:
    """Return the products that a service can become, on the same server."""
    return (
        service.product.upgrades_to.filter(
            status__in=[Product.Status.ACTIVE, Product.Status.HIDDEN],
            server=service.mail_domain.server_id,
        )
        .select_related("group")
        .order_by("group__position", "group__name", "position", "name")
    )


def check_target(service: Service, product: Product) -> None:
    """
    Refuse a product that this service cannot become.

    :raises UnableToChange: there is no way to it, or its options are not for clients to change
    """
    if product.pk != service.product_id:
        if not targets_of(service).filter(pk=product.pk).exists():
            raise UnableToChange(
                _("%(domain)s cannot be changed to %(product)s.")
                % {"domain": service.domain, "product": product.name},
                code=NOT_OFFERED,
            )
    elif not product.has_option_changes:
        raise UnableToChange(
            _("The options of %(product)s cannot be changed here. Write to us.")
            % {"product": product.name},
            code=NOT_OFFERED,
        )


def check_use(domain: MailDomain, new: Entitlement) -> None:
    """
    Refuse less than is in use, with what must go first.

    :raises UnableToChange: naming each thing, its use and what is wanted
    """
    problems = _in_the_way(domain, new)
    if problems:
        raise UnableToChange(
            _("More is in use than you want to keep. This must go first:"),
            code=BELOW_USE,
            in_the_way=problems,
        )


def lowered(old: Entitlement, new: Entitlement) -> tuple[str, ...]:
    """Return the names of the limits that the new entitlement sets lower."""
    names = (
        "basic_mailboxes",
        "enhanced_mailboxes",
        "quota_pool_gb",
        "mailbox_quota_gb",
        "aliases",
        "distribution_lists",
    )
    return tuple(name for name in names if _is_less(getattr(old, name), getattr(new, name)))


def used_of(name: str, usage: DomainUsage, domain: MailDomain) -> Decimal:
    """Return how much of one limit is in use, in its own unit."""
    factor = domain.server.mb_per_gb
    if name == "quota_pool_gb":
        return Decimal(usage.quota.promised_mb) / factor
    if name == "mailbox_quota_gb":
        sizes = domain.mailboxes.live().order_by("-quota_mb").values_list("quota_mb", flat=True)
        return Decimal(sizes.first() or 0) / factor
    gauges = {
        "basic_mailboxes": usage.basic,
        "enhanced_mailboxes": usage.enhanced,
        "aliases": usage.aliases,
        "distribution_lists": usage.distribution_lists,
    }
    return Decimal(gauges[name].used)


def _in_the_way(domain: MailDomain, new: Entitlement) -> list[InTheWay]:
    names = lowered(domain.entitlement, new)
    if not names:
        return []
    usage = usage_of(domain)
    found = []
    for name in names:
        used, wanted = used_of(name, usage, domain), Decimal(getattr(new, name))
        if used > wanted:
            found.append(_problem(name, used, wanted))
    return found


def _problem(name: str, used: Decimal, wanted: Decimal) -> InTheWay:
    texts = {
        "basic_mailboxes": _("%(used)s Basic in use, %(wanted)s wanted."),
        "enhanced_mailboxes": _("%(used)s Enhanced in use, %(wanted)s wanted."),
        "quota_pool_gb": _("Quota of all mailboxes: %(used)s GB in use, %(wanted)s GB wanted."),
        "mailbox_quota_gb": _("Largest mailbox: %(used)s GB in use, %(wanted)s GB wanted."),
        "aliases": _("Aliases: %(used)s in use, %(wanted)s wanted."),
        "distribution_lists": _("Distribution lists: %(used)s in use, %(wanted)s wanted."),
    }
    pages = {"aliases": ALIASES, "distribution_lists": LISTS}
    values = {"used": float(used), "wanted": float(wanted)}
    return InTheWay(sentence=texts[name] % values, page=pages.get(name, MAILBOXES))


def _is_less(before: Decimal | int | None, after: Decimal | int | None) -> bool:
    return after is not None and (before is None or after < before)
