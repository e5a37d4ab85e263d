"""Ask the vendor whether a domain's ownership record has been seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core import events
from provisioning import gateway, queries
from provisioning.emailarray.types import DomainVerification, VerificationState
from provisioning.events import DomainDropped, DomainUnverified, DomainVerified
from provisioning.models import MailDomain, ModuleJob
from provisioning.queries import Setup
from provisioning.workers.recording import record_verification

# After how many hours it is told that a record is missing; 24 after its addition a domain is lost.
LAST_NOTICE_HOURS = 20
NOTICE_HOURS = (LAST_NOTICE_HOURS, 12)


class Verdict(StrEnum):
    """What a check has come to."""

    VERIFIED = "verified"
    PENDING = "pending"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Outcome:
    """What a check has come to; `job` is the addition it has queued, to be woken by the caller."""

    verdict: Verdict
    job: ModuleJob | None = None


def check(mail_domain: MailDomain, *, actor: Actor, is_asked_for: bool) -> Outcome:
    """
    Ask once and record the answer; a domain the vendor has dropped is queued to be added again.

    Without anybody asking (`is_asked_for`) it is added a limited number of times: an order that
    nobody follows up shall not be renewed at the vendor for ever.

    :raises EmailArrayError: by cause; nothing is recorded then
    """
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        verification = vendor.domains.verification(mail_domain.domain)
    return _record(mail_domain, verification, actor, timezone.now(), is_asked_for=is_asked_for)


@transaction.atomic(durable=True)
def _record(
    mail_domain: MailDomain,
    verification: DomainVerification,
    actor: Actor,
    now: datetime,
    *,
    is_asked_for: bool,
) -> Outcome:
    domain = (
        MailDomain.objects.select_for_update(of=("self",))
        .select_related("client")
        .get(pk=mail_domain.pk)
    )
    if domain.is_verified:
        return Outcome(Verdict.VERIFIED)
    if domain.status != MailDomain.Status.UNVERIFIED:
        return Outcome(Verdict.UNKNOWN)
    if verification.domain_listed is False:
        domain.drop()
        domain.save()
        _note(domain, "domain.dropped", actor)
        # Together with the drop: a domain whose worker dies here would wait for nobody.
        may_return = is_asked_for or domain.times_added < settings.VERIFICATION_ADDITIONS
        job = _queue_addition(domain, actor, now) if may_return else None
        events.publish(DomainDropped(mail_domain_id=domain.pk, is_added_again=job is not None))
        return Outcome(Verdict.DROPPED, job)
    if record_verification(domain, verification, now):
        domain.save()
        _note(domain, "domain.verified", actor)
        events.publish(DomainVerified(mail_domain_id=domain.pk))
        return Outcome(Verdict.VERIFIED)
    hours = _notice_due(domain, now)
    if hours:
        domain.verification_notice_hours = hours
    domain.save()
    if hours:
        events.publish(DomainUnverified(mail_domain_id=domain.pk, hours=hours))
    is_known = verification.state is VerificationState.PENDING
    return Outcome(Verdict.PENDING if is_known else Verdict.UNKNOWN)


def _notice_due(domain: MailDomain, now: datetime) -> int:
    """Return after how many hours a notice is due that was not given yet; 0 for none."""
    if domain.added_at is None or not domain.verification_record:
        return 0
    latest = next(
        (each for each in NOTICE_HOURS if now - domain.added_at >= timedelta(hours=each)), 0
    )
    return latest if latest > domain.verification_notice_hours else 0


def _note(domain: MailDomain, action: str, actor: Actor) -> None:
    activity.record(
        action=action,
        subject=domain,
        name=domain.domain,
        client=domain.client,
        actor=actor,
        scope=domain,
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
def add_again(mail_domain: MailDomain, *, actor: Actor) -> ModuleJob | None:
    """
    Queue the addition of a pending domain, or return the one that is under way.

    None where it must not be added: nobody has asked for it yet, it is being terminated, it is
    pending no more, or it has been refused for good and staff have to look first.
    """
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    if domain.status != MailDomain.Status.PENDING:
        return None
    return _queue_addition(domain, actor, timezone.now())


def _queue_addition(domain: MailDomain, actor: Actor, now: datetime) -> ModuleJob | None:
    """Make the job under the domain's lock."""
    if queries.setup_of(domain) not in {Setup.UNDER_WAY, Setup.GIVEN_UP}:
        return None
    creations = domain.jobs.filter(action=ModuleJob.Action.CREATE)
    for failed in creations.filter(status=ModuleJob.Status.FAILED).select_for_update():
        failed.cancel(at=now, message="Superseded by a new attempt.")
        failed.save()
    job, _ = creations.open().get_or_create(
        defaults={
            "mail_domain": domain,
            "action": ModuleJob.Action.CREATE,
            "payload": {"adopt": False},
            "requested_by": actor.user,
            "on_behalf_of": actor.on_behalf_of,
            "requested_by_name": actor.name,
            "due_at": now,
        },
    )
    return job
