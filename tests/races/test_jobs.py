"""Workers, sweeps and requests that want the same job at once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from provisioning import tasks
from provisioning.models import MailDomain, ModuleJob
from provisioning.operations import lifecycle
from provisioning.sandbox import Sandbox
from provisioning.workers import runner
from tests import makers
from tests.races.together import Meeting, together
from tests.races.unguarded import without_guarded_claim, without_locks

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket]
Action = ModuleJob.Action
Status = ModuleJob.Status


@pytest.fixture
def claiming(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both workers wait for each other when they have seen that a job is free."""
    meeting = Meeting()
    start = ModuleJob.start

    def start_and_wait(job: ModuleJob, **details: Any) -> None:
        start(job, **details)
        meeting()

    monkeypatch.setattr(ModuleJob, "start", start_and_wait)
    return meeting


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the module's Suspend has been run, by domain."""
    counter: Counter[str] = Counter()
    suspend = runner.FUNCTIONS[Action.SUSPEND]

    def count(job: ModuleJob) -> object:
        counter[job.mail_domain.domain] += 1
        return suspend(job)

    monkeypatch.setitem(runner.FUNCTIONS, Action.SUSPEND, count)
    return counter


@pytest.fixture
def service(world: Sandbox) -> Service:
    return makers.make_service(vendor=world)


@pytest.mark.usefixtures("claiming")
def test_of_two_workers_one_runs_the_job(
    service: Service, world: Sandbox, runs: Counter[str]
) -> None:
    job = makers.make_job(service, Action.SUSPEND)

    results = together(*[partial(runner.run, job.pk)] * 2)

    job.refresh_from_db()
    assert results == [None, None]
    assert runs == {service.domain: 1}
    assert len(world.calls("updateDomain")) == 1
    assert (job.status, job.attempts) == (Status.SUCCEEDED, 1)


def test_control_without_the_guarded_claim_both_workers_run_the_job(
    service: Service,
    claiming: Meeting,
    runs: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_guarded_claim(monkeypatch, runner, "_claim")
    job = makers.make_job(service, Action.SUSPEND)

    together(*[partial(runner.run, job.pk)] * 2)

    assert claiming.has_happened
    assert runs == {service.domain: 2}


@pytest.fixture
def waiting(world: Sandbox) -> list[ModuleJob]:
    """Jobs of five domains; the last one's worker has not come back."""
    jobs = [makers.make_job(makers.make_service(vendor=world), Action.SUSPEND) for _ in range(5)]
    lost = jobs[-1]
    now = timezone.now()
    lost.start(claim=makers.make_claim(), at=now, lease_until=now - timedelta(seconds=1))
    lost.save()
    return jobs


@pytest.mark.usefixtures("at_once", "claiming")
def test_two_sweeps_at_once_run_each_job_once(waiting: list[ModuleJob], runs: Counter[str]) -> None:
    results = together(tasks.sweep_up, tasks.sweep_up)

    lost = waiting[-1]
    lost.refresh_from_db()
    assert results == [None, None]
    assert set(runs.values()) == {1}
    assert len(runs) == 5
    assert ModuleJob.objects.filter(status=Status.SUCCEEDED).count() == 5
    assert lost.attempts == 2


@pytest.mark.usefixtures("waiting", "at_once")
def test_control_without_the_guarded_claim_two_sweeps_run_a_job_twice(
    claiming: Meeting,
    runs: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_guarded_claim(monkeypatch, runner, "_claim")

    together(tasks.sweep_up, tasks.sweep_up)

    assert claiming.has_happened
    assert max(runs.values()) == 2


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both requests wait for each other when they have seen that no such job is open."""
    meeting = Meeting()
    create = ModuleJob.objects.create

    def wait_and_create(**fields: Any) -> ModuleJob:
        meeting()
        return create(**fields)

    monkeypatch.setattr(ModuleJob.objects, "create", wait_and_create)
    return meeting


def ask(service: Service, actor: Actor) -> ModuleJob:
    mail_domain = MailDomain.objects.get(pk=service.mail_domain.pk)
    return lifecycle.request_suspension(
        mail_domain=mail_domain, reason="Overdue on Payment", actor=actor
    )


@pytest.mark.usefixtures("nobody_works")
def test_two_requests_at_once_make_one_job(
    service: Service, actor: Actor, checked: Meeting
) -> None:
    first, second = together(*[partial(ask, service, actor)] * 2)

    assert first == second
    assert ModuleJob.objects.get() == first
    assert not checked.has_happened


@pytest.mark.usefixtures("nobody_works")
def test_control_without_the_lock_the_second_request_fails(
    service: Service,
    actor: Actor,
    checked: Meeting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch, lifecycle, "_request")

    results = together(*[partial(ask, service, actor)] * 2)

    assert checked.has_happened
    failed = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in failed] == [IntegrityError]
    # The database's own rule holds even then.
    assert ModuleJob.objects.count() == 1
