"""What the address of a list page asks for; nonsense in it means the default."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from billing.models import Service
from clientarea.paging import SIZES
from provisioning.models import Mailbox
from provisioning.queries import SORTS

LONGEST_SEARCH = 200
LONGEST_NUMBER = 16


@dataclass(frozen=True)
class MailboxQuery:
    """Search, filters, order and page of the Accounts page."""

    search: str = ""
    account_type: int | None = None
    status: str = ""
    sort: str = "address"
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> MailboxQuery:
        """Read the query string."""
        sort = query.get("sort", "")
        status = query.get("status", "")
        return cls(
            search=query.get("search", "").strip()[:LONGEST_SEARCH],
            account_type=number_in(query.get("type", "")),
            status=status if status in Mailbox.Status.values else "",
            sort=sort if sort.removeprefix("-") in SORTS else "address",
            size=_size(query),
            page=number_in(query.get("page", "")) or 1,
        )

    @property
    def is_filtered(self) -> bool:
        """Tell whether some mailboxes may be left out."""
        return bool(self.search or self.status or self.account_type is not None)

    @property
    def text(self) -> str:
        """Return the query string that leads back here, without what is default."""
        values = {
            "search": self.search,
            "type": "" if self.account_type is None else self.account_type,
            "status": self.status,
            "sort": "" if self.sort == "address" else self.sort,
            "size": "" if self.size == SIZES[0] else self.size,
            "page": "" if self.page == 1 else self.page,
        }
        return urlencode({key: value for key, value in values.items() if value != ""})


@dataclass(frozen=True)
class ServiceQuery:
    """Search, status and page of My Services."""

    search: str = ""
    status: str = ""
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> ServiceQuery:
        """Read the query string."""
        status = query.get("status", "")
        return cls(
            search=query.get("search", "").strip()[:LONGEST_SEARCH],
            status=status if status in Service.Status.values else "",
            size=_size(query),
            page=number_in(query.get("page", "")) or 1,
        )


@dataclass(frozen=True)
class EmailQuery:
    """Search and page of the email history."""

    search: str = ""
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict) -> EmailQuery:
        """Read the query string."""
        return cls(
            search=query.get("search", "").strip()[:LONGEST_SEARCH],
            size=_size(query),
            page=number_in(query.get("page", "")) or 1,
        )


class OrderQuery(EmailQuery):
    """Search and page of the orders."""


def _size(query: QueryDict) -> int:
    size = number_in(query.get("size", ""))
    return size if size in SIZES else SIZES[0]


def number_in(text: str) -> int | None:
    """Return a small whole number, or nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None
