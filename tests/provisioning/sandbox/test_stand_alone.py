"""The stand-in as its own process, as other people's clients will find it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioning.sandbox import Sandbox
from provisioning.sandbox.__main__ import main
from tests.contract.wire import PATHS, Wire

pytestmark = pytest.mark.enable_socket
ROOT = Path(__file__).parents[3]
STATE = {
    "resellers": [{"username": "reseller", "password": "S3cret!pw"}],
    "domains": [
        {"domain": "example.com", "reseller": "reseller", "verified": True},
        {"domain": "pending.test", "reseller": "reseller", "verified": False},
    ],
}


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    file = tmp_path / "state.json"
    file.write_text(json.dumps(STATE), encoding="utf-8")
    return file


@pytest.fixture
def process(state_file: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    arguments = ["--port", "0", "--dns-port", "0", "--state", str(state_file), "--control",
                 "--verbose", "--database", str(tmp_path / "vendor.sqlite3")]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "provisioning.sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONDEVMODE": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def test_it_says_when_it_is_ready_serves_its_state_and_stops_when_told(
    process: subprocess.Popen[str],
) -> None:
    assert process.stdout is not None
    ready = process.stdout.readline()
    url = next(word for word in ready.replace(",", " ").split() if word.startswith("http"))
    with httpx.Client(base_url=url, timeout=5) as client:
        wire = Wire(client, PATHS)
        wire.login("reseller", "S3cret!pw")
        before = wire.call("getDomainVerification", domain="pending.test").code
        client.post("/__control/dns", json={"domain": "pending.test"})
        after = wire.call("getDomainVerification", domain="pending.test").code
        domains = [row["domain"] for row in wire.call("getAllDomains").data]

    process.send_signal(signal.SIGTERM)
    output, log = process.communicate(timeout=5)

    assert "ready" in ready
    assert domains == ["example.com", "pending.test"]
    assert (before, after) == (1, 0)
    assert (process.returncode, output) == (0, "")
    assert "admin login 200" in log
    assert "S3cret" not in log
    assert wire.token not in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("content", "reason"),
    [("no json", "cannot start"), ('{"x": []}', "A state is an object"), (None, "No such file")],
)
def test_a_state_that_cannot_be_used_stops_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    reason: str,
) -> None:
    file = tmp_path / "state.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["sandbox", "--port", "0", "--state", str(file)])

    assert main() == 2
    assert reason in capsys.readouterr().err


def test_a_taken_port_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    with sandbox.serve() as served:
        monkeypatch.setattr(sys, "argv", ["sandbox", "--port", str(served.port)])

        assert main() == 2

    assert "cannot start" in capsys.readouterr().err


def test_the_help_names_every_switch_with_its_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sandbox", "--help"])

    with pytest.raises(SystemExit) as stopped:
        main()

    text = capsys.readouterr().out
    stop: Any = stopped.value.code
    assert stop == 0
    assert "--gb-factor" in text
    assert "(default: 1000)" in text
