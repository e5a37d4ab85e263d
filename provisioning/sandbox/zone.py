"""The DNS zones the stand-in holds: what is published, and what ought to be."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from provisioning.sandbox.store import Row, Store

TYPES = ("TXT", "MX", "CNAME", "A", "AAAA", "NS", "SOA")

_VENDOR_ZONE = "emailarray.com"
_VENDOR_RECORDS = (
    ("emailarray.com", "TXT", "v=spf1 ip4:192.0.2.0/24 ~all"),
    ("mx.emailarray.com", "A", "192.0.2.10"),
    ("mx2.emailarray.com", "A", "192.0.2.11"),
    ("webredirect.emailarray.com", "A", "192.0.2.20"),
    ("imap.emailarray.com", "A", "192.0.2.21"),
    ("smtp.emailarray.com", "A", "192.0.2.22"),
    ("pop.emailarray.com", "A", "192.0.2.23"),
    ("autodiscover.emailarray.com", "A", "192.0.2.24"),
)
_LONGEST_CHAIN = 8


@dataclass(frozen=True)
class Record:
    """One record; an MX value is `<preference> <host>`, a TXT value the whole text."""

    name: str
    rtype: str
    value: str


@dataclass(frozen=True)
class ExpectedRecord:
    """A record a mail domain should have, why, and whether the value is our guess."""

    purpose: str
    name: str
    rtype: str
    value: str
    guessed: bool = False


@dataclass(frozen=True)
class Reply:
    """What the zone says to a question; `apex` is None where the name is not ours."""

    status: Literal["found", "nodata", "nxdomain", "refused"]
    apex: str | None
    records: tuple[Record, ...] = ()


class Zone:
    """Published records, kept in the store and answered from memory under its own lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._records: dict[str, list[Record]] = {}
        self._apexes = {_VENDOR_ZONE}
        for name, rtype, value in _VENDOR_RECORDS:
            self._remember(Record(name, rtype, value))
        for row in store.all("SELECT name, rtype, value FROM records ORDER BY rowid"):
            self._remember(Record(row["name"], row["rtype"], row["value"]))
        self._apexes.update(row["apex"] for row in store.all("SELECT apex FROM zones"))

    def hold(self, apex: str) -> None:
        """Be the authority for this name and all below it."""
        self._store.run("INSERT OR IGNORE INTO zones VALUES (?)", apex)
        with self._lock:
            self._apexes.add(apex)

    def publish(self, name: str, rtype: str, value: str) -> None:
        """
        Publish a record; publishing it again changes nothing.

        :raises ValueError: for a type the zone does not hold
        """
        record = Record(_plain(name), rtype.upper(), value.strip())
        if record.rtype not in TYPES or not record.name or not record.value:
            raise ValueError(f"Not a record this zone can hold: {name!r} {rtype!r}")
        if self._apex_of(record.name) is None:
            self.hold(".".join(record.name.split(".")[-2:]))
        if record.rtype == "CNAME":
            self.withdraw(record.name, "CNAME")
        self._store.run(
            "INSERT OR IGNORE INTO records VALUES (?, ?, ?)",
            record.name,
            record.rtype,
            record.value,
        )
        with self._lock:
            self._remember(record)

    def withdraw(self, name: str, rtype: str | None = None, value: str | None = None) -> int:
        """Withdraw the records of a name, or only these; return how many went."""
        name, kind = _plain(name), rtype.upper() if rtype else None
        gone = 0
        with self._lock:
            kept = []
            for record in self._records.get(name, []):
                if (kind and record.rtype != kind) or (value and record.value != value):
                    kept.append(record)
                    continue
                gone += 1
            if kept:
                self._records[name] = kept
            else:
                self._records.pop(name, None)
        self._store.run(
            "DELETE FROM records WHERE name = ? AND (? IS NULL OR rtype = ?)"
            " AND (? IS NULL OR value = ?)",
            name,
            kind,
            kind,
            value,
            value,
        )
        return gone

    def publish_expected(self, domain: str, *purposes: str) -> list[ExpectedRecord]:
        """
        Publish what a domain should have: all of it, or only for these purposes.

        :raises LookupError: if the domain is unknown or has no such record
        """
        found = self._expected_for(domain, purposes)
        for record in found:
            self.publish(record.name, record.rtype, record.value)
        return found

    def withdraw_expected(self, domain: str, *purposes: str) -> list[ExpectedRecord]:
        """
        Withdraw what `publish_expected` publishes.

        :raises LookupError: if the domain is unknown or has no such record
        """
        found = self._expected_for(domain, purposes)
        for record in found:
            self.withdraw(record.name, record.rtype, record.value)
        return found

    def expected(self, domain: str) -> list[ExpectedRecord]:
        """
        Return what a domain should have, ownership first.

        :raises LookupError: if the domain is unknown
        """
        row = self._store.one("SELECT * FROM domains WHERE domain = ?", _plain(domain))
        if row is None:
            raise LookupError(f"The stand-in holds no domain {domain!r}")
        return expected_records(row)

    def holds(self, record: ExpectedRecord | Record) -> bool:
        """Tell whether exactly this record is published."""
        with self._lock:
            return any(
                kept.rtype == record.rtype and kept.value == record.value
                for kept in self._records.get(_plain(record.name), [])
            )

    def records(self, domain: str | None = None) -> list[Record]:
        """Return every published record, or those at and below a name."""
        with self._lock:
            return [
                record
                for name, records in sorted(self._records.items())
                if domain is None or name == domain or name.endswith("." + domain)
                for record in records
            ]

    def texts(self, name: str) -> list[str]:
        """Return the TXT values published at a name."""
        return [record.value for record in self.ask(name, "TXT").records if record.rtype == "TXT"]

    def ask(self, name: str, rtype: str) -> Reply:
        """Answer a question, following aliases inside the zones held here."""
        name = _plain(name)
        apex = self._apex_of(name)
        if apex is None:
            return Reply("refused", None)
        with self._lock:
            chain = self._chain(name, rtype)
            if chain:
                return Reply("found", apex, tuple(chain))
            exists = name == apex or any(
                known == name or known.endswith("." + name) for known in self._records
            )
        return Reply("nodata" if exists else "nxdomain", apex)

    def _chain(self, name: str, rtype: str) -> list[Record]:
        chain: list[Record] = []
        for _ in range(_LONGEST_CHAIN):
            here = self._records.get(name, [])
            found = [record for record in here if rtype in (record.rtype, "ANY")]
            chain += found
            alias = next((record for record in here if record.rtype == "CNAME"), None)
            if found or alias is None:
                break
            chain.append(alias)
            name = _plain(alias.value)
        return chain

    def _expected_for(self, domain: str, purposes: tuple[str, ...]) -> list[ExpectedRecord]:
        expected = self.expected(domain)
        if missing := set(purposes) - {record.purpose for record in expected}:
            raise LookupError(f"{domain} has no expected record for {', '.join(sorted(missing))}")
        return [record for record in expected if not purposes or record.purpose in purposes]

    def _remember(self, record: Record) -> None:
        here = self._records.setdefault(record.name, [])
        if record not in here:
            here.append(record)

    def _apex_of(self, name: str) -> str | None:
        labels = name.split(".")
        with self._lock:
            for start in range(len(labels)):
                candidate = ".".join(labels[start:])
                if candidate in self._apexes:
                    return candidate
        return None


def expected_records(domain: Row) -> list[ExpectedRecord]:
    """Return what a domain's zone should hold; a DKIM record only once a key was issued."""
    name = domain["domain"]
    records = [
        ExpectedRecord("verification", f"mx-verification.{name}", "TXT", domain["verification"]),
        ExpectedRecord("mx", name, "MX", "5 mx.emailarray.com"),
        ExpectedRecord("mx", name, "MX", "10 mx2.emailarray.com"),
        ExpectedRecord("spf", name, "TXT", "v=spf1 include:emailarray.com ~all"),
    ]
    if domain["dkim_host"]:
        records.append(
            ExpectedRecord("dkim", f"{domain['dkim_host']}.{name}", "TXT", domain["dkim_key"])
        )
    return [
        *records,
        ExpectedRecord("dmarc", f"_dmarc.{name}", "TXT", "v=DMARC1; p=none", guessed=True),
        ExpectedRecord(
            "autodiscover",
            f"autodiscover.{name}",
            "CNAME",
            "autodiscover.emailarray.com",
            guessed=True,
        ),
        ExpectedRecord("webmail", f"webmail.{name}", "CNAME", "webredirect.emailarray.com"),
        ExpectedRecord("imap", f"imap.{name}", "CNAME", "imap.emailarray.com"),
        ExpectedRecord("smtp", f"smtp.{name}", "CNAME", "smtp.emailarray.com"),
        ExpectedRecord("pop", f"pop.{name}", "CNAME", "pop.emailarray.com"),
    ]


def _plain(name: str) -> str:
    return name.strip().lower().rstrip(".")
