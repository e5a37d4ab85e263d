"""What a bulk action is about: the mailboxes chosen, and what would become of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from billing.models import Service
from clientarea.access import mailboxes_of
from clientarea.forms.lists import MailboxQuery, number_in
from clientarea.paging import SIZES
from clientarea.templatetags.mail import gigabytes
from provisioning.models import Mailbox, MailboxBatch
from provisioning.operations.batches import LARGEST
from provisioning.queries import mailbox_list

Action = MailboxBatch.Action
MOST_TICKED = SIZES[-1]
# What a page sends besides the choice itself: chosen anew when one goes back.
VALUES = ("account_type", "quota_gb", "typed", "csrfmiddlewaretoken")


@dataclass(frozen=True)
class Chosen:
    """
    Mailboxes ticked one by one, or all that `query` finds.

    Of more than 500 none is loaded. `expected` is how many the page has said there are.
    """

    mailboxes: list[Mailbox]
    total: int
    query: MailboxQuery | None = None
    expected: int | None = None

    @property
    def is_too_many(self) -> bool:
        """Tell whether it is more than one batch may change."""
        return self.total > LARGEST

    @property
    def has_changed(self) -> bool:
        """Tell whether the search finds another number of mailboxes than was shown."""
        return self.query is not None and self.expected != self.total


@dataclass(frozen=True)
class Change:
    """One mailbox, as it is and as it would be; `after` is empty until a value is chosen."""

    mailbox: Mailbox
    before: str
    after: str

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing would change."""
        return self.before == self.after


def read(service: Service, data: QueryDict) -> Chosen:
    """Return the mailboxes that a page names, of this service alone."""
    if "all" not in data:
        ids = [int(text) for text in data.getlist("selected") if text.isascii() and text.isdigit()]
        ticked = mailboxes_of(service, ids[:MOST_TICKED])
        return Chosen(mailboxes=ticked, total=len(ticked))
    query = MailboxQuery.read(data)
    found = mailbox_list(
        service.mail_domain,
        search=query.search,
        account_type=query.account_type,
        status=query.status,
    )
    total = found.count()
    return Chosen(
        mailboxes=list(found) if total <= LARGEST else [],
        total=total,
        query=query,
        expected=number_in(data.get("all", "")),
    )


def changes_of(
    mailboxes: list[Mailbox],
    action: str,
    *,
    account_type: int | None,
    quota_mb: int | None,
    until: datetime | None,
) -> list[Change]:
    """Return what would become of each; `until` is when deleted ones can be restored no more."""
    types = {str(value): str(label) for value, label in Mailbox.Type.choices}
    after_status = {
        Action.ENABLE: str(Mailbox.Status.ACTIVE.label),
        Action.DISABLE: str(Mailbox.Status.DISABLED.label),
        Action.DELETE: _("Recently deleted") if until else _("Deleted for good"),
    }

    def change(mailbox: Mailbox) -> Change:
        if action == Action.SET_TYPE:
            return Change(mailbox, mailbox.type_label, types.get(str(account_type), ""))
        if action == Action.SET_QUOTA:
            per_gb = mailbox.mail_domain.server.mb_per_gb
            after = "" if quota_mb is None else gigabytes(quota_mb, per_gb)
            return Change(mailbox, gigabytes(mailbox.quota_mb, per_gb), after)
        return Change(mailbox, str(mailbox.get_status_display()), after_status[Action(action)])

    return [change(mailbox) for mailbox in mailboxes]


def without_value(data: QueryDict) -> str:
    """Return the query string that leads back to choosing the value."""
    back = data.copy()
    for name in VALUES:
        back.pop(name, None)
    return back.urlencode()
