"""The only place that reads the environment."""

from __future__ import annotations

import os
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

ROOT = Path(__file__).resolve().parent.parent
# Databases and logs of a developer's machine; never committed.
VAR = Path(env.str("POLARISMAIL_VAR", default=str(ROOT / "var")))


def required(name: str) -> str:
    """
    Return a value production cannot do without.

    :raises ImproperlyConfigured: naming the variable when it is missing or empty
    """
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"Set {name}. docs/settings.md says what it is for.")
    return value


def encryption_keys(text: str) -> list[str]:
    """
    Split a comma-separated list of Fernet keys, newest first.

    :raises ImproperlyConfigured: when there is none or one is malformed
    """
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty.")
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEYS holds a malformed key. Make one with "
                "`python manage.py new_encryption_key`."
            ) from error
    return keys


def development_secret(name: str, fresh: str) -> str:
    """
    Return this machine's development secret, written once outside the repository.

    It lies in the user's state folder with mode 0600, so that a copy of the project folder (with
    its database) does not carry the key to its own secrets.
    """
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = state / "polarismail" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh)
    except FileExistsError:
        return path.read_text().strip() or fresh
    return fresh
