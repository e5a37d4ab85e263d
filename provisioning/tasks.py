"""Celery's doors: each takes an id and makes one call. The rows in the database are the work."""

from __future__ import annotations

from typing import Any

import structlog
from celery import Task, shared_task
from django.utils import timezone

from clients.actors import Actor
from core.errors import OperationError
from core.wake import wake as wake
from provisioning.emailarray import EmailArrayError
from provisioning.models import MailDomain, ModuleJob
from provisioning.workers import (
    batches,
    dns_reading,
    domain_settings,
    imports,
    kinds,
    lists,
    mirror,
    removal,
    runner,
    settlement,
    sweep,
    verification,
)
from provisioning.workers.verification import Verdict

log = structlog.get_logger(__name__)
POLL = Actor.system("verification poll")


def wake_job(job: ModuleJob) -> None:
    """Wake a worker for a job, under the name of what it does."""
    wake(JOB_TASKS[job.action], job_id=job.pk)


def _run_job(job_id: int) -> None:
    following = runner.run(job_id)
    if following is not None:
        wake_job(ModuleJob.objects.get(pk=following))


# `**_later` lets an old worker take a message from newer code.


@shared_task(name="provisioning.create_account")
def create_account(*, job_id: int, **_later: object) -> None:
    """Add a domain at the vendor."""
    _run_job(job_id)
    job = ModuleJob.objects.get(pk=job_id)
    if job.status == ModuleJob.Status.SUCCEEDED:
        wake(refresh_domain, mail_domain_id=job.mail_domain_id)


@shared_task(name="provisioning.change_package")
def change_package(*, job_id: int, **_later: object) -> None:
    """Give a domain a new entitlement."""
    _run_job(job_id)


@shared_task(name="provisioning.suspend_account")
def suspend_account(*, job_id: int, **_later: object) -> None:
    """Switch a domain off."""
    _run_job(job_id)


@shared_task(name="provisioning.unsuspend_account")
def unsuspend_account(*, job_id: int, **_later: object) -> None:
    """Switch a domain on."""
    _run_job(job_id)


@shared_task(name="provisioning.close_account")
def close_account(*, job_id: int, **_later: object) -> None:
    """Switch a domain off before its removal."""
    _run_job(job_id)


@shared_task(name="provisioning.restore_account")
def restore_account(*, job_id: int, **_later: object) -> None:
    """Switch a closed domain on again, and look what is in it."""
    _run_job(job_id)
    job = ModuleJob.objects.get(pk=job_id)
    if job.status == ModuleJob.Status.SUCCEEDED:
        wake(refresh_domain, mail_domain_id=job.mail_domain_id)


@shared_task(name="provisioning.terminate_account")
def terminate_account(*, job_id: int, **_later: object) -> None:
    """Remove a domain from the vendor."""
    _run_job(job_id)


JOB_TASKS: dict[str, Task[Any, Any]] = {
    ModuleJob.Action.CREATE: create_account,
    ModuleJob.Action.CHANGE_PACKAGE: change_package,
    ModuleJob.Action.SUSPEND: suspend_account,
    ModuleJob.Action.UNSUSPEND: unsuspend_account,
    ModuleJob.Action.CLOSE: close_account,
    ModuleJob.Action.RESTORE: restore_account,
    ModuleJob.Action.TERMINATE: terminate_account,
}


@shared_task(name="provisioning.verify_domain")
def verify_domain(*, mail_domain_id: int, **_later: object) -> None:
    """Ask whether a domain is verified; add it again where the vendor has dropped it."""
    verification.postpone(mail_domain_id, now=timezone.now())
    domain = MailDomain.objects.select_related("server").get(pk=mail_domain_id)
    try:
        outcome = verification.check(domain, actor=POLL, is_asked_for=False)
    except EmailArrayError as error:
        log.info("verification not answered", domain=domain.domain, cause=error.cause)
        return
    if outcome.job is not None:
        wake_job(outcome.job)
    elif outcome.verdict is Verdict.VERIFIED:
        wake(refresh_domain, mail_domain_id=mail_domain_id)


@shared_task(name="provisioning.settle_mailbox")
def settle_mailbox(*, mailbox_id: int, **_later: object) -> None:
    """Ask what became of a write to a mailbox."""
    try:
        settlement.settle(mailbox_id, now=timezone.now())
    except EmailArrayError as error:
        log.info("mailbox not settled yet", mailbox=mailbox_id, cause=error.cause)


@shared_task(name="provisioning.purge_mailbox")
def purge_mailbox(*, mailbox_id: int, **_later: object) -> None:
    """Remove a mailbox whose time in the trash is over."""
    removal.purge(mailbox_id, now=timezone.now())


@shared_task(name="provisioning.settle_element")
def settle_element(*, noun: str, element_id: int, **_later: object) -> None:
    """Ask what became of a write to an alias, a forward, a list and the like."""
    try:
        kinds.settle(noun, element_id, now=timezone.now())
    except EmailArrayError as error:
        log.info("element not settled yet", noun=noun, element=element_id, cause=error.cause)
    except OperationError as error:
        # What had to follow was refused; the row that is still there shows it.
        log.info("element not followed up", noun=noun, element=element_id, code=error.code)


@shared_task(name="provisioning.settle_setting")
def settle_setting(*, kind: str, row_id: int, **_later: object) -> None:
    """Ask what became of a change to DKIM, branding and the like."""
    try:
        domain_settings.settle(kind, row_id, now=timezone.now())
    except EmailArrayError as error:
        log.info("setting not settled yet", kind=kind, row=row_id, cause=error.cause)


@shared_task(name="provisioning.read_dns")
def read_dns(*, mail_domain_id: int, **_later: object) -> None:
    """Read what DNS says about a domain."""
    dns_reading.read(mail_domain_id)


@shared_task(name="provisioning.change_list")
def change_list(*, list_id: int, **_later: object) -> None:
    """Make the changes that wait on a distribution list."""
    lists.run(list_id)


@shared_task(name="provisioning.run_batch")
def run_batch(*, batch_id: int, **_later: object) -> None:
    """Work through a batch of mailbox changes for a while, and ask for the next turn."""
    if batches.run(batch_id):
        wake(run_batch, batch_id=batch_id)


@shared_task(name="provisioning.run_import")
def run_import(*, import_id: int, **_later: object) -> None:
    """Work through an import for a while, and ask for the next turn."""
    if imports.run(import_id):
        wake(run_import, import_id=import_id)


@shared_task(name="provisioning.refresh_domain")
def refresh_domain(*, mail_domain_id: int, **_later: object) -> None:
    """Read one domain at the vendor."""
    mirror.refresh(mail_domain_id)


@shared_task(name="provisioning.refresh_servers")
def refresh_servers(**_later: object) -> None:
    """Read every domain whose mirror is old, one message each."""
    for mail_domain_id in sweep.stale_domains(now=timezone.now()):
        wake(refresh_domain, mail_domain_id=mail_domain_id)


@shared_task(name="provisioning.sweep")
def sweep_up(**_later: object) -> None:
    """Wake workers for all that is due and that nobody is doing."""
    work = sweep.find_work(now=timezone.now())
    for job_id, action in work.jobs:
        wake(JOB_TASKS[action], job_id=job_id)
    for noun, element_id in work.elements:
        wake(settle_element, noun=noun, element_id=element_id)
    for kind, row_id in work.settings:
        wake(settle_setting, kind=kind, row_id=row_id)
    for task, name, ids in (
        (verify_domain, "mail_domain_id", work.verifications),
        (settle_mailbox, "mailbox_id", work.mailboxes),
        (read_dns, "mail_domain_id", work.dns_readings),
        (change_list, "list_id", work.lists),
        (run_batch, "batch_id", work.batches),
        (run_import, "import_id", work.imports),
        (purge_mailbox, "mailbox_id", work.purges),
    ):
        for each in ids:
            wake(task, **{name: each})


@shared_task(name="provisioning.prune_module_log")
def prune_module_log(**_later: object) -> None:
    """Delete old module log entries."""
    log.info("module log pruned", deleted=sweep.prune_module_log(now=timezone.now()))
