"""Zones with one fault each, asked over the wire: every fault is found, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from provisioning import dns
from provisioning.dns import Check, Purpose
from provisioning.models import Dkim, MailDomain
from provisioning.sandbox import Sandbox

DOMAIN = "acme.test"
KEY = (
    "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "q7Zx" * 75 + "QIDAQAB"
)
ZONES = tomllib.loads(Path(__file__).with_name("zones.toml").read_text())["zone"]
SPELLINGS = {
    "{key}": KEY,
    "{spaced_key}": f"{KEY[:120]} {KEY[120:250]}  {KEY[250:]}",
    "{quoted_key}": f'"{KEY.replace("; ", ";")}"',
    "{half_key}": KEY[:200],
}


def expected() -> list[dns.Wanted]:
    domain = MailDomain(domain=DOMAIN, verification_record="ea-verify=0123456789abcdef")
    dkim = Dkim(is_enabled=True, host=f"ea1._domainkey.{DOMAIN}.", key=KEY)
    return dns.wanted_records(domain, dkim)


def publish(vendor: Sandbox, zone: dict[str, Any]) -> None:
    without = set(zone.get("without", []))
    for wanted in expected():
        if wanted.purpose not in without:
            for record in wanted.records:
                vendor.zone.publish(record.name_in(DOMAIN), record.type, record.value)
    for host, kind, value in zone.get("add", []):
        name = host if host.endswith(".") else f"{host}.{DOMAIN}".removeprefix("@.")
        vendor.zone.publish(name, kind, SPELLINGS.get(value, value))


def spelled(check: Check) -> str:
    return f"{check.lookup} {check.note or ''}".strip()


def checks_of(vendor: Sandbox, settings: Settings) -> list[Check]:
    settings.DNS_TIMEOUT_SECONDS = 5.0
    with vendor.serve(dns_port=0) as served:
        settings.DNS_RESOLVERS = [f"127.0.0.1:{served.dns_port}"]
        wanted = expected()
        return dns.judge(DOMAIN, wanted, dns.read_zone(DOMAIN, wanted))


@pytest.mark.enable_socket
@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone["title"])
def test_every_zone_is_judged_right(
    vendor: Sandbox, settings: Settings, zone: dict[str, Any]
) -> None:
    if not zone.get("is_silent"):
        publish(vendor, zone)

    checks = checks_of(vendor, settings)

    everything_found = {purpose.value: "found" for purpose in Purpose}
    verdicts = {check.wanted.purpose.value: spelled(check) for check in checks}
    assert verdicts == everything_found | zone.get("expect", {})


def test_there_are_thirty_zones_with_a_fault() -> None:
    faulty = [zone for zone in ZONES if zone.get("expect")]

    assert len(faulty) >= 30
    assert len({zone["title"] for zone in ZONES}) == len(ZONES)
