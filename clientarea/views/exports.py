"""The list of mailboxes as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.downloads import csv_file
from clientarea.forms.lists import MailboxQuery
from clientarea.http import ClientRequest
from clients.models import Permission
from provisioning.models import Feature, Mailbox
from provisioning.queries import mailbox_list

# The first four are read again by an import.
HEADINGS = ("type", "address", "quota", "name", "used GB", "status", "last login")
AT_ONCE = 500


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def mailboxes(request: ClientRequest, service: Service) -> StreamingHttpResponse:
    """Hand out all mailboxes that the list's search and filters leave, in its order."""
    query = MailboxQuery.read(request.GET)
    # Now, as the rows are made after the request, in nobody's language.
    statuses = {value: str(label) for value, label in Mailbox.Status.choices}
    return csv_file(f"{service.domain}-mailboxes.csv", _rows(service, query, statuses))


def _rows(
    service: Service, query: MailboxQuery, statuses: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    mail_domain = service.mail_domain
    mb_per_gb = mail_domain.server.mb_per_gb
    found = mailbox_list(
        mail_domain,
        search=query.search,
        account_type=query.account_type,
        status=query.status,
        sort=query.sort,
    )
    yield HEADINGS
    for mailbox in found.iterator(chunk_size=AT_ONCE):
        last_login = mailbox.last_login_at
        yield (
            mailbox.type_label,
            f"{mailbox.local_part}@{mail_domain.domain}",
            _gigabytes(mailbox.quota_mb, mb_per_gb),
            mailbox.display_name,
            _gigabytes(mailbox.usage_mb, mb_per_gb),
            statuses[mailbox.status],
            last_login.isoformat(timespec="seconds") if last_login else "",
        )


def _gigabytes(megabytes: int | None, mb_per_gb: int) -> str:
    if megabytes is None:
        return ""
    return f"{(Decimal(megabytes) / mb_per_gb).normalize():f}"
