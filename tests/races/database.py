"""A database that threads and other processes open as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connections

DEFAULT = "default"


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """
    Let the test's database be one that others can open; yield its address.

    PostgreSQL is that anyhow. SQLite's in memory belongs to this process and knows no write-ahead
    log: a copy of it in a file stands in, opened with the settings of an installation.
    """
    ours = connections[DEFAULT]
    if ours.vendor != "sqlite":
        yield _address(ours.settings_dict)
        return
    path = folder / "shared.sqlite3"
    ours.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        ours.connection.backup(copy)
    before = connections.settings[DEFAULT]
    connections.settings[DEFAULT] = {**before, "NAME": str(path)}
    connections[DEFAULT] = connections.create_connection(DEFAULT)
    try:
        yield f"sqlite:///{path}"
    finally:
        connections[DEFAULT].close()
        connections[DEFAULT] = ours
        connections.settings[DEFAULT] = before


def _address(settings: dict[str, object]) -> str:
    user, password = quote(str(settings["USER"])), quote(str(settings["PASSWORD"] or ""))
    who = f"{user}:{password}" if password else user
    return f"postgres://{who}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
