"""The mirror: read one domain at the vendor and let our rows say the same."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from provisioning import module
from provisioning.emailarray import EmailArrayError, NotFound
from provisioning.models import Drift, MailDomain
from provisioning.module import Reading
from provisioning.workers import domain_settings, drift, element_mirror, health, mailbox_mirror


def refresh(mail_domain_id: int) -> None:
    """
    Read a domain and record it; whatever goes wrong, our rows stay and the error is noted.

    Only domains the vendor holds are read: of a pending or terminated one there is nothing to see.
    """
    domain = (
        MailDomain.objects.held_by_vendor()
        .select_related("server", "client")
        .filter(pk=mail_domain_id)
        .first()
    )
    if domain is None:
        return
    # Whatever becomes of this reading: one that fails must not be the first in line for ever.
    MailDomain.objects.filter(pk=domain.pk).update(mirror_tried_at=timezone.now())
    try:
        reading = module.usage_update(domain)
    except NotFound:
        _record_missing(domain, timezone.now())
    except EmailArrayError as error:
        MailDomain.objects.filter(pk=domain.pk).update(mirror_error=str(error)[:300])
        health.note_failure(domain.server, error, now=timezone.now())
    else:
        _record(domain, reading)
        health.note_answer(domain.server, now=timezone.now())


@transaction.atomic(durable=True)
def _record_missing(mail_domain: MailDomain, now: datetime) -> None:
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    domain.mirror_error = "The vendor does not have this domain."
    domain.save(update_fields=["mirror_error"])
    if domain.is_verified:
        found = drift.Difference(Drift.Kind.MISSING_DOMAIN, domain.domain, domain.status, "absent")
        drift.record(domain, [found], kinds=[Drift.Kind.MISSING_DOMAIN], now=now)


@transaction.atomic(durable=True)
def _record(mail_domain: MailDomain, reading: Reading) -> None:
    domain = (
        MailDomain.objects.select_for_update(of=("self",))
        .select_related("server")
        .get(pk=mail_domain.pk)
    )
    if domain.mirrored_at and domain.mirrored_at > reading.began_at:
        return  # a later reading has been recorded already
    differences = [*_domain_status(domain, reading), *mailbox_mirror.record(domain, reading)]
    element_mirror.record(domain, reading)
    domain_settings.mirror(domain, reading)
    drift.record(domain, differences, kinds=Drift.Kind.values, now=reading.began_at)
    domain.mirrored_at = reading.began_at
    domain.mirror_error = ""
    domain.save(update_fields=["mirrored_at", "mirror_error"])


def _domain_status(domain: MailDomain, reading: Reading) -> list[drift.Difference]:
    expected = {MailDomain.Status.ACTIVE: True, MailDomain.Status.SUSPENDED: False}
    should_be_on = expected.get(MailDomain.Status(domain.status))
    if should_be_on is None or should_be_on == reading.info.is_active:
        return []
    if domain.jobs.open().exists() or domain.updated_at >= reading.began_at:
        return []  # it is being changed just now
    theirs = "active" if reading.info.is_active else "inactive"
    return [drift.Difference(Drift.Kind.DOMAIN_STATUS, domain.domain, domain.status, theirs)]
