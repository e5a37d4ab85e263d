"""What the screen says once the demo answers."""

from __future__ import annotations

from polarismail.demo import cast
from polarismail.demo.parts import Parts


def text(parts: Parts) -> str:
    """Return addresses, log-ins and what is embedded."""
    addresses = {
        "Client area": f"{parts.web_url}/",
        "Shop": f"{parts.web_url}/order/   (no log-in needed)",
        "Django admin": f"{parts.web_url}/django-admin/",
        "Control desk": f"{parts.vendor_url}/__control/   (DNS records, faults, clock)",
        "Webmail": f"{parts.vendor_url}/webmail",
    }
    people = cast.people()
    widest = max(len(person.email) for person in people)
    lines = ["", "The demo runs.", ""]
    lines += [f"  {name:<13} {address}" for name, address in addresses.items()]
    lines += ["", f"Log in with the password {cast.PASSWORD} as", ""]
    lines += [f"  {person.email:<{widest}}  {person.note}" for person in people]
    lines += ["", *_what_is_embedded(parts), ""]
    return "\n".join(lines)


def _what_is_embedded(parts: Parts) -> list[str]:
    if parts.broker:
        queue = (
            f"  Queue     Valkey from a Python package, port {parts.broker_port}; it keeps nothing"
            " when stopped,\n            the jobs are in the database and go on at the next start."
        )
    else:
        queue = (
            "  Queue     in memory: no Redis-protocol server fits this machine, so the web, the"
            " worker and\n            beat share a process; the jobs are in the database and go on"
            " at the next start."
        )
    return [
        "This is the embedded set-up, not a production one:",
        "",
        f"  Database  SQLite in {parts.folder}",
        queue,
        "  Vendor    a stand-in on this machine: no real account, no real mail, no real DNS.",
        f"  Emails    what the product sends is written to {parts.folder / 'mail'}.",
        f"  Logs      {parts.folder / 'logs'}",
        "",
        "Ctrl-C stops everything. The data stays until `make demo-reset`.",
    ]
