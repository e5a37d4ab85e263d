"""Clients are told in time that the mail of a closed service is going to be deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine

from billing.events import ClosingNoticeDue
from billing.models import Closing, Service
from billing.operations import closing_notices, termination
from provisioning.sandbox import Sandbox
from tests.billing.closing_steps import ACTOR, NOW, TODAY, close, paid_service
from tests.billing.heard import Heard

pytestmark = pytest.mark.django_db
Run = Callable[[], None]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return paid_service(vendor=vendor)


def tell(closing: Closing, day: date) -> list[int]:
    """Send what is due on a day; return the notices told, by their days."""
    due = closing_notices.closing_notices_due(today=day)
    sent = [
        closing_notices.send_closing_notice(closing=each, today=day, actor=ACTOR)
        for each in Closing.objects.filter(pk__in=due)
    ]
    return [each.last_notice_days or 0 for each in sent if each is not None and each == closing]


def told_over(closing: Closing, days: list[int]) -> dict[int, int]:
    """Return which notice is sent how many days after the closing."""
    found = {day: tell(closing, TODAY + timedelta(days=day)) for day in days}
    return {day: told[0] for day, told in found.items() if told}


def test_notices_go_out_fourteen_seven_and_one_day_before(
    service: Service, run_jobs: Run, heard: Heard
) -> None:
    closing = close(service)
    run_jobs()

    told = told_over(closing, list(range(31)))

    assert told == {16: 14, 23: 7, 29: 1}
    assert [event.days for event in heard.of(ClosingNoticeDue)] == [14, 7, 1]


def test_after_a_gap_only_the_latest_notice_goes_out(service: Service, run_jobs: Run) -> None:
    closing = close(service)
    run_jobs()

    assert told_over(closing, [0, 25, 26, 40, 41]) == {25: 7, 40: 1}


def test_a_short_hold_has_no_notice_that_comes_before_it(service: Service, run_jobs: Run) -> None:
    closing = close(service, hold_days=5)
    run_jobs()

    assert told_over(closing, list(range(6))) == {4: 1}


def test_nothing_is_told_of_what_was_restored(service: Service, run_jobs: Run) -> None:
    closing = close(service)
    run_jobs()
    termination.restore_service(service=service, actor=ACTOR, on=TODAY)

    assert told_over(closing, [20, 30]) == {}
