"""Take a closing snapshot from our rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from provisioning.models import (
    Branding,
    CatchAll,
    ClosingSnapshot,
    DistributionListMember,
    Dkim,
    DomainSettings,
    MailDomain,
)

BRANDING = ("name", "support_email", "color", "logo_url", "logo_preview")


def take(domain: MailDomain, *, now: datetime) -> ClosingSnapshot:
    """Save what the domain holds; the caller has its lock, so that nothing changes meanwhile."""
    mailboxes = list(
        domain.mailboxes.existing()
        .order_by("local_part")
        .values("local_part", "status", "account_type", "quota_mb", "usage_mb", "display_name")
    )
    return ClosingSnapshot.objects.create(
        mail_domain=domain,
        content={
            "mailboxes": mailboxes,
            "aliases": list(domain.aliases.values("local_part", "target")),
            "catch_all": CatchAll.objects.filter(mail_domain=domain)
            .values_list("target", flat=True)
            .first(),
            "alias_domains": list(domain.alias_domains.values_list("domain", flat=True)),
            "forwards": list(domain.forwards.values("local_part", "target")),
            "lists": _lists(domain),
            "dkim": Dkim.objects.filter(mail_domain=domain).values(*Dkim.MIRRORED).first(),
            "branding": Branding.objects.filter(mail_domain=domain).values(*BRANDING).first(),
            "settings": DomainSettings.objects.filter(mail_domain=domain)
            .values(*DomainSettings.MIRRORED)
            .first(),
            "entitlement": domain.entitlement.to_json(),
        },
        mailboxes=len(mailboxes),
        usage_mb=sum(row["usage_mb"] or 0 for row in mailboxes),
        as_of=domain.mirrored_at,
        taken_at=now,
    )


def _lists(domain: MailDomain) -> list[dict[str, Any]]:
    members: dict[int, list[str]] = {}
    rows = DistributionListMember.objects.filter(
        distribution_list__mail_domain=domain, is_wanted=True
    )
    for list_id, address in rows.order_by("address").values_list("distribution_list", "address"):
        members.setdefault(list_id, []).append(address)
    return [
        {
            "local_part": row["local_part"],
            "type": row["list_type"],
            "members": members.get(row["pk"], []),
        }
        for row in domain.distribution_lists.values("pk", "local_part", "list_type")
    ]
