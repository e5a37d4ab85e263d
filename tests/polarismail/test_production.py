"""Production settings: the documented example works, and nothing is guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from polarismail.env import ROOT

EXAMPLE = ROOT / "deploy" / "polarismail.env.example"
FILLED_IN = {"SECRET_KEY": "a-b_C9" * 12, "ENCRYPTION_KEYS": Fernet.generate_key().decode()}


def example() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines) | FILLED_IN


def manage(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings and nothing of this machine's."""
    return subprocess.run(
        (sys.executable, "manage.py", *arguments),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **settings},
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_example_passes_djangos_own_check_of_a_deployment(tmp_path: Path) -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", home=tmp_path, **example())

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "REDIS_URL",
        "DEFAULT_FROM_EMAIL",
    ],
)
def test_a_missing_value_stops_the_start_and_is_named(tmp_path: Path, name: str) -> None:
    settings = example()
    del settings[name]

    started = manage("check", home=tmp_path, **settings)

    assert started.returncode != 0
    assert f"Set {name}. docs/settings.md" in started.stderr


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY needs at least 50 characters."),
        ("ENCRYPTION_KEYS", "no-key", "holds a malformed key"),
        ("ENCRYPTION_KEYS", " , ", "ENCRYPTION_KEYS is empty."),
    ],
)
def test_a_useless_value_stops_the_start(
    tmp_path: Path, name: str, value: str, complaint: str
) -> None:
    started = manage("check", home=tmp_path, **{**example(), name: value})

    assert started.returncode != 0
    assert complaint in started.stderr


def test_the_printed_key_is_one_the_settings_take(tmp_path: Path) -> None:
    printed = manage("new_encryption_key", home=tmp_path)
    again = manage("new_encryption_key", home=tmp_path)

    Fernet(printed.stdout.strip())
    assert printed.stdout != again.stdout


def test_development_secrets_lie_outside_the_project_for_the_user_alone(tmp_path: Path) -> None:
    manage("check", home=tmp_path, POLARISMAIL_VAR=str(tmp_path / "var"))
    state = tmp_path / ".local" / "state" / "polarismail"
    before = {path.name: path.read_text() for path in state.iterdir()}

    manage("check", home=tmp_path, POLARISMAIL_VAR=str(tmp_path / "var"))

    assert set(before) == {"secret.key", "encryption.key"}
    assert {path.name: path.read_text() for path in state.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
