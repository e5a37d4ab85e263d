"""The web, beat and a worker in one process, for machines without a Redis-protocol server."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

from celery.beat import Service
from celery.signals import worker_ready
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from waitress.server import create_server

from polarismail.celery import app
from polarismail.demo.ports import HOST


def end_the_process(failure: threading.ExceptHookArgs) -> None:
    """Say why a thread failed and end: a demo without its web or beat would never answer."""
    sys.excepthook(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    os._exit(1)


def main(port: int, vendor_url: str, state_file: Path, schedule: Path) -> int:
    """
    Work until a signal comes; return the exit code.

    The worker takes the main thread, because it is the one that listens to signals. The pages are
    opened when the seed has been sown, as with separate processes.
    """
    threading.excepthook = end_the_process
    # Sets Django up, which the seed needs as well.
    application = get_wsgi_application()

    def open_shop() -> None:
        call_command("seed_demo", vendor_url, str(state_file))
        create_server(application, host=HOST, port=port, threads=8).run()

    def begin(**_: Any) -> None:
        threading.Thread(target=open_shop, name="web", daemon=True).start()
        beat = Service(app, schedule_filename=str(schedule))
        threading.Thread(target=beat.start, name="beat", daemon=True).start()

    worker_ready.connect(begin, weak=False)
    worker = app.Worker(
        pool="threads",
        concurrency=4,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))
