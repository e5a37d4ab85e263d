"""The server module: WHMCS's module functions for PolarisMail, each safe to run twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone

from provisioning import gateway
from provisioning.emailarray import (
    AlreadyExists,
    AuthenticationFailed,
    EmailArrayClient,
    EmailArrayError,
    NotFound,
    OutcomeUnknown,
    Rejected,
)
from provisioning.emailarray.types import (
    Branding,
    Dkim,
    DomainInfo,
    DomainVerification,
    RemoteAlias,
    RemoteForward,
    RemoteList,
    RemoteMailbox,
)
from provisioning.models import Entitlement, Mailbox, MailDomain, Server


class ModuleRefusal(Exception):
    """The module will not do it, and trying again would not help; the text is for staff."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


@dataclass(frozen=True)
class Done:
    """What a module function has found to be true; `warning` is for staff."""

    warning: str = ""


@dataclass(frozen=True)
class Created:
    """The vendor holds the domain; `added_at` is None where it was there before."""

    verification: DomainVerification
    added_at: datetime | None
    warning: str = ""


@dataclass(frozen=True)
class RemoteUsage:
    """What the vendor counts in a domain; `quota_mb` is the sum over its mailboxes."""

    basic: int
    enhanced: int
    quota_mb: int
    largest_mb: int
    aliases: int
    distribution_lists: int


@dataclass(frozen=True)
class Reading:
    """All the vendor says about one domain; `began_at` is when the first question was sent."""

    began_at: datetime
    info: DomainInfo
    mailboxes: list[RemoteMailbox]
    aliases: list[RemoteAlias]
    forwards: list[RemoteForward]
    lists: list[tuple[RemoteList, list[str]]]
    dkim: Dkim
    branding: Branding
    footer: str = ""
    # None where the vendor does not say: it may not have them for every reseller.
    alias_domains: list[str] | None = None


@dataclass(frozen=True)
class ConnectionReport:
    """What TestConnection found out; counts are None where the log-in failed."""

    ok: bool
    message: str
    domains: int | None = None
    basic_mailboxes: int | None = None
    enhanced_mailboxes: int | None = None


@dataclass(frozen=True)
class HandOff:
    """
    A form the customer's browser sends to the vendor to be logged in.

    The fields hold a one-time password: they go into the page that is answered, and nowhere else.
    """

    url: str
    method: Literal["post", "get"]
    fields: dict[str, str]

    def __repr__(self) -> str:
        return f"HandOff(url={self.url!r}, method={self.method!r})"


def create_account(mail_domain: MailDomain, *, adopt: bool = False) -> Created:
    """
    Add the domain at the vendor, or find that it is there by our own doing.

    A domain that is there although we never sent it belongs to somebody; it is taken over only
    where staff say so (`adopt`).

    :raises ModuleRefusal: the domain is taken
    :raises EmailArrayError: by cause
    """
    domain = mail_domain.domain
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        if _is_listed(vendor, domain):
            if not adopt and mail_domain.add_sent_at is None:
                raise ModuleRefusal(
                    "exists_at_vendor",
                    f"{domain} already exists in the reseller account and was not added from "
                    "here. Adopt it if it belongs to this client.",
                )
            return Created(vendor.domains.verification(domain), None)
        added_at = _add(vendor, mail_domain)
        return Created(vendor.domains.verification(domain), added_at)


def _add(vendor: EmailArrayClient, mail_domain: MailDomain) -> datetime:
    domain = mail_domain.domain
    if not vendor.domains.available(domain):
        raise ModuleRefusal(
            "taken", f"{domain} is not available at the vendor. Another reseller may hold it."
        )
    # On record before it is sent: whatever becomes of the answer, a domain found later is ours.
    sent_at = timezone.now()
    MailDomain.objects.filter(pk=mail_domain.pk).update(add_sent_at=sent_at)
    try:
        vendor.domains.add(domain)
    except OutcomeUnknown:
        # A moment ago it was not there: where it is now, our request has put it.
        if not _is_listed(vendor, domain):
            raise
    except AlreadyExists:
        if not _is_listed(vendor, domain):
            _forget_sending(mail_domain)
            raise
    except EmailArrayError:
        _forget_sending(mail_domain)
        raise
    return sent_at


def _forget_sending(mail_domain: MailDomain) -> None:
    """Put back what was known before a request that provably did nothing."""
    MailDomain.objects.filter(pk=mail_domain.pk).update(add_sent_at=mail_domain.add_sent_at)


def suspend_account(mail_domain: MailDomain) -> Done:
    """
    Switch the domain off: nobody logs in; mail and mailboxes stay.

    :raises EmailArrayError: by cause
    """
    return _switch(mail_domain, is_active=False)


def unsuspend_account(mail_domain: MailDomain) -> Done:
    """
    Switch the domain on again.

    :raises EmailArrayError: by cause
    """
    return _switch(mail_domain, is_active=True)


def close_account(mail_domain: MailDomain) -> Done:
    """
    Switch the domain off before its removal: whatever is in it stays at the vendor.

    :raises EmailArrayError: by cause
    """
    return _switch(mail_domain, is_active=False)


def restore_account(mail_domain: MailDomain) -> Done:
    """
    Switch a closed domain on again; one that was only to be closed is set to what it is.

    :raises EmailArrayError: by cause
    """
    is_suspended = mail_domain.status == MailDomain.Status.SUSPENDED
    return _switch(mail_domain, is_active=not is_suspended)


def _switch(mail_domain: MailDomain, *, is_active: bool) -> Done:
    domain = mail_domain.domain
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        try:
            vendor.domains.set_active(domain, active=is_active)
        except OutcomeUnknown:
            if vendor.domains.info(domain).is_active is not is_active:
                raise
    return Done()


def terminate_account(mail_domain: MailDomain) -> Done:
    """
    Remove the domain with all its mail; a domain that is not there is as good as removed.

    A domain we never sent is left alone, whoever has it.

    :raises EmailArrayError: by cause
    """
    if mail_domain.add_sent_at is None and mail_domain.added_at is None:
        return Done(warning="Nothing was removed: the domain was never added at the vendor.")
    domain = mail_domain.domain
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        try:
            vendor.domains.remove(domain)
        except NotFound:
            return Done(warning="The vendor did not have the domain any more.")
        except OutcomeUnknown:
            if _is_listed(vendor, domain):
                raise
    return Done()


def change_package(mail_domain: MailDomain, entitlement: Entitlement) -> RemoteUsage | None:
    """
    Count what the vendor holds, where the new entitlement is smaller in anything.

    The vendor knows no limits per domain: ours are what a package is. None means that nothing
    shrinks, so that nothing had to be counted.

    :raises EmailArrayError: by cause; a vendor that cannot be read never means "nothing used"
    """
    if not _shrinks(mail_domain.entitlement, entitlement):
        return None
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        in_trash = set(mail_domain.mailboxes.trashed().values_list("local_part", flat=True))
        every = vendor.mailboxes.all(mail_domain.domain)
        rows = [row for row in every if row.username not in in_trash]
        return RemoteUsage(
            basic=sum(row.account_type == Mailbox.Type.BASIC for row in rows),
            enhanced=sum(row.account_type == Mailbox.Type.ENHANCED for row in rows),
            quota_mb=sum(row.quota_mb or 0 for row in rows),
            largest_mb=max((row.quota_mb or 0 for row in rows), default=0),
            aliases=len(vendor.aliases.list(mail_domain.domain)),
            distribution_lists=len(vendor.lists.list(mail_domain.domain)),
        )


def _shrinks(old: Entitlement, new: Entitlement) -> bool:
    pairs = [
        (old.basic_mailboxes, new.basic_mailboxes),
        (old.enhanced_mailboxes, new.enhanced_mailboxes),
        (old.quota_pool_gb, new.quota_pool_gb),
        (old.mailbox_quota_gb, new.mailbox_quota_gb),
        (old.aliases, new.aliases),
        (old.distribution_lists, new.distribution_lists),
    ]
    return any(after is not None and (before is None or after < before) for before, after in pairs)


def usage_update(mail_domain: MailDomain) -> Reading:
    """
    Read all of a domain: its mailboxes with quota and usage, and everything else in it.

    :raises EmailArrayError: by cause
    """
    began_at, domain = timezone.now(), mail_domain.domain
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        return Reading(
            began_at=began_at,
            info=vendor.domains.info(domain),
            mailboxes=list(vendor.mailboxes.all(domain)),
            aliases=vendor.aliases.list(domain),
            forwards=vendor.forwards.list(domain),
            lists=[
                (row, vendor.lists.members(domain, row.name)) for row in vendor.lists.list(domain)
            ],
            dkim=vendor.dkim.get(domain),
            branding=vendor.branding.get(domain),
            footer=footer_of(vendor, domain),
            alias_domains=_alias_domains(vendor, domain),
        )


def _alias_domains(vendor: EmailArrayClient, domain: str) -> list[str] | None:
    try:
        return [row.domain.lower() for row in vendor.domains.alias_domains(domain)]
    except Rejected:
        return None


def test_connection(server: Server) -> ConnectionReport:
    """Log in afresh and count; every failure becomes a sentence that says what to look at."""
    try:
        with gateway.vendor(server) as vendor:
            vendor.reseller.check_login()
            stats = vendor.reseller.stats()
    except AuthenticationFailed as error:
        said = f" It said: {error.vendor_message}" if error.vendor_message else ""
        return ConnectionReport(
            ok=False,
            message="The vendor refused the user name or password. A log-in with a second factor "
            f"or an account locked for non-payment is refused as well.{said}",
        )
    except Rejected as error:
        return ConnectionReport(
            ok=False, message=f"Logged in, but not allowed to count: {error.vendor_message}"
        )
    except EmailArrayError as error:
        return ConnectionReport(ok=False, message=f"No usable answer from the vendor: {error}")
    return ConnectionReport(
        ok=True,
        message="Logged in.",
        domains=stats.domains_used,
        basic_mailboxes=stats.basic_used,
        enhanced_mailboxes=stats.enhanced_used,
    )


def webmail_sign_on(mailbox: Mailbox) -> HandOff:
    """
    Fetch a one-time log-in to webmail.

    :raises EmailArrayError: by cause
    """
    server = mailbox.mail_domain.server
    with gateway.vendor(server, mailbox.mail_domain) as vendor:
        login = vendor.sessions.webmail_login(mailbox.mail_domain.domain, mailbox.local_part)
    return HandOff(login.url, "post", {"accessToken": login.token, "password": login.otp})


def control_panel_sign_on(mailbox: Mailbox) -> HandOff:
    """
    Fetch a one-time log-in to the user control panel.

    :raises EmailArrayError: by cause
    """
    server = mailbox.mail_domain.server
    with gateway.vendor(server, mailbox.mail_domain) as vendor:
        login = vendor.sessions.control_panel_login(mailbox.mail_domain.domain, mailbox.local_part)
    method: Literal["post", "get"] = (
        "get" if server.control_panel_hand_off == Server.HandOff.GET else "post"
    )
    return HandOff(login.url, method, dict(login.fields))


def _is_listed(vendor: EmailArrayClient, domain: str) -> bool:
    return any(row.domain == domain for row in vendor.domains.list())


def footer_of(vendor: EmailArrayClient, domain: str) -> str:
    """Return the domain's footer; a vendor that refuses to tell one has none."""
    try:
        return vendor.domains.footer(domain)
    except Rejected:
        return ""
