"""Claim, call, record: each write to a setting of a domain, and the question after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning import gateway, module
from provisioning.emailarray import EmailArrayClient, EmailArrayError, OutcomeUnknown
from provisioning.emailarray.types import Branding as RemoteBranding
from provisioning.emailarray.types import Dkim as RemoteDkim
from provisioning.emailarray.types import DkimState
from provisioning.models import Branding, Dkim, DomainSettings, MailDomain, Setting
from provisioning.models.setting import SettingQuerySet
from provisioning.module import Reading
from provisioning.workers import refusals, room

Row = TypeVar("Row", bound=Setting)
Values = dict[str, Any]


class UnableToChangeSetting(OperationError):
    """The setting is as it was."""


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """
    One kind of setting: its rows, and how the vendor is asked for it.

    `unclear` is told of a row whose change left no trace that could be looked up.
    """

    name: str
    rows: Callable[[], SettingQuerySet[Row]]
    read: Callable[[EmailArrayClient, str], Values]
    unclear: Callable[[Row], None] = lambda _row: None


@dataclass(frozen=True)
class Change:
    """
    A change to be made: one call, and what the vendor should say afterwards.

    `fields` are mirrored columns; `own` are columns the vendor does not tell of, which follow once
    the change is confirmed; `extra` goes into the activity line.
    """

    action: str
    call: Callable[[EmailArrayClient, str], object]
    fields: Values = field(default_factory=dict)
    own: Values = field(default_factory=dict)
    extra: Values = field(default_factory=dict)

    def to_json(self) -> Values:
        """Return what is kept while the outcome is open."""
        return {
            "action": self.action,
            "fields": self.fields,
            "own": self.own,
            "extra": self.extra,
        }


def dkim_values(found: RemoteDkim) -> Values:
    """Return what the vendor says of DKIM, by column."""
    return {
        "is_enabled": found.state is DkimState.ENABLED,
        "host": found.host[:253],
        "key": found.key,
    }


def branding_values(found: RemoteBranding) -> Values:
    """Return what the vendor says of a domain's branding, by column."""
    return {
        "name": found.name[:200],
        "support_email": found.support_email[:320],
        "color": found.color[:6],
        "logo_url": found.logo_url[:500],
    }


def _read_settings(vendor: EmailArrayClient, domain: str) -> Values:
    zone = vendor.domains.info(domain).time_zone
    return {"footer": module.footer_of(vendor, domain), "time_zone": zone[:64]}


def _logo_may_be_missing(row: Branding) -> None:
    row.is_logo_unclear = True


DKIM = Kind("dkim", Dkim.objects.all, lambda vendor, domain: dkim_values(vendor.dkim.get(domain)))
BRANDING = Kind(
    "branding",
    Branding.objects.all,
    lambda vendor, domain: branding_values(vendor.branding.get(domain)),
    _logo_may_be_missing,
)
DOMAIN_SETTINGS = Kind("domain_settings", DomainSettings.objects.all, _read_settings)
KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (DKIM, BRANDING, DOMAIN_SETTINGS)}


def change(kind: Kind[Row], mail_domain: MailDomain, wanted: Change, actor: Actor) -> Row:
    """
    Make a change and read it back; the row stays unsettled where there was no clear answer.

    :raises UnableToChangeSetting: with a reason fit for the customer
    """
    row = _claim(kind, mail_domain, wanted, actor)
    domain = row.mail_domain
    try:
        with gateway.vendor(domain.server, domain) as vendor:
            wanted.call(vendor, domain.domain)
            try:
                found = kind.read(vendor, domain.domain)
            except EmailArrayError:
                return row  # it was done; what it looks like now is asked later
    except OutcomeUnknown:
        return row
    except EmailArrayError as error:
        _record_unchanged(kind, row)
        raise _refusal(error, domain) from error
    return _record(kind, row, found)


def _claim(kind: Kind[Row], mail_domain: MailDomain, wanted: Change, actor: Actor) -> Row:
    known = kind.rows().filter(mail_domain=mail_domain).exists()
    # What is to be changed has to be known first: the line in the log must say what it was.
    found = None if known else _read_first(kind, mail_domain)
    with transaction.atomic(durable=True):
        domain = room.lock(mail_domain)
        problem = room.for_any_change(domain)
        if problem:
            raise UnableToChangeSetting(problem.message)
        kind.rows().get_or_create(mail_domain=domain, defaults=found or {})
        row = kind.rows().select_for_update().get(mail_domain=domain)
        row.mail_domain = domain
        if row.is_unsettled:
            raise UnableToChangeSetting(
                _(
                    "An earlier change is still being checked with the mail server. "
                    "Try again in a minute."
                )
            )
        row.begin(actor, wanted.to_json(), at=timezone.now())
        row.save()
    return row


def _read_first(kind: Kind[Row], mail_domain: MailDomain) -> Values | None:
    if mail_domain.status != MailDomain.Status.ACTIVE:
        return None  # the claim refuses, with the reason
    try:
        with gateway.vendor(mail_domain.server, mail_domain) as vendor:
            return kind.read(vendor, mail_domain.domain)
    except EmailArrayError as error:
        raise _refusal(error, mail_domain) from error


def _refusal(error: EmailArrayError, domain: MailDomain) -> UnableToChangeSetting:
    words = error.vendor_message.lower()
    fields = ("logo", "color", "support", "address", "footer", "zone")
    named = next((name for name in fields if name in words), "")
    return UnableToChangeSetting(
        refusals.sentence(error, domain.domain), field=named, code=error.cause
    )


@transaction.atomic(durable=True)
def _record_unchanged(kind: Kind[Row], claimed: Row) -> None:
    row = _lock(kind, claimed)
    if row.unsettled_since == claimed.unsettled_since:
        row.settle(at=timezone.now())
        row.save()


@transaction.atomic(durable=True)
def _record(kind: Kind[Row], claimed: Row, found: Values) -> Row:
    row = _lock(kind, claimed)
    if row.unsettled_since == claimed.unsettled_since:
        _adopt(row, found, row.wanted["action"], follow=True)
    return row  # otherwise the outcome had been looked up before this answer came


def _lock(kind: Kind[Row], claimed: Row) -> Row:
    row = kind.rows().select_for_update().get(pk=claimed.pk)
    row.mail_domain = claimed.mail_domain
    return row


def _adopt(row: Setting, found: Values, action: str, *, follow: bool) -> None:
    """Let the row say what the vendor says, forget the change, and leave a line in the log."""
    domain = row.mail_domain
    before, wanted, asker = row.mirrored(), row.wanted, row.asker
    row.adopt(found)
    if follow:
        for name, value in wanted["own"].items():
            setattr(row, name, value)
    row.settle(at=timezone.now())
    row.save()
    activity.record(
        action=action,
        subject=row,
        name=domain.domain,
        client=domain.client,
        actor=asker,
        scope=domain,
        before=before,
        after=row.mirrored() | (wanted["extra"] if follow else {}),
    )


def settle(kind_name: str, row_id: int, *, now: datetime) -> None:
    """
    Ask the vendor what became of a change, and record it.

    An answer that shows no effect counts only once the change can no longer be under way.

    :raises EmailArrayError: by cause; the row stays as it is
    """
    kind = KINDS[kind_name]
    rows = kind.rows().select_related("mail_domain__server", "mail_domain__client")
    asked: Setting | None = rows.filter(pk=row_id, unsettled_since__isnull=False).first()
    if asked is None:
        return
    domain = asked.mail_domain
    with gateway.vendor(domain.server, domain) as vendor:
        found = kind.read(vendor, domain.domain)
    _record_found(kind, asked, found, now)


@transaction.atomic(durable=True)
def _record_found(kind: Kind[Any], asked: Setting, found: Values, now: datetime) -> None:
    row = _lock(kind, asked)
    since = row.unsettled_since
    if since is None or since != asked.unsettled_since:
        return  # something newer has been claimed or recorded since we asked
    wanted = row.wanted
    is_final = now - since >= timedelta(seconds=settings.SETTLE_SECONDS)
    has_moved = row.mirrored() != found
    has_arrived = all(found[name] == value for name, value in wanted["fields"].items())
    if has_moved and (has_arrived or is_final):
        _adopt(row, found, wanted["action"], follow=has_arrived)
    elif not is_final:
        return
    elif wanted["own"] and has_arrived:
        kind.unclear(row)
        _adopt(row, found, f"{kind.name}.unclear", follow=False)
    else:
        _adopt(row, found, f"{kind.name}.not_changed", follow=False)


def unsettled(*, now: datetime) -> list[tuple[str, int]]:
    """Return kind and id of the settings whose last change has waited long enough to be final."""
    before = now - timedelta(seconds=settings.SETTLE_SECONDS)
    return [
        (kind.name, pk)
        for kind in KINDS.values()
        for pk in kind.rows().unsettled(before=before).values_list("pk", flat=True)[:200]
    ]


def mirror(domain: MailDomain, reading: Reading) -> None:
    """Take in what a reading says, but for rows that are newer than it."""
    found = {
        DKIM.name: dkim_values(reading.dkim),
        BRANDING.name: branding_values(reading.branding),
        DOMAIN_SETTINGS.name: {
            "footer": reading.footer,
            "time_zone": reading.info.time_zone[:64],
        },
    }
    for name, remote in found.items():
        rows = KINDS[name].rows().select_for_update()
        row, is_new = rows.get_or_create(mail_domain=domain, defaults=remote)
        if not is_new and row.is_older_than(reading.began_at) and row.mirrored() != remote:
            row.adopt(remote)
            row.save()
