"""Published documents stay as they are: what would change one is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class PublishedDocumentChanged(RuntimeError):
    """Code was about to alter or delete what a client has been shown; a credit note corrects it."""


class WrittenOnceQuerySet(models.QuerySet[Row]):
    """Rows that are added and read, nothing else."""

    def update(self, **values: Any) -> int:
        """Refuse."""
        raise PublishedDocumentChanged(f"{self.model.__name__}: {', '.join(values)}")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise PublishedDocumentChanged(self.model.__name__)


def refuse_if(values: Iterable[str], frozen: frozenset[str], *, name: str) -> None:
    """
    Refuse to write any of the frozen fields.

    :raises PublishedDocumentChanged: naming them
    """
    touched = sorted(frozen.intersection(values))
    if touched:
        raise PublishedDocumentChanged(f"{name}: {', '.join(touched)}")
