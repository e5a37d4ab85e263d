"""What a customer sets for a whole domain; it happens at once."""

from __future__ import annotations

from clients.actors import Actor
from core import time_zones
from core.sentences import sentence as _
from provisioning import tasks
from provisioning.models import DomainSettings, MailDomain
from provisioning.operations import footers
from provisioning.operations.footers import UnableToUseFooter
from provisioning.workers import domain_settings
from provisioning.workers.domain_settings import Change, UnableToChangeSetting

__all__ = ["UnableToChangeSetting", "UnableToUseFooter", "set_footer", "set_time_zone"]


def set_footer(*, mail_domain: MailDomain, html: str, actor: Actor) -> DomainSettings:
    """
    Put this HTML under every outgoing message; empty takes the footer away.

    :raises UnableToUseFooter: it holds something that does not belong in a message
    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    clean = footers.clean_footer(html)
    change = Change(
        "domain_settings.footer_changed",
        lambda vendor, domain: vendor.domains.set_footer(domain, clean),
        {"footer": clean},
    )
    return _made(mail_domain, change, actor)


def set_time_zone(*, mail_domain: MailDomain, time_zone: str, actor: Actor) -> DomainSettings:
    """
    Set the domain's time zone, an IANA name.

    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    if time_zone not in time_zones.known():
        raise UnableToChangeSetting(_("There is no such time zone."), field="time_zone")
    change = Change(
        "domain_settings.time_zone_changed",
        lambda vendor, domain: vendor.domains.update(domain, time_zone=time_zone),
        {"time_zone": time_zone},
    )
    return _made(mail_domain, change, actor)


def _made(mail_domain: MailDomain, change: Change, actor: Actor) -> DomainSettings:
    kind = domain_settings.DOMAIN_SETTINGS
    row = domain_settings.change(kind, mail_domain, change, actor)
    if row.is_unsettled:
        tasks.wake(tasks.settle_setting, kind=kind.name, row_id=row.pk)
    return row
