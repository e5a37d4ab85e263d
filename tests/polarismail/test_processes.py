"""The demo's children: how they start, fail and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from polarismail.demo.processes import Child, ChildDied, Family, NotReady, StopRequested

# Says that it is up, notes in a shared file when it is told to end, and ends.
OBEDIENT = """
import pathlib, signal, sys, time
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def end(number, frame):
    with (folder / "ended").open("a") as file:
        file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / f"{name}.up").touch()
time.sleep(60)
"""
# Will not end when asked, and has a child of its own that will not either.
STUBBORN = """
import os, pathlib, signal, sys, time
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if (child := os.fork()) == 0:
    (folder / "grandchild").write_text(str(os.getpid()))
(folder / f"{name}.up").touch()
time.sleep(60)
"""


def child(script: str, name: str, folder: Path, *, layer: int = 0) -> Child:
    command = (sys.executable, "-c", textwrap.dedent(script), name, str(folder))
    return Child(name=name, command=command, layer=layer)


def family(folder: Path, *, stop_seconds: float = 8.0) -> Family:
    return Family(logs=folder / "logs", environment=dict(os.environ), stop_seconds=stop_seconds)


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_children_are_stopped_from_the_top_layer_down(tmp_path: Path) -> None:
    with family(tmp_path) as children:
        for name, layer in (("broker", 0), ("web", 2), ("worker", 1)):
            children.start(child(OBEDIENT, name, tmp_path, layer=layer))
            children.wait_for(name, (tmp_path / f"{name}.up").exists, seconds=10)

    assert (tmp_path / "ended").read_text().split() == ["web", "worker", "broker"]


def test_a_child_that_ignores_the_request_is_ended_with_all_it_started(tmp_path: Path) -> None:
    with family(tmp_path, stop_seconds=0.3) as children:
        pid = children.start(child(STUBBORN, "web", tmp_path))
        children.wait_for("web", (tmp_path / "grandchild").exists, seconds=10)
        children.wait_for("web", (tmp_path / "web.up").exists, seconds=10)
        began = time.monotonic()

    assert time.monotonic() - began < 3
    assert not is_alive(pid)
    assert wait_until_gone(int((tmp_path / "grandchild").read_text()))


def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    with family(tmp_path) as children:
        other = children.start(child(OBEDIENT, "broker", tmp_path))
        children.start(child("import sys; sys.exit('no such table')", "worker", tmp_path))

        with pytest.raises(ChildDied) as death:
            children.watch()

    assert (death.value.name, death.value.code) == ("worker", 1)
    assert death.value.tail == "no such table"
    assert not is_alive(other)


def test_a_child_that_ends_without_an_error_is_missed_too(tmp_path: Path) -> None:
    with family(tmp_path) as children:
        children.start(child("print('bye')", "beat", tmp_path))

        with pytest.raises(ChildDied) as death:
            children.watch()

    assert (death.value.name, death.value.code, death.value.tail) == ("beat", 0, "bye")


def test_work_done_once_may_end_and_its_failure_is_told(tmp_path: Path) -> None:
    with family(tmp_path) as children:
        children.run(child("print('migrated')", "migrate", tmp_path))
        children.check()

        with pytest.raises(ChildDied, match="seed ended with code 3"):
            children.run(child("raise SystemExit(3)", "seed", tmp_path))

    assert (tmp_path / "logs" / "migrate.log").read_text() == "migrated\n"


def test_a_child_that_never_answers_is_given_up_and_stopped(tmp_path: Path) -> None:
    with family(tmp_path) as children:
        pid = children.start(child(OBEDIENT, "web", tmp_path))

        with pytest.raises(NotReady, match=r"web did not answer within 0\.2 seconds"):
            children.wait_for("web", lambda: False, seconds=0.2)

    assert not is_alive(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_watch_and_the_old_handler_comes_back(
    tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)

    with family(tmp_path) as children:
        pid = children.start(child(OBEDIENT, "web", tmp_path))
        children.wait_for("web", (tmp_path / "web.up").exists, seconds=10)
        os.kill(os.getpid(), number)
        with pytest.raises(StopRequested):
            children.watch()

    assert not is_alive(pid)
    assert signal.getsignal(number) == before


def test_children_end_when_their_parent_is_killed_outright(tmp_path: Path) -> None:
    script = f"""
        import os, sys
        from pathlib import Path
        from polarismail.demo.processes import Child, Family
        folder = Path({str(tmp_path)!r})
        with Family(logs=folder / "logs", environment=dict(os.environ)) as children:
            command = (sys.executable, "-c", {OBEDIENT!r}, "web", str(folder))
            pid = children.start(Child(name="web", command=command))
            children.wait_for("web", (folder / "web.up").exists, seconds=10)
            (folder / "pid").write_text(str(pid))
            (folder / "ready").touch()
            children.watch()
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    for _ in range(200):
        if (tmp_path / "ready").exists():
            break
        time.sleep(0.05)

    parent.kill()
    parent.wait()

    assert wait_until_gone(int((tmp_path / "pid").read_text()))
