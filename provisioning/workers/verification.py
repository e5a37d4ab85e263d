"""Ask the vendor whether a domain's ownership record has been seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core import events
from provisioning import gateway
from provisioning.emailarray.types import DomainVerification, VerificationState
from provisioning.events import DomainVerified
from provisioning.models import MailDomain, ModuleJob
from provisioning.workers.recording import record_verification


class Verdict(StrEnum):
    """What a check has come to."""

    VERIFIED = "verified"
    PENDING = "pending"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


def check(mail_domain: MailDomain, *, actor: Actor) -> Verdict:
    """
    Ask once and record the answer; a domain the vendor has dropped goes back to pending.

    :raises EmailArrayError: by cause; nothing is recorded then
    """
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        verification = vendor.domains.verification(mail_domain.domain)
    return _record(mail_domain, verification, actor, timezone.now())


@transaction.atomic(durable=True)
def _record(
    mail_domain: MailDomain, verification: DomainVerification, actor: Actor, now: datetime
) -> Verdict:
    domain = (
        MailDomain.objects.select_for_update(of=("self",))
        .select_related("client")
        .get(pk=mail_domain.pk)
    )
    if domain.is_verified:
        return Verdict.VERIFIED
    if domain.status != MailDomain.Status.UNVERIFIED:
        return Verdict.UNKNOWN
    if verification.domain_listed is False:
        domain.drop()
        domain.save()
        _note(domain, "domain.dropped", actor)
        return Verdict.DROPPED
    if record_verification(domain, verification, now):
        domain.save()
        _note(domain, "domain.verified", actor)
        events.publish(DomainVerified(mail_domain_id=domain.pk))
        return Verdict.VERIFIED
    domain.save()
    is_known = verification.state is VerificationState.PENDING
    return Verdict.PENDING if is_known else Verdict.UNKNOWN


def _note(domain: MailDomain, action: str, actor: Actor) -> None:
    activity.record(
        action=action, subject=domain, name=domain.domain, client=domain.client, actor=actor
    )


def due(*, now: datetime) -> list[int]:
    """Return the ids of the domains whose next check is due."""
    return list(
        MailDomain.objects.filter(
            status=MailDomain.Status.UNVERIFIED, next_verification_at__lte=now
        ).values_list("pk", flat=True)
    )


def postpone(mail_domain_id: int, *, now: datetime) -> None:
    """Ask again one polling interval later, whatever becomes of the check under way."""
    later = now + timedelta(seconds=settings.VERIFICATION_POLL_SECONDS)
    MailDomain.objects.filter(pk=mail_domain_id).update(next_verification_at=later)


@transaction.atomic
def add_again(mail_domain: MailDomain, *, actor: Actor, is_asked_for: bool) -> ModuleJob | None:
    """
    Queue the addition of a dropped domain.

    Without anybody asking it is added a limited number of times: an order that nobody follows up
    shall not be renewed at the vendor for ever.
    """
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    if domain.status != MailDomain.Status.PENDING:
        return None
    if not is_asked_for and domain.times_added >= settings.VERIFICATION_ADDITIONS:
        return None
    job, _ = ModuleJob.objects.open().get_or_create(
        mail_domain=domain,
        action=ModuleJob.Action.CREATE,
        defaults={
            "requested_by": actor.user,
            "on_behalf_of": actor.on_behalf_of,
            "requested_by_name": actor.name,
            "due_at": timezone.now(),
        },
    )
    return job
