"""
Renewal invoices, suspensions and a whole day's automation, beside SQL and plain bulk inserts.

Run with `python -m benchmarks.renewals`. PostgreSQL is started for it, with everything it writes
made durable; each size has a database and a process of its own, so that the memory is its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.automation.measured import Measured
from tests import servers

ROOT = Path(__file__).resolve().parent.parent
# What is measured, and of how many services.
SIZES = (("due", 10_000), ("daily", 10_000), ("daily", 100_000))
LONGEST_SECONDS = 900
CHILD = "import django; django.setup(); from benchmarks.automation.measure import main; main()"


def main() -> None:
    """Measure each size in a process of its own, and print."""
    before = os.getloadavg()[0]
    tables = []
    for kind, size in SIZES:
        with servers.postgres(is_durable=True) as database_url:
            tables.append(table(measured(kind, size, database_url)))
    sys.stdout.write("\n\n".join(tables))
    sys.stdout.write(
        "\n\nMedians of rounds in turn. On an ordinary day one service of thirty is due, as many "
        "are overdue\nsince the day before, and every client is told.\n"
        f"Load average {before:.2f} before, {os.getloadavg()[0]:.2f} after; {os.cpu_count()} CPUs\n"
    )


def measured(kind: str, size: int, database_url: str) -> list[Measured]:
    """Return what a process of its own has measured."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "polarismail.settings.test",
    }
    child = subprocess.run(  # noqa: S603  # our own program
        (sys.executable, "-c", CHILD, kind, str(size)),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    if child.returncode:
        raise SystemExit(f"{kind} {size} could not be measured")
    return [Measured(**json.loads(line)) for line in child.stdout.splitlines()]


def table(found: Sequence[Measured]) -> str:
    """Return medians as lines of text; the ratio is of the time a row takes to that of the SQL."""
    heading = f"{'services':>9}  {'work':<16}{'rows':>7}{'seconds':>9}{'rows/s':>9}{'x SQL':>7}"
    lines = [f"{heading}{'queries':>9}{'peak MB':>9}"]
    by_work: dict[str, list[Measured]] = {}
    for each in found:
        by_work.setdefault(each.work, []).append(each)
    floor = statistics.median(each.seconds / each.rows for each in by_work["raw SQL"])
    for work, rounds in by_work.items():
        last, seconds = rounds[-1], statistics.median(each.seconds for each in rounds)
        rate = f"{last.rows / seconds:.0f}" if last.rows else ""
        ratio = f"{seconds / last.rows / floor:.1f}" if last.rows else ""
        lines.append(
            f"{last.size:>9}  {work:<16}{last.rows:>7}{seconds:>9.2f}{rate:>9}{ratio:>7}"
            f"{last.queries:>9}{last.megabytes:>9.0f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
