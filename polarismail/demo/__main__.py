"""`python -m polarismail.demo`: start all parts, wait until they answer, stop them together."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from polarismail.demo import banner
from polarismail.demo.parts import Parts, broker_binary
from polarismail.demo.ports import is_free
from polarismail.demo.processes import Family, PartFailed, StopRequested
from polarismail.env import VAR

FOLDER = VAR / "demo"
HIGHEST_PORT = 65535


class UnableToStart(Exception):
    """The demo cannot start; the text says what to do."""


def say(text: str) -> None:
    """Tell the person at the terminal, who may have closed it."""
    with suppress(OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """
    Hold the demo's folder for this process; the lock goes with it however it ends.

    :raises UnableToStart: while another demo uses the folder
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UnableToStart("The demo is already running. Stop it first (Ctrl-C).") from error
        yield


def start(parts: Parts, family: Family) -> None:
    """
    Bring everything up; the pages come last, so that who sees one sees a complete demo.

    :raises ChildDied: when a part fails
    :raises NotReady: when a part does not answer
    :raises StopRequested: on a signal
    """
    parts.write_state_file()
    parts.beat_pid_file.unlink(missing_ok=True)
    if parts.broker:
        family.start(parts.broker_child(parts.broker))
    family.start(parts.vendor_child())
    say("Preparing the database …")
    family.run(parts.migrate_child())
    family.wait_for("vendor", parts.vendor_answers, seconds=30)
    if parts.broker is None:
        say("Starting the web, the worker and beat in one process …")
        family.start(parts.one_process_child())
    else:
        say("Starting the worker …")
        family.wait_for("broker", parts.broker_answers, seconds=30)
        family.start(parts.worker_child())
        family.start(parts.beat_child())
        family.wait_for("worker", parts.worker_answers, seconds=60)
        family.wait_for("beat", parts.beat_runs, seconds=30)
        say("Filling in customers, domains and mailboxes …")
        family.run(parts.seed_child())
        say("Starting the web …")
        family.start(parts.web_child())
    family.wait_for("web", parts.web_answers, seconds=180)


def run(folder: Path, *, web_port: int, in_one_process: bool) -> int:
    """Run the demo until somebody stops it; return the exit code."""
    if not 0 < web_port <= HIGHEST_PORT:
        raise UnableToStart(f"PORT={web_port} is no port. Choose one from 1024 to {HIGHEST_PORT}.")
    if not is_free(web_port):
        raise UnableToStart(
            f"Port {web_port} is in use. Choose another: make demo PORT={web_port + 1}"
        )
    broker = None if in_one_process else broker_binary()
    parts = Parts.in_folder(folder, web_port=web_port, broker=broker)
    family = Family(logs=folder / "logs", environment=parts.environment())
    try:
        with family:
            start(parts, family)
            say(banner.text(parts))
            family.watch()
    except StopRequested:
        say("\nStopped. The data stays; `make demo-reset` clears it.")
        return 0
    except PartFailed as failure:
        say(f"\nThe demo stopped: {failure}. The end of {failure.log}:\n\n{failure.tail}")
    return 1


def main() -> int:
    """Read the command line and obey it."""
    parser = argparse.ArgumentParser(prog="python -m polarismail.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--reset", action="store_true", help="clear the demo's data and end")
    parser.add_argument(
        "--one-process", action="store_true", help="do without a Redis-protocol server"
    )
    options = parser.parse_args()
    try:
        with only_one(FOLDER):
            if options.reset:
                shutil.rmtree(FOLDER)
                say("The demo's data is cleared.")
                return 0
            return run(FOLDER, web_port=options.port, in_one_process=options.one_process)
    except UnableToStart as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
