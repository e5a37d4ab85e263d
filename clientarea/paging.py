"""One page of a long list, without loading the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

SIZES = (25, 50, 100)
NEIGHBORS = 1
GAP = 0


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The rows of one page and its place among all. Pages count from 1."""

    rows: list[Row]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are; an empty list has one."""
        return max(-(-self.total // self.size), 1)

    @property
    def first(self) -> int:
        """Return the place of the first row shown, 0 on an empty list."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Return the place of the last row shown."""
        return min(self.number * self.size, self.total)

    @property
    def previous(self) -> int | None:
        """Return the page before this one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def following(self) -> int | None:
        """Return the page after this one."""
        return self.number + 1 if self.number < self.pages else None

    @property
    def links(self) -> list[int]:
        """Return the page numbers worth a link: the ends and the neighbors; 0 marks a gap."""
        near = range(self.number - NEIGHBORS, self.number + NEIGHBORS + 1)
        shown = sorted({1, self.pages, *(n for n in near if 1 <= n <= self.pages)})
        links: list[int] = []
        for number in shown:
            if links and number > links[-1] + 1:
                links.append(GAP)
            links.append(number)
        return links


def page_of(rows: QuerySet[Row], *, number: int, size: int, total: int | None = None) -> Page[Row]:
    """Return the page asked for, or the last one; `total` saves the count where it is known."""
    count = rows.count() if total is None else total
    pages = max(-(-count // size), 1)
    number = min(max(number, 1), pages)
    start = (number - 1) * size
    return Page(rows=list(rows[start : start + size]), number=number, size=size, total=count)
