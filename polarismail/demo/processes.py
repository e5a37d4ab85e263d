"""Child processes that start together and stop together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.05
TAIL_LINES = 20
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with(parent: int) -> Callable[[], None]:
    """
    Return what a child calls before it begins, so that it ends when its parent is killed outright.

    The kernel watches the thread that started the child; elsewhere than on Linux nothing happens.
    """

    def promise() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return promise


class StopRequested(Exception):
    """Somebody pressed Ctrl-C, closed the terminal or sent a signal to end."""


class PartFailed(Exception):
    """One child is not what it should be; `log` is where it wrote."""

    def __init__(self, message: str, *, log: Path) -> None:
        super().__init__(message)
        self.log = log

    @property
    def tail(self) -> str:
        """Return the last lines the child wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])


class ChildDied(PartFailed):
    """A child ended that should not have, or failed at what it was to do once."""

    def __init__(self, *, name: str, code: int, log: Path) -> None:
        super().__init__(f"{name} ended with code {code}", log=log)
        self.name = name
        self.code = code


class NotReady(PartFailed):
    """A child runs but does not answer in time."""

    def __init__(self, *, name: str, seconds: float, log: Path) -> None:
        super().__init__(f"{name} did not answer within {seconds:g} seconds", log=log)


@dataclass(frozen=True)
class Child:
    """
    One process to run. Higher layers stand on lower ones and are stopped before them.

    Each child leads a process group of its own, so that Ctrl-C in the terminal reaches the parent
    alone and the order of stopping is the parent's to choose.
    """

    name: str
    command: Sequence[str]
    layer: int = 0


class Family:
    """
    The children of this process. Leaving the `with` block stops them all.

    On Linux they also end when this process is killed outright. Their output goes to one log file
    each; a new start begins the file anew.
    """

    def __init__(
        self, *, logs: Path, environment: Mapping[str, str], stop_seconds: float = 8.0
    ) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._stop_seconds = stop_seconds
        self._running: list[tuple[Child, subprocess.Popen[bytes]]] = []
        self._signals = 0
        self._previous_handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        for number in SIGNALS:
            self._previous_handlers[number] = signal.signal(number, self._note_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._stop()
        finally:
            for number, handler in self._previous_handlers.items():
                signal.signal(number, handler)

    def log(self, name: str) -> Path:
        """Return where the child of this name writes."""
        return self._logs / f"{name}.log"

    def start(self, child: Child) -> int:
        """Start a child that is to run until the end; return its process id."""
        with self.log(child.name).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # the commands are the project's own
                list(child.command),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with(os.getpid()),  # noqa: PLW1509  # this process has one thread
            )
        self._running.append((child, process))
        return process.pid

    def run(self, child: Child) -> None:
        """
        Start a child and wait until it has done its work.

        :raises ChildDied: when it fails, or when another child ends meanwhile
        :raises StopRequested: on a signal
        """
        self.start(child)
        process = self._running[-1][1]
        while process.poll() is None:
            self._check(but=process)
            time.sleep(POLL_SECONDS)
        self._running.remove((child, process))
        if process.returncode != 0:
            raise ChildDied(name=child.name, code=process.returncode, log=self.log(child.name))

    def check(self) -> None:
        """
        Look whether everything is still as it should be.

        :raises ChildDied: when a child has ended
        :raises StopRequested: on a signal
        """
        self._check(but=None)

    def wait_for(self, name: str, answers: Callable[[], bool], *, seconds: float) -> None:
        """
        Wait until `answers` says yes for the child of this name.

        :raises ChildDied: when any child ends first
        :raises NotReady: when the time is up
        :raises StopRequested: on a signal
        """
        deadline = time.monotonic() + seconds
        while not answers():
            self.check()
            if time.monotonic() > deadline:
                raise NotReady(name=name, seconds=seconds, log=self.log(name))
            time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """
        Stay until a child ends or a signal comes.

        :raises ChildDied: when a child has ended
        :raises StopRequested: on a signal
        """
        while True:
            self.check()
            time.sleep(0.2)

    def _check(self, *, but: subprocess.Popen[bytes] | None) -> None:
        if self._signals:
            raise StopRequested
        for child, process in self._running:
            if process is not but and process.poll() is not None:
                raise ChildDied(name=child.name, code=process.returncode, log=self.log(child.name))

    def _note_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the shape of a handler
        self._signals += 1

    def _stop(self) -> None:
        """Ask layer after layer to end, from the top; end by force what will not."""
        deadline = time.monotonic() + self._stop_seconds
        layers = sorted({child.layer for child, _ in self._running}, reverse=True)
        signals_before = self._signals
        for number, layer in enumerate(layers):
            members = [process for child, process in self._running if child.layer == layer]
            for process in members:
                with suppress(ProcessLookupError):
                    process.terminate()
            share = (deadline - time.monotonic()) / (len(layers) - number)
            until = time.monotonic() + share
            while any(process.poll() is None for process in members):
                # A second Ctrl-C means: now.
                if time.monotonic() > until or self._signals > max(signals_before, 1):
                    break
                time.sleep(POLL_SECONDS)
            for process in members:
                # The whole group, so that nobody outlives a leader that ended badly.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()
