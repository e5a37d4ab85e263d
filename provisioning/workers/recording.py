"""What a job's success changes in the domain's row, and the event that tells of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from provisioning import events, queries
from provisioning.emailarray.types import VerificationState
from provisioning.models import CatchAll, Entitlement, Mailbox, MailDomain, ModuleJob
from provisioning.module import Created, ModuleRefusal, RemoteUsage
from provisioning.workers import snapshots

Recorder = Callable[[MailDomain, ModuleJob, Any, datetime], object]
Action = ModuleJob.Action
Status = MailDomain.Status


def record_created(
    domain: MailDomain, _job: ModuleJob, fact: Created, now: datetime
) -> events.AccountCreated:
    """Save that the vendor holds the domain, verified or not."""
    domain.add_sent_at = domain.add_sent_at or now
    domain.added_at = fact.added_at or domain.added_at or domain.add_sent_at
    domain.times_added += 1
    record_verification(domain, fact.verification, now)
    domain.save()
    return events.AccountCreated(mail_domain_id=domain.pk)


def record_verification(domain: MailDomain, verification: Any, now: datetime) -> bool:
    """
    Set the domain's verification state; tell whether it has just been verified.

    What could not be found out changes nothing but the time of the next question.
    """
    if domain.status not in {Status.PENDING, Status.UNVERIFIED}:
        return False
    if verification.state is VerificationState.VERIFIED:
        domain.activate(at=now)
        return True
    known = verification.state is VerificationState.PENDING
    domain.await_verification(
        record=(verification.record if known else None) or domain.verification_record,
        reason=verification.reason or "",
        at=now,
    )
    domain.next_verification_at = now + timedelta(seconds=settings.VERIFICATION_POLL_SECONDS)
    return False


def record_suspended(
    domain: MailDomain, job: ModuleJob, _fact: object, now: datetime
) -> events.AccountSuspended:
    """Save that the domain is switched off."""
    if domain.status == Status.ACTIVE:
        domain.suspend(at=now, reason=job.payload.get("reason", ""))
        domain.save()
    return events.AccountSuspended(mail_domain_id=domain.pk, code=job.payload.get("code", ""))


def record_unsuspended(
    domain: MailDomain, _job: ModuleJob, _fact: object, _now: datetime
) -> events.AccountUnsuspended:
    """Save that the domain is switched on."""
    if domain.status == Status.SUSPENDED:
        domain.unsuspend()
        domain.save()
    return events.AccountUnsuspended(mail_domain_id=domain.pk)


def record_changed_package(
    domain: MailDomain, job: ModuleJob, fact: RemoteUsage | None, _now: datetime
) -> events.PackageChanged:
    """
    Give the domain its new entitlement, under its lock.

    :raises ModuleRefusal: more is in use than the new entitlement allows, with the numbers
    """
    entitlement = Entitlement.from_json(job.payload["entitlement"])
    problems = _in_the_way(domain, entitlement, fact)
    if problems:
        raise ModuleRefusal("below_use", "More is in use than the new package allows: " + problems)
    domain.entitlement = entitlement
    domain.save()
    return events.PackageChanged(mail_domain_id=domain.pk)


def _in_the_way(domain: MailDomain, new: Entitlement, remote: RemoteUsage | None) -> str:
    """Say what must go first; of our count and the vendor's the larger one decides."""
    if remote is None:
        return ""
    ours = queries.usage_of(domain)
    factor = domain.server.mb_per_gb
    largest = (
        domain.mailboxes.live().order_by("-quota_mb").values_list("quota_mb", flat=True).first()
    )
    uses = [
        ("Basic mailboxes", max(ours.basic.used, remote.basic), new.basic_mailboxes),
        ("Enhanced mailboxes", max(ours.enhanced.used, remote.enhanced), new.enhanced_mailboxes),
        ("GB of quota", max(ours.quota.promised_mb, remote.quota_mb) / factor, new.quota_pool_gb),
        (
            "GB in the largest mailbox",
            max(largest or 0, remote.largest_mb) / factor,
            new.mailbox_quota_gb,
        ),
        ("aliases", max(ours.aliases.used, remote.aliases), new.aliases),
        (
            "distribution lists",
            max(ours.distribution_lists.used, remote.distribution_lists),
            new.distribution_lists,
        ),
    ]
    return "; ".join(
        f"{used:g} {what}, allowed {limit:g}"
        for what, used, limit in uses
        if limit is not None and used > limit
    )


def record_closed(
    domain: MailDomain, _job: ModuleJob, _fact: object, now: datetime
) -> events.AccountClosed:
    """Save that the domain is switched off, and what was in it."""
    if domain.status in {Status.ACTIVE, Status.SUSPENDED}:
        domain.close(at=now)
        domain.save()
        snapshots.take(domain, now=now)
    return events.AccountClosed(mail_domain_id=domain.pk)


def record_restored(
    domain: MailDomain, _job: ModuleJob, _fact: object, now: datetime
) -> events.AccountRestored:
    """Save that the domain is switched on again; what is in it was never touched."""
    if domain.status == Status.CLOSING:
        domain.restore()
        domain.save()
        domain.closing_snapshots.filter(restored_at=None).update(restored_at=now)
    return events.AccountRestored(mail_domain_id=domain.pk)


def record_terminated(
    domain: MailDomain, _job: ModuleJob, _fact: object, now: datetime
) -> events.AccountTerminated:
    """Save that the domain and all in it are gone."""
    if domain.status != Status.TERMINATED:
        domain.terminate(at=now)
        domain.save()
    # One statement for thousands of rows; every live state may end here.
    domain.mailboxes.existing().update(
        status=Mailbox.Status.REMOVED, removed_at=now, unsettled_since=None, request_key=None
    )
    domain.aliases.all().delete()
    domain.alias_domains.all().delete()
    CatchAll.objects.filter(mail_domain=domain).delete()
    domain.forwards.all().delete()
    domain.distribution_lists.all().delete()
    return events.AccountTerminated(mail_domain_id=domain.pk)


RECORDERS: dict[str, Recorder] = {
    Action.CREATE: record_created,
    Action.CHANGE_PACKAGE: record_changed_package,
    Action.SUSPEND: record_suspended,
    Action.UNSUSPEND: record_unsuspended,
    Action.CLOSE: record_closed,
    Action.RESTORE: record_restored,
    Action.TERMINATE: record_terminated,
}
