"""The runner: order, leases, failures, time, gaps, and what is kept of a run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from billing import tasks
from billing.automation import leases
from billing.automation.work import Work
from billing.models import (
    AutomationItem,
    AutomationJob,
    AutomationJobRun,
    AutomationRun,
)
from clients.models import Client
from core.errors import OperationError
from tests.billing.automation.days import START, cron, has_run_daily, on
from tests.billing.automation.little_jobs import Put, failing, job, noting
from tests.makers import make_client

pytestmark = pytest.mark.django_db
TOMORROW = START + timedelta(days=1)


def test_jobs_run_in_their_order_and_a_daily_one_once_a_day(put: Put, ran: list[str]) -> None:
    put(noting(ran, "first"), noting(ran, "always", is_daily=False), noting(ran, "last"))

    cron(START)
    cron(START, hour=12)
    cron(TOMORROW, hour=0)

    assert ran == ["first", "always", "last", "always", "first", "always", "last"]


def test_a_job_that_fails_stops_no_other_and_is_tried_again_by_the_next_run(
    put: Put, ran: list[str]
) -> None:
    put(failing("broken"), noting(ran, "after"))

    with pytest.raises(CommandError, match="tried again"):
        cron(START)
    put(noting(ran, "broken"), noting(ran, "after"))
    cron(START, hour=10)

    assert ran == ["after", "broken"]
    first, second = AutomationJobRun.objects.filter(job="broken")
    assert (first.status, first.error) == ("failed", "RuntimeError: the disk is full")
    assert second.status == "done"


def test_a_day_begins_at_local_midnight_and_its_work_at_the_hour_that_is_set(
    put: Put, ran: list[str], settings: Settings
) -> None:
    settings.TIME_ZONE = "America/New_York"
    settings.CRON_HOUR = 6
    put(noting(ran, "daily"))

    cron(START, hour=10)  # five in the morning there
    assert ran == []
    cron(START, hour=11)
    cron(TOMORROW, hour=3)  # still the same evening there

    assert ran == ["daily"]
    assert AutomationJob.objects.get().last_done_date == START


def test_a_job_somebody_else_holds_is_left_to_them(put: Put, ran: list[str]) -> None:
    held, free = noting(ran, "held"), noting(ran, "free")
    put(held, free)
    with on(START, 8, 58):
        leases.state_of([held])
        lease = leases.take(held, now=timezone.now(), today=START)

    cron(START)

    assert lease is not None
    assert ran == ["free"]
    assert AutomationJob.objects.get(name="held").lease_id == lease


def test_a_job_of_a_run_that_was_killed_is_taken_over(put: Put, ran: list[str]) -> None:
    lost = noting(ran, "lost")
    put(lost)
    with on(START, 8, 50):
        leases.state_of([lost])
        leases.take(lost, now=timezone.now(), today=START)
        killed = AutomationRun.objects.create(
            trigger="cron", run_date=START, started_at=timezone.now(), actor_name="cron"
        )
        row = AutomationJobRun.objects.create(run=killed, job="lost", started_at=timezone.now())

    cron(START)

    row.refresh_from_db()
    assert ran == ["lost"]
    assert (row.status, row.error) == ("failed", "The run that had begun this did not come back.")


def test_who_lost_the_lease_does_not_give_back_the_one_of_another(put: Put) -> None:
    slow = noting([], "slow")
    put(slow)
    with on(START, 8):
        row = leases.state_of([slow])["slow"]
        late = leases.take(slow, now=timezone.now(), today=START)
    with on(START, 9):
        current = leases.take(slow, now=timezone.now(), today=START)

    assert late is not None
    leases.finish(slow, late, row=row, now=timezone.now(), today=START)
    leases.give_back(slow, late)

    row = AutomationJob.objects.get()
    assert row.lease_id == current
    assert row.last_done_date is None


def test_a_long_job_keeps_its_lease(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    until: list[datetime | None] = []

    def look(work: Work) -> None:
        until.append(AutomationJob.objects.get().lease_until)
        monkeypatch.setattr("billing.automation.work.KEEP_SECONDS", -1)
        work.has_time()
        until.append(AutomationJob.objects.get().lease_until)

    put(job("long", look))

    cron(START)

    before, after = until
    assert before is not None
    assert after is not None
    assert after >= before
    assert AutomationJob.objects.get().lease_until is None


def test_a_paused_job_does_not_run_until_it_goes_on(put: Put, ran: list[str]) -> None:
    put(noting(ran, "paused"), noting(ran, "other"))
    AutomationJob.objects.create(name="paused", is_paused=True)

    cron(START)
    while_paused = list(ran)
    AutomationJob.objects.update(is_paused=False)
    cron(START, hour=10)

    assert while_paused == ["other"]
    assert ran == ["other", "paused"]


def test_a_job_that_is_out_of_time_goes_on_in_the_next_run(put: Put) -> None:
    clients = [make_client().pk for _ in range(3)]
    seen: list[int] = []

    def act(pk: int) -> Client:
        seen.append(pk)
        return Client.objects.get(pk=pk)

    def some(work: Work) -> None:
        left = [pk for pk in clients if pk not in seen]
        if not seen:
            left = left[:1]
            work.each(left, act, model=Client)
            work.ends_at = -1
        work.each([pk for pk in clients if pk not in seen], act, model=Client)

    put(job("slow", some))

    first = cron(START)
    second = cron(START, hour=10)

    assert "Goes on next time" in first
    assert seen == clients
    assert "Done                    2" in second


def test_beat_begins_no_job_after_its_time(
    put: Put, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(noting(ran, "first"))
    monkeypatch.setattr(tasks, "SECONDS", -1)

    tasks.cron()

    assert ran == []
    assert AutomationRun.objects.get().trigger == "beat"
    assert AutomationRun.objects.get().finished_at is not None


def test_an_item_that_fails_stops_no_other_and_each_says_what_became_of_it(put: Put) -> None:
    good, refused, broken = (make_client(name=name) for name in ("Good", "Refused", "Broken"))

    def act(pk: int) -> Client | None:
        if pk == refused.pk:
            raise OperationError("Not today.")
        if pk == broken.pk:
            raise ZeroDivisionError("no share")
        return Client.objects.get(pk=pk)

    put(job("mixed", lambda work: work.each([broken.pk, refused.pk, good.pk], act, model=Client)))

    printed = cron(START)

    row = AutomationJobRun.objects.get()
    assert (row.status, row.done, row.skipped, row.failed) == ("done", 1, 1, 1)
    items = {item.subject_id: (item.outcome, item.message) for item in AutomationItem.objects.all()}
    assert items == {
        good.pk: ("done", ""),
        refused.pk: ("skipped", "Not today."),
        broken.pk: ("failed", "ZeroDivisionError: no share"),
    }
    assert "no share" in printed


def test_links_to_items_are_capped_while_the_count_is_not(put: Put) -> None:
    client = make_client()

    def many(work: Work) -> None:
        for _ in range(150):
            work.link(client)
        work.count(150)

    put(job("many", many))

    cron(START)

    assert AutomationJobRun.objects.get().done == 150
    assert AutomationItem.objects.count() == 100


def test_a_run_with_nothing_to_do_leaves_one_row(put: Put, ran: list[str]) -> None:
    put(noting(ran, "always", is_daily=False))

    cron(START)
    cron(START, hour=10)

    assert AutomationRun.objects.count() == 2
    assert AutomationJobRun.objects.count() == 0


def test_a_second_run_of_the_day_costs_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    has_run_daily(START - timedelta(days=1))
    cron(START)

    with django_assert_max_num_queries(20):
        cron(START, hour=10)


def test_one_job_can_be_run_by_its_name_again_on_the_same_day(put: Put, ran: list[str]) -> None:
    put(noting(ran, "first"), noting(ran, "second"))
    cron(START)

    cron(START, "--job", "second")

    assert ran == ["first", "second", "second"]


def test_a_job_nobody_knows_is_refused(put: Put, ran: list[str]) -> None:
    put(noting(ran, "first"))

    with pytest.raises(CommandError, match="no job called secnod"):
        cron(START, "--job", "first", "--job", "secnod")

    assert ran == []
    assert not AutomationRun.objects.exists()


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(put: Put, ran: list[str]) -> None:
    client = make_client(name="Before")

    def rename(work: Work) -> None:
        Client.objects.update(name="After")
        work.count(1)

    put(job("rename", rename), noting(ran, "seen"))

    printed = cron(START, "--dry-run")

    client.refresh_from_db()
    assert "nothing was" in printed
    assert "rename  Done                    1" in printed
    assert ran == ["seen"]
    assert client.name == "Before"
    assert not AutomationRun.objects.exists()
    assert not AutomationJob.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "seen"), [(60, [["Before"], ["After"]]), (-1, [["Before"], ["Before"]])]
)
def test_a_long_dry_run_lets_go_of_what_it_holds_between_two_items(
    put: Put, monkeypatch: pytest.MonkeyPatch, seconds: int, seen: list[list[str]]
) -> None:
    monkeypatch.setattr("billing.automation.work.REHEARSED_SECONDS", seconds)
    client = make_client(name="Before")
    names: list[list[str]] = []

    def rename(_pk: int) -> Client:
        names.append(list(Client.objects.values_list("name", flat=True)))
        Client.objects.update(name="After")
        return client

    put(job("rename", lambda work: work.each([client.pk, client.pk], rename, model=Client)))

    printed = cron(START, "--dry-run")

    client.refresh_from_db()
    assert names == seen
    assert "rename  Done                    2" in printed
    assert client.name == "Before"


def test_after_a_gap_what_hurts_waits_for_a_full_day(put: Put, ran: list[str]) -> None:
    put(noting(ran, "create_invoices"), noting(ran, "suspend", waits_after_gap=True))
    has_run_daily(START - timedelta(days=5))

    first = cron(START, hour=23)
    cron(TOMORROW, hour=0)
    before_a_full_day = list(ran)
    cron(TOMORROW, hour=20)

    assert "Waits after a gap" in first
    assert before_a_full_day == ["create_invoices", "create_invoices"]
    assert ran == ["create_invoices", "create_invoices", "suspend"]


def test_a_cron_once_a_day_that_is_never_on_the_minute_is_no_gap(put: Put, ran: list[str]) -> None:
    put(noting(ran, "create_invoices"), noting(ran, "suspend", waits_after_gap=True))

    cron(START, hour=9, minute=5)
    cron(TOMORROW, hour=9, minute=2)

    assert ran == ["create_invoices", "create_invoices", "suspend"]


def test_nothing_that_hurts_goes_on_while_invoices_fail(put: Put, ran: list[str]) -> None:
    has_run_daily(START - timedelta(days=2))
    put(failing("create_invoices"), noting(ran, "suspend", waits_after_gap=True))

    with pytest.raises(CommandError):
        cron(START)

    assert ran == []
