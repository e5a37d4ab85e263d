"""A job's hand in one run: the clock it goes by, what it has done, and what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import connection, models

from billing.models import AutomationItem, BillingSettings
from clients.actors import Actor
from core.errors import OperationError

log = structlog.get_logger(__name__)

# Of ten thousand invoices a page shows the first; the count says how many there are.
MOST_LINKS = 100
# How often a job says that it is still at work; several times within a lease.
KEEP_SECONDS = 60
# How long a dry run keeps others from what it holds, besides the time of one item.
REHEARSED_SECONDS = 2
LONGEST_NAME = 200
LONGEST_MESSAGE = 500
ACTOR = Actor.system("cron")
Outcome = AutomationItem.Outcome


@dataclass(frozen=True)
class Link:
    """One thing that was dealt with, as its `AutomationItem` will show it."""

    subject_type: str
    subject_id: int
    name: str
    outcome: str
    message: str = ""


@dataclass
class Work:
    """
    What one job is given for one run.

    `now` is when the run began, `today` that moment's local date: a job asks no clock but these.
    `ends_at` is in the terms of `time.monotonic`; a job stops between two items when it has passed,
    and goes on in the next run. `keep_lease` tells the others that it is still at it. `settings`
    are those of the whole run. In a dry run all is done and then rolled back by the runner; now and
    then `take_back` does so between two items with what was done up to there.
    """

    now: datetime
    today: date
    ends_at: float
    keep_lease: Callable[[], None]
    settings: BillingSettings
    take_back: Callable[[], None] | None = None
    actor: Actor = ACTOR
    done: int = 0
    skipped: int = 0
    failed: int = 0
    is_cut_short: bool = False
    figures: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    _amounts: dict[str, Decimal] = field(default_factory=dict)
    _kept_at: float = field(default_factory=time.monotonic)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was found to do."""
        return not (self.done or self.skipped or self.failed or self.is_cut_short)

    def has_time(self) -> bool:
        """Tell whether another item may be begun; once it may not, the job counts as cut short."""
        at = time.monotonic()
        if at > self.ends_at:
            self.is_cut_short = True
        elif self.take_back is not None:
            if at - self._kept_at > REHEARSED_SECONDS:
                self.take_back()
                self._kept_at = time.monotonic()
        elif at - self._kept_at > KEEP_SECONDS:
            self._kept_at = at
            self.keep_lease()
        return not self.is_cut_short

    def count(self, number: int) -> None:
        """Count so many as done that were dealt with in one go."""
        self.done += number

    def add_amount(self, name: str, currency: str, amount: Decimal) -> None:
        """Add to a figure of money, kept apart for each currency."""
        key = f"{name} {currency}"
        self._amounts[key] = self._amounts.get(key, Decimal(0)) + amount
        self.figures[key] = f"{self._amounts[key]:f}"

    def link(self, subject: models.Model, outcome: str = Outcome.DONE, message: str = "") -> None:
        """Keep a link to a thing, unless there are enough of its outcome."""
        if sum(1 for each in self.links if each.outcome == outcome) >= MOST_LINKS:
            return
        self.links.append(
            Link(
                subject_type=subject._meta.label_lower,
                subject_id=subject.pk,
                name=str(subject)[:LONGEST_NAME],
                outcome=outcome,
                message=message[:LONGEST_MESSAGE],
            )
        )

    def each(
        self,
        ids: Iterable[int],
        act: Callable[[int], models.Model | None],
        *,
        model: type[models.Model],
    ) -> None:
        """
        Deal with each row by itself, for as long as there is time.

        `act` opens its own transaction and returns what it dealt with; None when somebody else had
        been quicker. What an operation refuses is skipped with its sentence, any other error is a
        failure; neither stops the rest.
        """
        for pk in ids:
            if not self.has_time():
                return
            try:
                subject = act(pk)
            except OperationError as refusal:
                self.skip(model, pk, refusal.user_message)
            except Exception as error:
                log.exception("an item of the automation failed", model=model.__name__, pk=pk)
                self.fail(model, pk, error)
            else:
                if subject is not None:
                    self.done += 1
                    self.link(subject)

    def skip(self, model: type[models.Model], pk: int, reason: str) -> None:
        """Count a row as left alone, and say why."""
        self.skipped += 1
        self._note(model, pk, Outcome.SKIPPED, reason)

    def fail(self, model: type[models.Model], pk: int, error: Exception) -> None:
        """Count a row as failed, and keep what went wrong."""
        self.failed += 1
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        self._note(model, pk, Outcome.FAILED, f"{type(error).__name__}: {error}")

    def _note(self, model: type[models.Model], pk: int, outcome: str, message: str) -> None:
        name = f"{model._meta.verbose_name} #{pk}"
        if sum(1 for each in self.links if each.outcome == outcome) < MOST_LINKS:
            self.links.append(
                Link(model._meta.label_lower, pk, name, outcome, message[:LONGEST_MESSAGE])
            )
