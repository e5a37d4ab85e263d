"""
Calls per second through the vendor's client, beside plain httpx with and without keep-alive.

Run with `python -m benchmarks.client`. A small server in a process of its own answers on the
loopback; the ways take turns, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs

import httpx

from provisioning.emailarray import (
    ClientConfig,
    EmailArrayClient,
    MemoryTokenStore,
    ServerBreaker,
    build_http,
)

ROUNDS = 5
CALLS = 200
# Each new client loads the certificate authorities, which takes most of its time.
CALLS_WITHOUT_KEEPING = 25
LONGEST_SECONDS = 55
DOMAIN = "acme.example"
SIZES = (10, 100)
Way = Callable[[int], int]


class Answers(BaseHTTPRequestHandler):
    """Answers `login` with a token and lists with as many rows as `limit` asks for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 20
    prepared: dict[int, bytes] = {}  # noqa: RUF012 - set once, before the server starts

    def do_POST(self) -> None:
        """Answer one call."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        body = self.prepared[int(form.get("limit", ["0"])[0])]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


def serve(ready: Connection) -> None:
    """Run the server and tell its port."""
    Answers.prepared = {size: _rows(size) for size in SIZES}
    Answers.prepared[0] = json.dumps({"returncode": 1, "returndata": "token"}).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    ready.send(server.server_port)
    server.serve_forever()


def _rows(count: int) -> bytes:
    rows = [
        {
            "id": str(70000 + number),
            "username": f"user{number:05}",
            "email": f"user{number:05}@{DOMAIN}",
            "uname": f"User {number}",
            "account_type": "1",
            "quota": "5000",
            "usage": str(number),
            "disabled": "0",
            "lastauth_timestamp": "2026-03-03 17:40:08",
        }
        for number in range(count)
    ]
    return json.dumps({"returncode": 1, "returndata": rows, "meta": {"all": count}}).encode()


def _form(size: int) -> dict[str, str]:
    return {
        "action": "getAllUsersDomain",
        "token": "token",
        "slicing": "1",
        "offset": "0",
        "limit": str(size),
        "getOTPAndToken": "0",
        "showQuota": "1",
        "domain": DOMAIN,
    }


def ways(url: str, ours: httpx.Client, kept: httpx.Client) -> dict[str, tuple[Way, int]]:
    """Return each way to list mailboxes, with the number of calls of one round."""
    client = EmailArrayClient(
        ClientConfig(
            server_key="bench",
            username="u",
            password=os.urandom(4).hex(),
            admin_url=url,
            user_url=url,
        ),
        http=ours,
        tokens=MemoryTokenStore(),
        breaker=ServerBreaker(),
    )

    def through_ours(size: int) -> int:
        return len(client.mailboxes.page(DOMAIN, 0, size).rows)

    def through_kept(size: int) -> int:
        return len(kept.post(url, data=_form(size)).json()["returndata"])

    def one_by_one(size: int) -> int:
        return len(httpx.post(url, data=_form(size), trust_env=False).json()["returndata"])

    return {
        "our client": (through_ours, CALLS),
        "httpx, kept": (through_kept, CALLS),
        "httpx, per call": (one_by_one, CALLS_WITHOUT_KEEPING),
    }


def rate(way: Way, size: int, calls: int) -> float:
    """Return calls per second, having checked every answer."""
    started = time.perf_counter()
    for _ in range(calls):
        rows = way(size)
        if rows != size:
            raise SystemExit(f"{rows} rows came instead of {size}: the measurement is void")
    return calls / (time.perf_counter() - started)


def measure(url: str) -> dict[tuple[int, str], list[float]]:
    """Return the rates of every size and way, one for each round."""
    found: dict[tuple[int, str], list[float]] = {}
    until = time.monotonic() + LONGEST_SECONDS
    with build_http() as ours, httpx.Client(trust_env=False) as kept:
        ready = ways(url, ours, kept)
        for size in SIZES:
            for way, _calls in ready.values():
                rate(way, size, 3)  # connections, imports, the session
            for _ in range(ROUNDS):
                for name, (way, calls) in ready.items():
                    found.setdefault((size, name), []).append(rate(way, size, calls))
                if time.monotonic() > until:
                    raise SystemExit("The machine is too busy: no result within a minute")
    return found


def table(found: dict[tuple[int, str], list[float]]) -> str:
    """Return the medians and ranges as lines of text."""
    lines = [
        f"{'rows':>5}  {'way':<16}{'calls/s':>9}{'min':>9}{'max':>9}{'ms/call':>9}{'x kept':>8}"
    ]
    for (size, name), rates in found.items():
        middle = statistics.median(rates)
        floor = statistics.median(found[size, "httpx, kept"])
        lines.append(
            f"{size:>5}  {name:<16}{middle:>9.0f}{min(rates):>9.0f}{max(rates):>9.0f}"
            f"{1000 / middle:>9.2f}{middle / floor:>8.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Start the server, measure, print, stop the server."""
    before = os.getloadavg()[0]
    receiver, sender = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(sender,), daemon=True)
    server.start()
    try:
        if not receiver.poll(20):
            raise SystemExit("The server did not start")
        found = measure(f"http://127.0.0.1:{receiver.recv()}/admin/json.php")
    finally:
        server.terminate()
        server.join(5)
    sys.stdout.write(f"{table(found)}\n")
    sys.stdout.write(
        f"{ROUNDS} rounds in turn, medians; load average {before:.2f} before, "
        f"{os.getloadavg()[0]:.2f} after; {os.cpu_count()} CPUs\n"
    )


if __name__ == "__main__":
    main()
