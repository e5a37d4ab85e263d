"""Reactions to what becomes of a change: the module's answers, and an invoice taken back."""

from __future__ import annotations

from django.utils import timezone

from billing.events import InvoiceCancelled
from billing.operations import mailbox_types, profiles, upgrade_steps
from clients.actors import Actor
from core.events import reacts_to
from provisioning.events import (
    JobFailed,
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
    """The module has given up: staff decide whether to try again or to give the money back."""
    job = ModuleJob.objects.get(pk=event.job_id)
    if job.action != ModuleJob.Action.CHANGE_PACKAGE:
        return
    upgrade = upgrade_steps.being_applied(mail_domain_id=job.mail_domain_id)
    if upgrade is None or upgrade.status != upgrade.Status.APPLYING:
        return
    if Entitlement.from_json(job.payload["entitlement"]) == upgrade_steps.wanted_by(upgrade):
        upgrade_steps.fail(upgrade=upgrade, error=job.message)


@reacts_to(MailboxSettling)
def lock_the_money_of_a_type(event: MailboxSettling) -> None:
    """What a mailbox's new type costs is locked before the mailbox."""
    mailbox_types.lock_for(mailbox_id=event.mailbox_id)


@reacts_to(MailboxSettled)
def charge_what_is_in_effect(event: MailboxSettled) -> None:
    """A type is charged once the vendor has confirmed it, and only then."""
    mailbox_types.settle(mailbox_id=event.mailbox_id, at=timezone.now(), on=timezone.localdate())


@reacts_to(InvoiceCancelled)
def cancel_the_change(event: InvoiceCancelled) -> None:
    """What is not charged any more is not made either."""
    upgrade_steps.invoice_is_gone(invoice_id=event.invoice_id, actor=ACTOR)
