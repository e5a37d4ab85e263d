"""Close a domain: look once more what is in it, then switch it off."""

from __future__ import annotations

from provisioning import module
from provisioning.models import ModuleJob
from provisioning.workers import mirror
from provisioning.workers.backoff import WORKER_LOST


def close(job: ModuleJob) -> module.Done:
    """
    Read the domain for the snapshot, and switch it off.

    A reading that fails stops nothing: what was known before is kept then, with its age. One that
    may have taken so long that its worker was lost is not tried again.

    :raises EmailArrayError: by cause, where switching off fails
    """
    if job.cause != WORKER_LOST:
        mirror.refresh(job.mail_domain_id)
    return module.close_account(job.mail_domain)
