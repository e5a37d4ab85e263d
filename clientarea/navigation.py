"""The one list of what a service's pages offer; the sidebar and the tiles both read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Service
from billing.queries import endings
from clientarea.grants import Grants
from clients.models import Permission
from provisioning.models import Feature
from provisioning.queries import DomainUsage, Gauge

Figure = Callable[[DomainUsage], Gauge]


@dataclass(frozen=True)
class Entry:
    """One page. It is offered once its route exists, and where product and permission allow it."""

    url_name: str
    label: Promise
    icon: str
    section: str
    permission: str
    hint: Promise | str = ""
    feature: str = ""
    figure: Figure | None = None
    or_permission: str = ""
    # Whether nothing can be done here until the domain is verified and the service is paid.
    locks: bool = True
    # Offered only where clients may change the product's options.
    needs_options: bool = False
    # Offered only while the service runs; its label and hint once the end was asked for.
    while_running: bool = False
    label_when_cancelled: Promise | None = None
    hint_when_cancelled: Promise | str = ""


@dataclass(frozen=True)
class Link:
    """An entry as one page shows it."""

    url: str
    label: Promise
    hint: Promise | str
    icon: str
    section: str
    is_current: bool
    is_here: bool
    figure: Figure | None
    locks: bool

    def gauge(self, usage: DomainUsage) -> Gauge | None:
        """Return the live figure of this entry, if it has one."""
        return self.figure(usage) if self.figure else None


RUNNING = {Service.Status.ACTIVE, Service.Status.SUSPENDED}
OVERVIEW = "overview"
MANAGE = "manage"
ACTIONS = "actions"

ENTRIES = (
    Entry("service", _("Overview"), "layout-dashboard", OVERVIEW, Permission.PRODUCTS),
    Entry(
        "mailboxes",
        _("Accounts"),
        "mails",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("Create and manage mailboxes"),
        Feature.ACCOUNTS,
        lambda usage: usage.mailboxes,
    ),
    Entry(
        "aliases",
        _("Aliases"),
        "at-sign",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("More addresses for a mailbox"),
        Feature.ALIASES,
        lambda usage: usage.aliases,
    ),
    Entry(
        "forwards",
        _("Forwarding"),
        "corner-up-right",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("Send copies elsewhere"),
        Feature.FORWARDING,
        lambda usage: Gauge(usage.forwards, None),
    ),
    Entry(
        "distribution-lists",
        _("Distribution Lists"),
        "users",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("One address, many readers"),
        Feature.DISTRIBUTION_LISTS,
        lambda usage: usage.distribution_lists,
    ),
    Entry(
        "dkim",
        _("DKIM Setup"),
        "shield-check",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("Sign outgoing mail"),
        Feature.DKIM,
    ),
    Entry(
        "dns",
        _("DNS"),
        "globe",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("Records, expected and found"),
    ),
    Entry(
        "branding",
        _("Branding"),
        "palette",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("The look of webmail"),
        Feature.BRANDING,
    ),
    Entry(
        "domain-settings",
        _("Domain settings"),
        "settings-2",
        MANAGE,
        Permission.MANAGE_MAILBOXES,
        _("Footer and time zone"),
    ),
    Entry(
        "activity",
        _("Activity"),
        "history",
        MANAGE,
        Permission.PRODUCTS,
        _("Who did what, and when"),
        or_permission=Permission.MANAGE_MAILBOXES,
        locks=False,
    ),
    Entry(
        "upgrade",
        _("Upgrade/Downgrade"),
        "arrow-up-down",
        ACTIONS,
        Permission.MANAGE_PRODUCTS,
        _("Another plan"),
        while_running=True,
    ),
    Entry(
        "upgrade-options",
        _("Upgrade/Downgrade Options"),
        "sliders-horizontal",
        ACTIONS,
        Permission.MANAGE_PRODUCTS,
        _("More or fewer mailboxes"),
        while_running=True,
        needs_options=True,
    ),
    Entry(
        "cancellation",
        _("Request Cancellation"),
        "circle-x",
        ACTIONS,
        Permission.MANAGE_PRODUCTS,
        _("End this service"),
        locks=False,
        while_running=True,
        label_when_cancelled=_("Cancellation Requested"),
        hint_when_cancelled=_("See when it ends, or withdraw"),
    ),
)


def entries_for(service: Service, grants: Grants, path: str) -> list[Link]:
    """Return the links of a service's pages in their fixed order; `path` is where the user is."""
    links = []
    for entry in ENTRIES:
        if not any(grants.allows(each) for each in (entry.permission, entry.or_permission) if each):
            continue
        if entry.while_running and service.status not in RUNNING:
            continue
        if entry.needs_options and not service.product.has_option_changes:
            continue
        if entry.feature and entry.feature not in service.mail_domain.features:
            continue
        try:
            url = reverse(f"clientarea:{entry.url_name}", kwargs={"service_id": service.pk})
        except NoReverseMatch:
            continue
        here = path == url
        label, hint = _words_of(entry, service)
        links.append(
            Link(
                url=url,
                label=label,
                hint=hint,
                icon=entry.icon,
                section=entry.section,
                is_current=here or (entry.section != OVERVIEW and path.startswith(url)),
                is_here=here,
                figure=entry.figure,
                locks=entry.locks and entry.section != OVERVIEW,
            )
        )
    return links


def _words_of(entry: Entry, service: Service) -> tuple[Promise, Promise | str]:
    if entry.label_when_cancelled is not None and endings.cancelled_to(service) is not None:
        return entry.label_when_cancelled, entry.hint_when_cancelled
    return entry.label, entry.hint
