"""Read what DNS says about a domain, and keep it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils import timezone

from core.db import require_no_transaction
from provisioning import dns
from provisioning.models import Dkim, DnsReading, MailDomain


def read(mail_domain_id: int) -> None:
    """
    Ask DNS all there is to know and keep the answers; takes ten seconds at most.

    Questions that nobody answers are kept as such, so that the page can say so.
    """
    require_no_transaction()
    domain = MailDomain.objects.live().filter(pk=mail_domain_id).first()
    if domain is None:
        DnsReading.objects.filter(mail_domain=mail_domain_id).update(is_awaited=False)
        return
    began_at = timezone.now()
    dkim = Dkim.objects.filter(mail_domain=domain).first()
    answers = dns.read_zone(domain.domain, dns.wanted_records(domain, dkim))
    DnsReading.objects.get_or_create(mail_domain=domain)
    # A reading that began later has been kept already; this one does not replace it.
    older = DnsReading.objects.filter(mail_domain=domain).exclude(read_at__gt=began_at)
    older.update(answers=answers.to_json(), spf_lookups=answers.spf_lookups, read_at=began_at)
    # Whoever asked before it began has their answer.
    DnsReading.objects.filter(mail_domain=domain, requested_at__lte=F("read_at")).update(
        is_awaited=False
    )


def overdue(*, now: datetime) -> list[int]:
    """Return the ids of the domains whose reading was asked for and has not come."""
    rows = DnsReading.objects.overdue(at=now)
    return list(rows.values_list("mail_domain", flat=True)[:200])
