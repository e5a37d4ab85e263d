"""
A year and more of automation, called never, once, five and twenty times a day.

Run with `python -m benchmarks.calendar`: the test that proves on a few weeks that the number of
calls changes nothing, at its full size, against the vendor's stand-in.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES = 200
DAYS = 400
LONGEST_SECONDS = 3600
TEST = "tests/billing/automation/test_determinism.py"


def main() -> None:
    """Run the test at full size and say how long it took."""
    environment = {
        **os.environ,
        "CALENDAR_SERVICES": str(SERVICES),
        "CALENDAR_DAYS": str(DAYS),
        "DJANGO_SETTINGS_MODULE": "polarismail.settings.test",
    }
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own program
        (sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", TEST),
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        raise SystemExit("The number of calls changes what is billed")
    sys.stdout.write(
        f"{SERVICES} services, {DAYS} days, four rhythms: {time.monotonic() - began:.0f} s\n"
    )


if __name__ == "__main__":
    main()
