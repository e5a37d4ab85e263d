"""`python -m tests.run [unit]`: the stages of the test suite, each against what it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import machine, servers

ROOT = Path(__file__).resolve().parent.parent
LAST_LINE = re.compile(r"\b\d+ (passed|failed|errors?|deselected)\b.* in [\d.]+s|no tests ran in")
URLS = ("DATABASE_URL", "REDIS_URL")
APART = ("tests/journeys", "tests/browser")
# Over a wire, with threads at once, by processes of our own, through months of a calendar, or with
# what a machine may lack.
WIRE = (
    "tests/contract",
    "tests/provisioning/emailarray",
    "tests/provisioning/sandbox",
    "tests/races",
    "tests/polarismail",
    "tests/billing/automation/test_determinism.py",
    "tests/billing/test_printing.py",
)
# Whoever is through takes over from the other one.
TOGETHER = ("-n", "2", "--dist", "worksteal", "-m", "not live")


@dataclass(frozen=True)
class Result:
    """How a stage went; `summary` is pytest's own last line."""

    stage: str
    code: int
    seconds: float
    summary: str


def say(text: str) -> None:
    """Tell the person at the terminal, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def pytest(stage: str, *arguments: str, given: Mapping[str, str]) -> Result:
    """Run pytest with the servers that are `given`, if any, and show what it says."""
    say(f"\n{stage}\n")
    began = time.monotonic()
    summary = ""
    inherited = {key: value for key, value in os.environ.items() if key not in URLS}
    # What one stage has compiled, the next one reads, and every process that the journeys start.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    # Celery's module, imported for the servers, has chosen the settings of development.
    inherited["DJANGO_SETTINGS_MODULE"] = "polarismail.settings.test"
    with subprocess.Popen(
        (sys.executable, "-m", "pytest", *arguments),
        cwd=ROOT,
        env={**inherited, **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            say(line.rstrip("\n"))
            if LAST_LINE.search(line):
                summary = line.strip()
    return Result(stage, process.returncode, time.monotonic() - began, summary)


def unit() -> Result:
    """Run what needs nothing but Python."""
    return pytest("Unit tests on SQLite", *TOGETHER, *_without(*WIRE, *APART), given={})


def run() -> list[Result]:
    """
    Run all stages.

    :raises MachineLacks: where something is missing that cannot be installed
    """
    machine.provide()
    results = [
        unit(),
        pytest("Wires, races, processes and calendars on SQLite", *TOGETHER, *WIRE, given={}),
    ]
    with servers.postgres() as database_url, servers.broker() as redis_url:
        real = dict(zip(URLS, (database_url, redis_url), strict=True))
        results += [
            pytest(
                "Database and queue tests on PostgreSQL and a Redis-protocol server",
                *("-m", "servers and not live", "--run-migrations", "--force-enable-socket"),
                *_without(*APART),
                given=real,
            ),
            pytest(
                "Journeys and browser tests with real servers",
                *(*TOGETHER, *APART),
                given={**real, "CHROMIUM": str(machine.browser())},
            ),
        ]
    return results


def _without(*folders: str) -> list[str]:
    return [f"--ignore={folder}" for folder in folders]


def report(results: Sequence[Result]) -> int:
    """Print what each stage came to; return the exit code of the whole."""
    width = max(len(result.stage) for result in results)
    say("\nSummary\n")
    for result in results:
        verdict = "ok" if result.code == 0 else f"FAILED (exit code {result.code})"
        say(f"  {result.stage:<{width}}  {result.seconds:6.1f} s  {verdict}")
    say("")
    for result in results:
        say(result.summary)
    return 0 if all(result.code == 0 for result in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(report([unit()] if sys.argv[1:] == ["unit"] else run()))
    except (machine.MachineLacks, servers.ServerFailed) as problem:
        sys.exit(str(problem))
