"""What about a client's services needs a look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Invoice, Service
from clientarea.standing import OF_SETUP, Standing, standing_of
from clientarea.templatetags.money import money
from clients.models import Client
from provisioning.models import Mailbox, MailDomain, ModuleJob
from provisioning.queries import IS_NEARLY_FULL, setups_of

# How many of a kind are shown before the rest is only counted.
SHOWN = 5
SUSPENDED, UNVERIFIED = Standing.SUSPENDED, Standing.UNVERIFIED
NOT_SET_UP = {Standing.GIVEN_UP, Standing.NEEDS_STAFF}
OVER = [Service.Status.TERMINATED, Service.Status.CANCELLED, Service.Status.FRAUD]
Domain = MailDomain.Status
# A domain that nobody has asked the vendor for yet belongs to an order, and waits for that.
WAS_ASKED_FOR = Q(mail_domain__times_added__gt=0) | Exists(
    ModuleJob.objects.filter(mail_domain=OuterRef("mail_domain"), action=ModuleJob.Action.CREATE)
)


@dataclass(frozen=True)
class Notice:
    """One line with a link to where it can be put right."""

    title: str
    text: str
    url: str
    action: str


@dataclass(frozen=True)
class Panel:
    """The first notices of one kind; `more` says how many are left out."""

    notices: list[Notice]
    more: int

    @property
    def count(self) -> int:
        """Return how many there are in all."""
        return len(self.notices) + self.more


@dataclass(frozen=True)
class Attention:
    """What about a client's services needs a look, by kind; `mailboxes` are those in use."""

    suspended: Panel
    closed: Panel
    not_set_up: Panel
    unverified: Panel
    nearly_full: Panel
    mailboxes: int


def of_client(client: Client) -> Attention:
    """Read a client's notices, in three queries at most however many services it has."""
    closed = (
        client.services.exclude(status__in=OVER)
        .filter(
            Q(status__in=[Service.Status.SUSPENDED, Service.Status.CLOSING])
            | Q(mail_domain__status__in=[Domain.UNVERIFIED, Domain.SUSPENDED])
            | Q(mail_domain__status=Domain.PENDING) & WAS_ASKED_FOR
        )
        .select_related("mail_domain")
        .order_by("mail_domain__domain")
    )
    standings = _standings_of(list(closed))
    fill = _fill_of(client)
    return Attention(
        suspended=_panel([_suspended(each) for each, how in standings if how is SUSPENDED]),
        closed=_panel([_closed(each) for each, how in standings if how is Standing.CLOSED]),
        not_set_up=_panel([_not_set_up(each, how) for each, how in standings if how in NOT_SET_UP]),
        unverified=_panel([_unverified(each) for each, how in standings if how is UNVERIFIED]),
        nearly_full=_panel(
            [
                _nearly_full(row.service_id, row.domain, row.nearly_full)
                for row in fill
                if row.nearly_full
            ]
        ),
        mailboxes=sum(row.mailboxes for row in fill),
    )


def unpaid_invoices(invoices: Iterable[Invoice], *, today: date) -> Panel:
    """Return a notice for each open invoice, in the order they come in."""
    return _panel([_unpaid(invoice, today) for invoice in invoices])


@dataclass(frozen=True)
class _Fill:
    service_id: int
    domain: str
    mailboxes: int
    nearly_full: int


def _fill_of(client: Client) -> list[_Fill]:
    rows = (
        Mailbox.objects.live()
        .filter(mail_domain__service__client=client)
        .exclude(mail_domain__service__status__in=[*OVER, Service.Status.CLOSING])
        .order_by("mail_domain__domain")
        .values("mail_domain__service", "mail_domain__domain")
        .annotate(
            mailboxes=Count("pk"),
            nearly_full=Count("pk", filter=IS_NEARLY_FULL & Q(mail_domain__status=Domain.ACTIVE)),
        )
    )
    return [
        _Fill(
            service_id=row["mail_domain__service"],
            domain=row["mail_domain__domain"],
            mailboxes=row["mailboxes"],
            nearly_full=row["nearly_full"],
        )
        for row in rows
    ]


def _standings_of(services: list[Service]) -> list[tuple[Service, Standing]]:
    pending = [
        each
        for each in services
        if each.mail_domain.status == Domain.PENDING and each.status != Service.Status.SUSPENDED
    ]
    setups = setups_of([each.mail_domain_id for each in pending]) if pending else {}
    return [
        (each, OF_SETUP[setups[each.mail_domain_id]] if each in pending else standing_of(each))
        for each in services
    ]


def _panel(notices: list[Notice]) -> Panel:
    return Panel(notices=notices[:SHOWN], more=max(len(notices) - SHOWN, 0))


def _suspended(service: Service) -> Notice:
    # What our own automation gives as the reason is in the catalogue; other words stay.
    reason = service.mail_domain.suspension_reason
    return Notice(
        title=_("%(domain)s is suspended") % {"domain": service.domain},
        text=_(reason) if reason else _("Nobody can log in until it is lifted."),
        url=reverse("clientarea:service", kwargs={"service_id": service.pk}),
        action=_("See why"),
    )


def _closed(service: Service) -> Notice:
    ends = service.closes_at
    return Notice(
        title=_("%(domain)s is closed") % {"domain": service.domain},
        text=_("It can be restored with all its mail until %(day)s.")
        % {"day": date_format(timezone.localtime(ends))}
        if ends
        else _("It can be restored with all its mail."),
        url=reverse("clientarea:service", kwargs={"service_id": service.pk}),
        action=_("See more"),
    )


def _unpaid(invoice: Invoice, today: date) -> Notice:
    words = {
        "number": invoice.number,
        "amount": money(invoice.balance, invoice.currency),
        "day": date_format(invoice.due_date),
    }
    is_late = invoice.due_date < today
    return Notice(
        title=_("Invoice %(number)s: %(amount)s") % words,
        text=(_("It was due on %(day)s.") if is_late else _("It is due on %(day)s.")) % words,
        url=reverse("clientarea:invoice", kwargs={"invoice_id": invoice.pk}),
        action=_("Pay"),
    )


def _not_set_up(service: Service, standing: Standing) -> Notice:
    names = {"domain": service.domain}
    url = reverse("clientarea:service", kwargs={"service_id": service.pk})
    if standing is Standing.NEEDS_STAFF:
        return Notice(
            title=_("%(domain)s could not be set up") % names,
            text=_("Our team has been told and looks at it. There is nothing you need to do."),
            url=url,
            action=_("See more"),
        )
    if service.mail_domain.times_added:
        text = _("The DNS record was not seen in time. Add the domain again for a new one.")
    else:
        text = _("Adding the domain has not worked so far. You can have it tried again.")
    return Notice(
        title=_("%(domain)s is not set up") % names, text=text, url=url, action=_("Add again")
    )


def _unverified(service: Service) -> Notice:
    return Notice(
        title=_("Prove that %(domain)s is yours") % {"domain": service.domain},
        text=_("One DNS record is missing before mailboxes can be added."),
        url=reverse("clientarea:service", kwargs={"service_id": service.pk}),
        action=_("Show the record"),
    )


def _nearly_full(service_id: int, domain: str, count: int) -> Notice:
    url = reverse("clientarea:mailboxes", kwargs={"service_id": service_id})
    return Notice(
        title=ngettext(
            "A mailbox of %(domain)s is nearly full",
            "%(count)d mailboxes of %(domain)s are nearly full",
            count,
        )
        % {"count": count, "domain": domain},
        text=_("A full mailbox turns new mail away."),
        url=f"{url}?sort=-usage",
        action=_("Show by usage"),
    )
