"""What a customer does about DKIM; it happens at once."""

from __future__ import annotations

from clients.actors import Actor
from provisioning import tasks
from provisioning.models import Dkim, MailDomain
from provisioning.operations import dns
from provisioning.workers import domain_settings
from provisioning.workers.domain_settings import Change, UnableToChangeSetting

__all__ = ["UnableToChangeSetting", "disable_dkim", "enable_dkim"]


def enable_dkim(*, mail_domain: MailDomain, actor: Actor) -> Dkim:
    """
    Have outgoing mail signed from now on; nothing happens where it is signed already.

    Where the vendor gave no clear answer the row is unsettled, and the vendor is asked.

    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    change = Change(
        "dkim.enabled",
        lambda vendor, domain: vendor.dkim.enable(domain),
        {"is_enabled": True},
    )
    return _switch(mail_domain, change, actor)


def disable_dkim(*, mail_domain: MailDomain, actor: Actor) -> Dkim:
    """
    Stop signing; the vendor may keep the key.

    Where the vendor gave no clear answer the row is unsettled, and the vendor is asked.

    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    change = Change(
        "dkim.disabled",
        lambda vendor, domain: vendor.dkim.disable(domain),
        {"is_enabled": False},
    )
    return _switch(mail_domain, change, actor)


def _switch(mail_domain: MailDomain, change: Change, actor: Actor) -> Dkim:
    known = Dkim.objects.filter(mail_domain=mail_domain, unsettled_since=None).first()
    if known is not None and known.is_enabled == change.fields["is_enabled"]:
        return known
    row = domain_settings.change(domain_settings.DKIM, mail_domain, change, actor)
    if row.is_unsettled:
        tasks.wake(tasks.settle_setting, kind=domain_settings.DKIM.name, row_id=row.pk)
    else:
        dns.check(mail_domain)
    return row
