"""How the two databases we support are opened."""

from __future__ import annotations

from typing import Any

from polarismail.env import env


def database(default: str) -> dict[str, Any]:
    """Return the settings of the database that DATABASE_URL names."""
    config: dict[str, Any] = env.db("DATABASE_URL", default=default)
    if config["ENGINE"].endswith("sqlite3"):
        # SQLite knows no row locks: one writer at a time, taken when the transaction begins, is
        # what keeps a count and the insert that follows it together.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config
