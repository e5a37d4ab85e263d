"""Give up a domain that was never sent to the vendor."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import MailDomain, ModuleJob


class UnableToWithdraw(OperationError):
    """The vendor may have the domain; only a termination would remove it."""


@transaction.atomic
def withdraw(*, mail_domain: MailDomain, actor: Actor) -> MailDomain:
    """
    Drop what waits to be done and free the name; the vendor is not asked, as it knows nothing.

    A domain that is gone already is returned as it is.

    :raises UnableToWithdraw: it was sent to the vendor, or is being sent right now
    """
    domain = MailDomain.objects.select_for_update().get(pk=mail_domain.pk)
    if domain.status == MailDomain.Status.TERMINATED:
        return domain
    hold_back(domain)
    domain.terminate(at=timezone.now())
    domain.save()
    activity.record(
        action="domain.withdrawn",
        subject=domain,
        name=domain.domain,
        client=domain.client,
        actor=actor,
        scope=domain,
    )
    return domain


def hold_back(domain: MailDomain) -> None:
    """
    Drop the jobs that wait for a locked domain which the vendor knows nothing of.

    :raises UnableToWithdraw: as in `withdraw`
    """
    jobs = list(domain.jobs.select_for_update())
    is_running = any(job.status == ModuleJob.Status.RUNNING for job in jobs)
    is_untouched = domain.status == MailDomain.Status.PENDING and domain.add_sent_at is None
    if is_running or not is_untouched:
        raise UnableToWithdraw(
            _("%(domain)s is at the mail server already, or on its way there.")
            % {"domain": domain.domain}
        )
    for job in jobs:
        if job.status in {ModuleJob.Status.QUEUED, ModuleJob.Status.FAILED}:
            job.cancel(at=timezone.now(), message="The order was withdrawn.")
            job.save()
