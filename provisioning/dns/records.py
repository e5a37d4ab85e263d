"""The records a domain's zone should hold, and how they are written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from provisioning.models import Dkim, MailDomain

VERIFICATION_HOST = "mx-verification"
APEX = "@"
TTL_SECONDS = 3600
# One string of a TXT record holds no more; a longer text is written as several.
LONGEST_STRING = 255

VENDOR_ZONE = "emailarray.com"
MAIL_SERVERS = ((5, "mx.emailarray.com"), (10, "mx2.emailarray.com"))
SPF = f"v=spf1 include:{VENDOR_ZONE} ~all"
DMARC = "v=DMARC1; p=none"
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


class Purpose(StrEnum):
    """What a record is for; each is one line of the comparison."""

    OWNERSHIP = "ownership"
    MX = "mx"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    AUTODISCOVER = "autodiscover"
    AUTOCONFIG = "autoconfig"
    WEBMAIL = "webmail"
    IMAP = "imap"
    SMTP = "smtp"
    POP = "pop"


class Importance(StrEnum):
    """What happens without it: no mail, mail that is trusted less, or more to type."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class DnsRecord:
    """
    One record the customer has to publish. `host` is relative to the domain, `@` the domain itself.

    The value of an MX record is `<priority> <host>`, that of a TXT record the whole text.
    """

    host: str
    type: str
    value: str
    ttl: int = TTL_SECONDS

    @property
    def strings(self) -> tuple[str, ...]:
        """Return a TXT value cut into strings of at most 255 bytes; others whole."""
        if self.type != "TXT":
            return (self.value,)
        return _cut(self.value)

    @property
    def is_split(self) -> bool:
        """Tell whether the value is longer than one string of a record can be."""
        return len(self.strings) > 1

    @property
    def zone_value(self) -> str:
        """Return the value as a zone file spells it: quoted texts, host names with their dot."""
        if self.type == "TXT":
            return " ".join(f'"{_escaped(part)}"' for part in self.strings)
        return f"{self.value}."

    @property
    def zone_line(self) -> str:
        """Return the record as a line of a zone file."""
        return f"{self.host} {self.ttl} IN {self.type} {self.zone_value}"

    @property
    def priority(self) -> str:
        """Return the priority of an MX record, nothing for others."""
        return self.value.partition(" ")[0] if self.type == "MX" else ""

    @property
    def target(self) -> str:
        """Return the value without the priority of an MX record."""
        return self.value.partition(" ")[2] if self.type == "MX" else self.value

    def name_in(self, domain: str) -> str:
        """Return the record's full name."""
        return domain if self.host == APEX else f"{self.host}.{domain}"


@dataclass(frozen=True)
class Wanted:
    """The records for one purpose; all stand at the same name and are of the same type."""

    purpose: Purpose
    importance: Importance
    records: tuple[DnsRecord, ...]

    @property
    def host(self) -> str:
        """Return where they stand."""
        return self.records[0].host

    @property
    def type(self) -> str:
        """Return their type."""
        return self.records[0].type

    def name_in(self, domain: str) -> str:
        """Return the full name they stand at."""
        return self.records[0].name_in(domain)


def verification_record_of(mail_domain: MailDomain) -> DnsRecord:
    """Return the record that proves the domain's ownership to the vendor."""
    value = " ".join(mail_domain.verification_record.split())
    return DnsRecord(host=VERIFICATION_HOST, type="TXT", value=value)


def dkim_record_of(mail_domain: MailDomain, dkim: Dkim) -> DnsRecord | None:
    """Return the record of the vendor's key; None where it has issued none that can be one."""
    name = dkim.host.strip().rstrip(".").lower()
    host = name.removesuffix(f".{mail_domain.domain.lower()}")
    # Both come from the vendor; a line break in them would be another line of the zone file.
    key = " ".join(dkim.key.split())
    if not key or not HOST.fullmatch(host):
        return None
    return DnsRecord(host, "TXT", key)


def wanted_records(mail_domain: MailDomain, dkim: Dkim | None) -> list[Wanted]:
    """Return what the zone should hold; a DKIM record only while mail is signed."""
    wanted = []
    if mail_domain.verification_record:
        is_proven = mail_domain.is_verified
        importance = Importance.OPTIONAL if is_proven else Importance.REQUIRED
        record = verification_record_of(mail_domain)
        wanted.append(Wanted(Purpose.OWNERSHIP, importance, (record,)))
    servers = tuple(DnsRecord(APEX, "MX", f"{rank} {host}") for rank, host in MAIL_SERVERS)
    wanted.append(Wanted(Purpose.MX, Importance.REQUIRED, servers))
    wanted.append(_one(Purpose.SPF, Importance.REQUIRED, APEX, "TXT", SPF))
    if dkim is not None and dkim.is_enabled:
        signing = dkim_record_of(mail_domain, dkim)
        if signing is not None:
            wanted.append(Wanted(Purpose.DKIM, Importance.RECOMMENDED, (signing,)))
    wanted.append(_one(Purpose.DMARC, Importance.RECOMMENDED, "_dmarc", "TXT", DMARC))
    aliases = (
        (Purpose.AUTODISCOVER, settings.MAIL_AUTODISCOVER_HOST),
        (Purpose.AUTOCONFIG, settings.MAIL_AUTOCONFIG_HOST),
        (Purpose.WEBMAIL, f"webredirect.{VENDOR_ZONE}"),
        (Purpose.IMAP, f"imap.{VENDOR_ZONE}"),
        (Purpose.SMTP, f"smtp.{VENDOR_ZONE}"),
        (Purpose.POP, f"pop.{VENDOR_ZONE}"),
    )
    wanted += [
        _one(purpose, Importance.OPTIONAL, purpose.value, "CNAME", target)
        for purpose, target in aliases
        if target
    ]
    return wanted


def zone_file(domain: str, wanted: Sequence[Wanted]) -> str:
    """Return the records as a zone file that any name server reads."""
    lines = [
        f"; Email records of {domain}.",
        "; Add them to the zone. An SPF record that is there already must be changed, not doubled.",
        f"$ORIGIN {domain}.",
        "",
    ]
    for each in wanted:
        lines.append(f"; {each.purpose} ({each.importance})")
        lines += [record.zone_line for record in each.records]
        lines.append("")
    return "\n".join(lines)


def records_of(wanted: Iterable[Wanted]) -> list[DnsRecord]:
    """Return all records in one list."""
    return [record for each in wanted for record in each.records]


def _one(purpose: Purpose, importance: Importance, host: str, type: str, value: str) -> Wanted:
    return Wanted(purpose, importance, (DnsRecord(host, type, value),))


def _cut(text: str) -> tuple[str, ...]:
    parts, part, size = [], "", 0
    for char in text:
        width = len(char.encode())
        if size + width > LONGEST_STRING:
            parts.append(part)
            part, size = "", 0
        part, size = part + char, size + width
    return (*parts, part)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
