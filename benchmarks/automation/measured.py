"""What a measurement gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One timed piece of work: `rows` were made of `size` services; `megabytes` is the peak."""

    work: str
    size: int
    rows: int
    seconds: float
    queries: int
    megabytes: float
