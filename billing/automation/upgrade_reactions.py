"""Reactions to what becomes of a change: the module's answers, and an invoice taken back."""

from __future__ import annotations

from django.utils import timezone

from billing.events import InvoiceCancelled
from billing.models import Service, Upgrade
from billing.operations import mailbox_types, profiles, reissuing, upgrade_steps
from clients.actors import Actor
from core.events import reacts_to
from provisioning.events import (
    AccountTerminated,
    AccountTerminating,
    JobFailed,
    JobSuperseded,
    MailboxSettled,
    MailboxSettling,
    PackageChanged,
    PackageChanging,
)
from provisioning.models import Entitlement, ModuleJob

ACTOR = Actor.system("billing")


@reacts_to(PackageChanging)
def lock_the_money(event: PackageChanging) -> None:
    """What a change gives back or charges is locked before its domain, as everywhere."""
    upgrade = upgrade_steps.being_applied(mail_domain_id=event.mail_domain_id)
    if upgrade is not None:
        profiles.lock(upgrade.service.client)


@reacts_to(PackageChanged)
def finish_the_change(event: PackageChanged) -> None:
    """The package is what a change wanted: the service has it from now on."""
    upgrade = upgrade_steps.being_applied(mail_domain_id=event.mail_domain_id)
    if upgrade is None:
        return
    # Staff may have asked for another package meanwhile.
    if upgrade.service.mail_domain.entitlement == upgrade_steps.wanted_by(upgrade):
        upgrade_steps.finish(
            upgrade_id=upgrade.pk, at=timezone.now(), on=timezone.localdate(), actor=ACTOR
        )


@reacts_to(JobFailed)
def mark_the_change_as_failed(event: JobFailed) -> None:
    """
    The module has given up: staff decide whether to try again or to give the money back.

    Until then renewals are for what the service has.
    """
    job = ModuleJob.objects.get(pk=event.job_id)
    upgrade = _wanting(job)
    if upgrade is not None:
        upgrade_steps.fail(upgrade=upgrade, error=job.message)
        reissuing.renew_invoices(service=upgrade.service, on=timezone.localdate(), actor=ACTOR)


@reacts_to(JobSuperseded)
def mark_the_dropped_change_as_failed(event: JobSuperseded) -> None:
    """Something else was asked of the module instead: a change must not wait for it for ever."""
    job = ModuleJob.objects.get(pk=event.job_id)
    upgrade = _wanting(job)
    if upgrade is None:
        return
    takes_its_place = ModuleJob.objects.open().filter(
        mail_domain=job.mail_domain_id, action=job.action, payload=job.payload
    )
    if not takes_its_place.exists():
        upgrade_steps.fail(upgrade=upgrade, error=job.message)


@reacts_to(AccountTerminating)
def lock_the_money_of_what_ends(event: AccountTerminating) -> None:
    """What was paid for changes that are not made any more is locked before the domain."""
    services = Service.objects.filter(mail_domain=event.mail_domain_id, upgrades__isnull=False)
    service = services.select_related("client").first()
    if service is not None:
        profiles.lock(service.client)


@reacts_to(AccountTerminated)
def give_up_the_changes(event: AccountTerminated) -> None:
    """What is gone is not changed any more."""
    upgrade_steps.end_all(mail_domain_id=event.mail_domain_id, on=timezone.localdate(), actor=ACTOR)


@reacts_to(MailboxSettling)
def lock_the_money_of_a_type(event: MailboxSettling) -> None:
    """What a mailbox's new type costs is locked before the mailbox."""
    mailbox_types.lock_for(mailbox_id=event.mailbox_id)


@reacts_to(MailboxSettled)
def charge_what_is_in_effect(event: MailboxSettled) -> None:
    """A type is charged once the vendor has confirmed it, and only then."""
    mailbox_types.settle(
        mailbox_id=event.mailbox_id,
        asked_type=event.asked_type,
        at=timezone.now(),
        on=timezone.localdate(),
    )


@reacts_to(InvoiceCancelled)
def cancel_the_change(event: InvoiceCancelled) -> None:
    """What is not charged any more is not made either."""
    upgrade_steps.invoice_is_gone(invoice_id=event.invoice_id, actor=ACTOR)


def _wanting(job: ModuleJob) -> Upgrade | None:
    """Return the change that the module has been asked for by this job, and waits for it."""
    if job.action != ModuleJob.Action.CHANGE_PACKAGE:
        return None
    upgrade = upgrade_steps.being_applied(mail_domain_id=job.mail_domain_id)
    if upgrade is None or upgrade.status != Upgrade.Status.APPLYING:
        return None
    wanted = Entitlement.from_json(job.payload["entitlement"])
    return upgrade if wanted == upgrade_steps.wanted_by(upgrade) else None
