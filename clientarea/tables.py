"""Search, order and page of a list of addresses, and the columns that sort it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise

from clientarea.columns import Column
from clientarea.forms.lists import LONGEST_SEARCH, number_in
from clientarea.paging import SIZES


@dataclass(frozen=True)
class TableQuery:
    """What the address of a list page asks for; `sorts` are the columns, the usual one first."""

    sorts: tuple[str, ...]
    search: str = ""
    sort: str = ""
    size: int = SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: QueryDict, sorts: Mapping[str, object]) -> TableQuery:
        """Read the query string; nonsense in it means the default."""
        names = tuple(sorts)
        sort = query.get("sort", "")
        size = number_in(query.get("size", ""))
        return cls(
            sorts=names,
            search=query.get("search", "").strip()[:LONGEST_SEARCH],
            sort=sort if sort.removeprefix("-") in names else names[0],
            size=size if size in SIZES else SIZES[0],
            page=number_in(query.get("page", "")) or 1,
        )

    @property
    def is_filtered(self) -> bool:
        """Tell whether some rows may be left out."""
        return bool(self.search)

    @property
    def text(self) -> str:
        """Return the query string that leads back here, without what is default."""
        values = {
            "search": self.search,
            "sort": "" if self.sort == self.sorts[0] else self.sort,
            "size": "" if self.size == SIZES[0] else self.size,
            "page": "" if self.page == 1 else self.page,
        }
        return urlencode({key: value for key, value in values.items() if value != ""})

    def columns(self, labels: Mapping[str, Promise]) -> list[Column]:
        """Return the columns; the link of the one sorted by turns the order round."""
        columns = []
        for key, label in labels.items():
            direction = {key: "ascending", f"-{key}": "descending"}.get(self.sort, "")
            sort = f"-{key}" if direction == "ascending" else key
            link = replace(self, sort=sort, page=1).text
            columns.append(Column(key=key, label=label, direction=direction, link=f"?{link}"))
        return columns
