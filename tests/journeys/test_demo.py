"""The demo as a new user meets it: started, looked at, stopped, started again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from polarismail.demo import cast
from polarismail.demo.ports import HOST, free_port
from polarismail.env import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket, pytest.mark.timeout(240)]
PATIENCE_SECONDS = 120


class Demo:
    """A running demo in a session of its own, so that whatever it leaves behind can be counted."""

    def __init__(self, home: Path, *options: str) -> None:
        self.port = free_port()
        self.folder = home / "var" / "demo"
        self.screen = home / "screen"
        with self.screen.open("wb") as screen:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "polarismail.demo", "--port", str(self.port), *options),
                cwd=ROOT,
                env={
                    "HOME": str(home),
                    "PATH": os.environ["PATH"],
                    "POLARISMAIL_VAR": str(home / "var"),
                },
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until the screen says that it runs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "The demo runs." not in self.screen.read_text():
            assert self.process.poll() is None, self.screen.read_text()
            assert time.monotonic() < deadline, self.screen.read_text()
            time.sleep(0.1)

    def page(self, path: str = "/") -> httpx.Response:
        """Fetch a page, as somebody who is not logged in."""
        return httpx.get(f"http://{HOST}:{self.port}{path}", follow_redirects=True, trust_env=False)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into its database."""
        with closing(sqlite3.connect(self.folder / "polarismail.sqlite3")) as database:
            return database.execute(sql).fetchall()

    def members(self) -> list[int]:
        """Return the process ids of its session."""
        return [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _session(stat) == self.process.pid
        ]

    def stop(self, number: signal.Signals) -> float:
        """Stop it; return how many seconds passed until nothing of it was left."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_SECONDS)
        while self.members() and time.monotonic() - began < PATIENCE_SECONDS:
            time.sleep(0.1)
        return time.monotonic() - began


def _session(stat: Path) -> int:
    try:
        fields = stat.read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if fields[0] == "Z" else int(fields[3])


@contextmanager
def demo(home: Path, *options: str) -> Iterator[Demo]:
    running = Demo(home, *options)
    try:
        running.wait()
        yield running
    finally:
        for pid in running.members():
            os.kill(pid, signal.SIGKILL)
        running.process.wait()


def stages(running: Demo) -> dict[str, str]:
    return dict(
        running.rows(
            "SELECT domain, billing_service.status || ' ' || provisioning_maildomain.status"
            " FROM billing_service"
            " JOIN provisioning_maildomain ON provisioning_maildomain.id = mail_domain_id"
        )
    )


EXPECTED = {
    "lindenhof-bakery.test": "active active",
    "lindenhof-catering.test": "active unverified",
    "studio-ahorn.test": "active active",
    "ahorn-archive.test": "suspended suspended",
    "harbor-yoga.test": "pending pending",
    "harbor-studio.test": "active active",
    "harbor-shop.test": "closing closing",
    "harbor-retreats.test": "terminated terminated",
}


def test_the_demo_starts_complete_stops_clean_and_keeps_its_data(tmp_path: Path) -> None:
    with demo(tmp_path) as first:
        assert first.page().status_code == 200
        assert first.page("/account/login/").status_code == 200
        assert stages(first) == EXPECTED
        mailboxes = Counter(
            domain
            for (domain,) in first.rows(
                "SELECT domain FROM provisioning_mailbox"
                " JOIN provisioning_maildomain ON provisioning_maildomain.id = mail_domain_id"
            )
        )
        assert mailboxes[cast.SHOWCASE] == 12
        assert mailboxes["studio-ahorn.test"] == 2
        assert first.rows("SELECT count(*) FROM provisioning_drift") == [(0,)]
        users = first.rows("SELECT count(*) FROM clients_user")
        seconds = first.stop(signal.SIGINT)
        assert first.process.returncode == 0
        assert first.members() == []
        assert seconds < 10

    began = time.monotonic()
    with demo(tmp_path) as second:
        assert time.monotonic() - began < 60
        assert stages(second) == EXPECTED
        assert second.rows("SELECT count(*) FROM clients_user") == users
        second.stop(signal.SIGKILL)
        assert second.members() == []


def test_without_a_redis_protocol_server_one_process_does_it_all(tmp_path: Path) -> None:
    with demo(tmp_path, "--one-process") as running:
        assert running.page().status_code == 200
        assert stages(running) == EXPECTED
        assert running.stop(signal.SIGTERM) < 10
        assert running.process.returncode == 0
        assert running.members() == []
