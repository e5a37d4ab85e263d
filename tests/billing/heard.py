"""A listener: which events of billing were told, in their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

Event = TypeVar("Event")


@dataclass
class Heard:
    """What was told while a test ran."""

    all: list[object] = field(default_factory=list)

    def of(self, kind: type[Event]) -> list[Event]:
        """Return the events of one kind."""
        return [each for each in self.all if isinstance(each, kind)]
