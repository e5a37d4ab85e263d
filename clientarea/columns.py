"""The columns of the Accounts table and the links that sort by them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clientarea.forms.lists import MailboxQuery


@dataclass(frozen=True)
class Column:
    """One sortable column. `direction` is `ascending`, `descending` or nothing."""

    key: str
    label: Promise
    direction: str
    link: str


LABELS = {
    "address": _("Address"),
    "type": _("Type"),
    "usage": _("Storage"),
    "status": _("Status"),
    "last_login": _("Last login"),
}


def columns_of(query: MailboxQuery) -> list[Column]:
    """Return the columns; a column's link turns its order round where it is sorted by already."""
    columns = []
    for key, label in LABELS.items():
        direction = {key: "ascending", f"-{key}": "descending"}.get(query.sort, "")
        sort = f"-{key}" if direction == "ascending" else key
        link = replace(query, sort=sort, page=1).text
        columns.append(Column(key=key, label=label, direction=direction, link=f"?{link}"))
    return columns
