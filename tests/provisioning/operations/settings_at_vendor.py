"""A domain that was read, what became of its settings, and whether both sides agree."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from clients.models import Activity
from provisioning import tasks
from provisioning.models import Branding, Dkim, DomainSettings, MailDomain, Setting
from provisioning.sandbox import Sandbox
from tests import makers


def domain_of(vendor: Sandbox) -> MailDomain:
    """Return a domain that the vendor was asked about."""
    service = makers.make_service(domain="acme.test", vendor=vendor)
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    vendor.forget_calls()
    return MailDomain.objects.get(pk=service.mail_domain_id)


def settle(row: Setting, *, is_final: bool = False) -> None:
    """Ask what became of a change; later on what the vendor says is final."""
    if is_final:
        row.unsettled_since = timezone.now() - timedelta(minutes=2)
        row.save(update_fields=["unsettled_since"])
    kinds = {Dkim: "dkim", Branding: "branding", DomainSettings: "domain_settings"}
    tasks.settle_setting(kind=kinds[type(row)], row_id=row.pk)
    row.refresh_from_db()


def agrees(vendor: Sandbox, domain: MailDomain) -> bool:
    """Tell whether our rows say what the vendor has."""
    remote = vendor.domains()[domain.domain]
    fresh = MailDomain.objects.get(pk=domain.pk)
    dkim, brand, rest = fresh.dkim, fresh.branding, fresh.domain_settings
    ours = [dkim.key, brand.name, brand.support_email, brand.color, rest.footer, rest.time_zone]
    texts = ["dkim_key", "brandname", "supportemail", "brandcolor", "footer", "dtzone"]
    theirs = [remote[name] for name in texts]
    return ours == theirs and dkim.is_enabled == (remote["dkim_enabled"] == "1")


def actions() -> list[str]:
    return list(Activity.objects.order_by("pk").values_list("action", flat=True))
