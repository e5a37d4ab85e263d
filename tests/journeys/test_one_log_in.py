"""Processes that need the vendor's token at once share one, through the cache."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack

import pytest

from tests.journeys.house import House
from tests.journeys.one_caller import THREADS

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket]
PROCESSES = 3
PATIENCE_SECONDS = 60


def answer_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line.strip()


def call_at_once(home: House, guard: str) -> list[str]:
    server = home.make_server()
    with ExitStack() as stack:
        processes = [
            stack.enter_context(home.python("tests.journeys.one_caller", str(server.pk), guard))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            stack.callback(process.kill)
        assert [answer_of(process) for process in processes] == ["ready"] * PROCESSES
        outputs = [process.stdin for process in processes if process.stdin is not None]
        for output in outputs:
            output.write("go\n")
            output.flush()
        answers = [answer_of(process) for process in processes]
        for process in processes:
            process.wait(PATIENCE_SECONDS)
    return answers


@pytest.fixture
def home(home: House) -> House:
    """With the cache's server, and a vendor that takes its time to log somebody in."""
    home.start_broker()
    home.start_vendor()
    home.control("faults", {"action": "login", "kind": "slow", "count": 0, "seconds": 0.5})
    return home


def test_processes_that_need_a_token_at_once_log_in_once(home: House) -> None:
    answers = call_at_once(home, "locked")

    assert answers == [str(THREADS)] * PROCESSES
    assert home.done_by_vendor("getAllDomains") == THREADS * PROCESSES
    assert home.done_by_vendor("login") == 1


def test_control_without_the_lock_they_log_in_many_times(home: House) -> None:
    answers = call_at_once(home, "unlocked")

    assert answers == [str(THREADS)] * PROCESSES
    assert home.done_by_vendor("login") > 1
