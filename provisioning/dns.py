"""What a domain's zone should hold, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import dns.exception
import dns.resolver
from django.conf import settings

from provisioning.models import MailDomain

VERIFICATION_HOST = "mx-verification"
TTL_SECONDS = 3600


@dataclass(frozen=True)
class DnsRecord:
    """One record the customer has to publish. `host` is relative to the domain."""

    host: str
    type: str
    value: str
    ttl: int = TTL_SECONDS

    @property
    def zone_line(self) -> str:
        """Return the record as a line of a zone file."""
        value = f'"{self.value}"' if self.type == "TXT" else self.value
        return f"{self.host} {self.ttl} IN {self.type} {value}"


class Lookup(StrEnum):
    """What DNS says about an expected record."""

    FOUND = "found"
    MISSING = "missing"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def verification_record_of(mail_domain: MailDomain) -> DnsRecord:
    """Return the record that proves the domain's ownership to the vendor."""
    return DnsRecord(host=VERIFICATION_HOST, type="TXT", value=mail_domain.verification_record)


def look_up(domain: str, record: DnsRecord) -> Lookup:
    """Ask DNS whether a TXT record is there; a resolver that does not answer proves nothing."""
    try:
        answer = _resolver().resolve(
            f"{record.host}.{domain}.", record.type, lifetime=settings.DNS_TIMEOUT_SECONDS
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Lookup.MISSING
    except dns.exception.DNSException:
        return Lookup.UNKNOWN
    texts = {b"".join(entry.strings).decode("utf-8", "replace") for entry in answer}
    return Lookup.FOUND if record.value in texts else Lookup.DIFFERENT


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_RESOLVERS:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = []
    for address in settings.DNS_RESOLVERS:
        host, _, port = address.rpartition(":")
        resolver.nameservers.append(host or port)
        if host:
            resolver.port = int(port)
    return resolver
