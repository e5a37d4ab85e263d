"""The stand-in's memory: one SQLite file (or none), shared safely by many threads."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = sqlite3.Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS resellers (
    id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, password TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    maxemails INTEGER NOT NULL, maxeemails INTEGER NOT NULL, maxocemails INTEGER NOT NULL,
    maxexemails INTEGER NOT NULL, maxdomains INTEGER NOT NULL, maxquota INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reseller_id INTEGER NOT NULL REFERENCES resellers(id) ON DELETE CASCADE,
    domain TEXT NOT NULL UNIQUE, domaintype TEXT NOT NULL, added_at REAL NOT NULL,
    verification TEXT NOT NULL, verified INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1,
    dtzone TEXT NOT NULL DEFAULT 'America/New_York', catchall TEXT NOT NULL DEFAULT '',
    exchange_enabled TEXT NOT NULL DEFAULT '0', footer TEXT NOT NULL DEFAULT '',
    dkim_enabled TEXT NOT NULL DEFAULT '0', dkim_host TEXT NOT NULL DEFAULT '',
    dkim_key TEXT NOT NULL DEFAULT '', brandname TEXT NOT NULL DEFAULT '',
    supportemail TEXT NOT NULL DEFAULT '', brandlink TEXT NOT NULL DEFAULT '',
    brandcolor TEXT NOT NULL DEFAULT '', logo BLOB
);
CREATE INDEX IF NOT EXISTS unverified_domains ON domains(added_at) WHERE verified = 0;
CREATE TABLE IF NOT EXISTS alias_domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domains(id) ON DELETE CASCADE,
    alias_domain TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domains(id) ON DELETE CASCADE,
    username TEXT NOT NULL, uname TEXT NOT NULL, account_type INTEGER NOT NULL,
    quota_gb REAL NOT NULL, usage_mb INTEGER NOT NULL DEFAULT 0, password TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0, lastauth REAL, timezone TEXT NOT NULL,
    dateformat TEXT NOT NULL, language TEXT NOT NULL, twofa_allowed TEXT NOT NULL,
    UNIQUE (domain_id, username)
);
CREATE TABLE IF NOT EXISTS aliases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domains(id) ON DELETE CASCADE,
    alias TEXT NOT NULL, forward TEXT NOT NULL, UNIQUE (domain_id, alias)
);
CREATE TABLE IF NOT EXISTS lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domains(id) ON DELETE CASCADE,
    lname TEXT NOT NULL, listtype TEXT NOT NULL, UNIQUE (domain_id, lname)
);
CREATE TABLE IF NOT EXISTS members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id INTEGER NOT NULL REFERENCES lists(id) ON DELETE CASCADE,
    member TEXT NOT NULL, UNIQUE (list_id, member)
);
CREATE TABLE IF NOT EXISTS forwards (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id INTEGER NOT NULL REFERENCES mailboxes(id) ON DELETE CASCADE,
    forward TEXT NOT NULL, UNIQUE (mailbox_id, forward)
);
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, last_used REAL NOT NULL,
    reseller_id INTEGER REFERENCES resellers(id) ON DELETE CASCADE,
    mailbox_id INTEGER REFERENCES mailboxes(id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS one_time_passwords (
    id INTEGER PRIMARY KEY,
    mailbox_id INTEGER NOT NULL REFERENCES mailboxes(id) ON DELETE CASCADE,
    otp TEXT NOT NULL, access_token TEXT, issued_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS passwords_of_a_mailbox ON one_time_passwords(mailbox_id);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY,
    reseller_id INTEGER NOT NULL REFERENCES resellers(id) ON DELETE CASCADE,
    action TEXT NOT NULL, username TEXT NOT NULL, remoteip TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS zones (apex TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS records (
    name TEXT NOT NULL, rtype TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (name, rtype, value)
);
"""


class Store:
    """
    One connection behind one lock: calls are executed one after another, as a test can follow them.

    Nothing is synced to disk at a commit: the data is worth a demo, and reads stay quick.
    """

    def __init__(self, database: str | Path = ":memory:") -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(
            str(database), check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)

    def one(self, sql: str, *values: Any) -> Row | None:
        """Return the first row, or None."""
        with self.lock:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Return every row."""
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> float:
        """Return the first column of the first row; 0 where there is none."""
        row = self.one(sql, *values)
        return row[0] or 0 if row is not None else 0

    def run(self, sql: str, *values: Any) -> int:
        """Execute a change and return how many rows it touched."""
        with self.lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Any) -> int:
        """Execute an insert and return the new row's id."""
        with self.lock:
            return self._connection.execute(sql, values).lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, roll back on any exception."""
        with self.lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self.lock:
            self._connection.close()


def hidden(password: str) -> str:
    """Return a password in the form in which it is kept; never in clear."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(password, salt)}"


def matches(password: str, kept: str) -> bool:
    """Tell whether this is the password that was kept."""
    salt, _, digest = kept.partition("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    # Few rounds: these are invented passwords, and a login must stay quick.
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()
