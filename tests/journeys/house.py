"""The product's own processes, started for a test and gone with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx
from celery import Celery
from django.conf import settings
from django.test import Client
from django.utils.crypto import get_random_string

from clients.models import User
from polarismail.demo.parts import Parts
from polarismail.demo.ports import HOST, free_port
from polarismail.demo.processes import Child, die_with
from polarismail.env import ROOT
from provisioning.models import Server
from tests import makers, vendor

PATIENCE_SECONDS = 60
POLL_SECONDS = 0.05
WITH_DJANGO = (
    "import django, runpy, sys; django.setup(); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__')"
)


def wait_until(is_so: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Ask until the answer is yes, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} seconds"
        time.sleep(POLL_SECONDS)
    return answer


class House:
    """
    Broker, vendor's stand-in, worker and web, each its own process on a port of its own.

    They run with the settings of a development machine, on the test's database. A worker that was
    lost is given up after two seconds.
    """

    def __init__(self, folder: Path, *, database: str, broker: Path) -> None:
        ports = {name: free_port() for name in ("web", "broker", "vendor", "dns")}
        self.folder = folder
        self.parts = Parts(
            folder=folder,
            web_port=ports["web"],
            broker_port=ports["broker"],
            vendor_port=ports["vendor"],
            dns_port=ports["dns"],
            broker=broker,
        )
        self._broker = broker
        self._environment = self.parts.environment() | {
            "DATABASE_URL": database,
            "SECRET_KEY": settings.SECRET_KEY,
            "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "MODULE_JOB_LEASE_SECONDS": "2",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        reseller = {"username": vendor.USERNAME, "password": vendor.PASSWORD}
        self.parts.state_file.write_text(json.dumps({"resellers": [reseller]}))

    # Starting and stopping

    def start_broker(self) -> None:
        self._start(self.parts.broker_child(self._broker))
        self._wait_for("broker", self.parts.broker_answers)

    def start_vendor(self) -> None:
        self._start(self.parts.vendor_child())
        self._wait_for("vendor", self.parts.vendor_answers)

    def start_web(self) -> None:
        self._start(self.parts.web_child())
        self._wait_for("web", self.parts.web_answers)

    def start_worker(self, *options: str, **environment: str) -> None:
        child = self.parts.worker_child()
        command = (*child.command, *options)
        self._start(Child(name="worker", command=command), environment)
        self._wait_for("worker", self.parts.worker_answers)

    def _wait_for(self, name: str, answers: Callable[[], bool]) -> None:
        process = self._processes[name]

        def has_answered() -> bool:
            assert process.poll() is None, self.log(name).read_text()
            return answers()

        wait_until(has_answered, f"{name} answers")

    def stop(self, name: str) -> None:
        """Stop a part, at once."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def exit_code(self, name: str) -> int:
        """Wait for the end of a part that ends by itself; return how it ended."""
        return self._processes.pop(name).wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """End everything, with all its children."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def manage(self, *arguments: str) -> str:
        """Run a management command; return what it says."""
        done = subprocess.run(
            (sys.executable, "manage.py", *arguments),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a program of ours, with Django set up, that is talked to over standard input."""
        return subprocess.Popen(
            (sys.executable, "-c", WITH_DJANGO, module, *arguments),
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
            preexec_fn=die_with(os.getpid()),  # noqa: PLW1509  # it calls nothing but the kernel
        )

    def _start(self, child: Child, environment: Mapping[str, str] | None = None) -> None:
        with self.log(child.name).open("ab") as log:
            self._processes[child.name] = subprocess.Popen(
                list(child.command),
                cwd=ROOT,
                env={**self._environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with(os.getpid()),  # noqa: PLW1509  # it calls nothing but the kernel
            )

    def log(self, name: str) -> Path:
        """Return the file a part writes to."""
        return self.folder / f"{name}.log"

    # What the tests do to it

    def make_server(self) -> Server:
        """Return a server row that leads to the stand-in."""
        url = self.parts.vendor_url
        return makers.make_server(
            admin_url=f"{url}/admin/json.php",
            fallback_admin_url="",
            user_url=f"{url}/json.php",
            control_panel_url=f"{url}/processlogin.php",
        )

    def sweep(self) -> None:
        """Send what beat sends every few seconds."""
        with Celery(broker=self.parts.broker_url, set_as_current=False) as celery:
            celery.send_task("provisioning.sweep")

    def control(self, path: str, body: Any = None) -> Any:
        """Read or turn one of the stand-in's knobs."""
        method = "GET" if body is None else "POST"
        url = f"{self.parts.vendor_url}/__control/{path}"
        answer = httpx.request(method, url, json=body, trust_env=False, timeout=10)
        assert answer.is_success, answer.text
        return answer.json()

    def break_once(self, action: str, kind: str = "drop_after") -> None:
        """Let the stand-in fail the next call of this action."""
        self.control("faults", {"action": action, "kind": kind, "count": 1})

    def at_vendor(self, domain: str) -> dict[str, Any] | None:
        """Return what the stand-in holds of a domain."""
        held: dict[str, Any] = self.control("state")["domains"]
        return held.get(domain)

    def done_by_vendor(self, action: str) -> int:
        """Return how many calls of this action the stand-in has carried out."""
        calls: Sequence[dict[str, Any]] = self.control("calls")["calls"]
        return sum(call["executed"] for call in calls if call["action"] == action)

    def visitor(self, user: User) -> Visitor:
        """Return somebody who is logged in and talks to the web over HTTP."""
        return Visitor(f"http://{HOST}:{self.parts.web_port}", user)


class Visitor:
    """Somebody who is logged in, and a clock that stops how long each answer takes."""

    def __init__(self, url: str, user: User) -> None:
        browser = Client()
        browser.force_login(user)
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        self._form = {"csrfmiddlewaretoken": get_random_string(32)}
        cookies[settings.CSRF_COOKIE_NAME] = self._form["csrfmiddlewaretoken"]
        self._http = httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        self._http.close()

    def get(self, path: str) -> tuple[httpx.Response, float]:
        """Fetch a page; return it and the seconds it took."""
        began = time.monotonic()
        return self._http.get(path), time.monotonic() - began

    def post(
        self,
        path: str,
        form: Mapping[str, object] | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> tuple[httpx.Response, float]:
        """Send a form; return the answer and the seconds it took."""
        began = time.monotonic()
        data = {name: str(value) for name, value in (form or {}).items()} | self._form
        return self._http.post(path, data=data, files=files), time.monotonic() - began


@contextmanager
def house(folder: Path, *, database: str, broker: Path) -> Iterator[House]:
    """Give a house to a test; whatever still runs when the test is over is ended."""
    running = House(folder, database=database, broker=broker)
    try:
        yield running
    finally:
        running.close()
