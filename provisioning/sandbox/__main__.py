"""Runs the stand-in alone: `python -m provisioning.sandbox --port 9025 --state FILE`."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from provisioning.sandbox import state, switches
from provisioning.sandbox.sandbox import Sandbox


def main() -> int:
    """Serve until SIGTERM or SIGINT; 2 for a command line or state that cannot be used."""
    arguments = _parser().parse_args()
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if arguments.verbose else logging.WARNING,
        format="%(asctime)s %(message)s",
    )
    sandbox = Sandbox(
        arguments.database,
        switches.from_arguments(arguments),
        control=arguments.control,
        webmail_url=arguments.webmail_url,
    )
    try:
        if arguments.state:
            state.load(sandbox, json.loads(arguments.state.read_text(encoding="utf-8")))
        served = sandbox.serve(arguments.port, arguments.dns_port, host=arguments.host)
    except (OSError, ValueError) as error:
        sandbox.close()
        sys.stderr.write(f"The stand-in cannot start: {error}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with served:
        dns = f", DNS on {served.host}:{served.dns_port}" if served.dns_port else ""
        desk = f", control desk at {served.url}/__control/" if arguments.control else ""
        sys.stdout.write(f"EmailArray stand-in ready at {served.url}{dns}{desk}\n")
        sys.stdout.flush()
        stop.wait()
    sandbox.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m provisioning.sandbox",
        description="A stand-in for the EmailArray API, its pages and its DNS.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=9025, help="HTTP port; 0 picks a free one")
    parser.add_argument("--dns-port", type=int, help="DNS port, UDP and TCP; none if left out")
    parser.add_argument("--database", default=":memory:", help="SQLite file to remember in")
    parser.add_argument("--state", type=Path, help="JSON file with what exists to begin with")
    parser.add_argument("--webmail-url", help="what getOTPassAndToken names, without scheme")
    parser.add_argument(
        "--control", action="store_true", help="answer /__control/: desk, faults, DNS, clock"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="log the names of actions to standard error"
    )
    switches.add_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
