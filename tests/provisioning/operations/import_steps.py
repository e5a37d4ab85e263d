"""Steps of an import that its tests take again and again."""

from __future__ import annotations

from billing.models import Service
from clients.actors import Actor
from provisioning import tasks
from provisioning.models import MailboxImport
from provisioning.operations import imports

GOOD = "Secret-Word-1"


def read(service: Service, actor: Actor, *lines: str) -> MailboxImport:
    """Try a file of these lines dry."""
    return imports.read_import(
        mail_domain=service.mail_domain, content="\n".join(lines).encode(), actor=actor
    )


def run(work: MailboxImport, actor: Actor) -> MailboxImport:
    """Confirm an import and do what a worker does of it."""
    imports.start_import(mailbox_import=work, actor=actor)
    tasks.run_import(import_id=work.pk)
    work.refresh_from_db()
    return work


def told(work: MailboxImport) -> dict[int, tuple[str, str]]:
    """Return status and message of each line by its number."""
    return {row.number: (row.status, row.message) for row in work.rows.all()}


def statuses(work: MailboxImport) -> list[str]:
    """Return the status of each line."""
    return list(work.rows.values_list("status", flat=True))
