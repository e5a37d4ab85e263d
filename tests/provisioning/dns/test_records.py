"""What customers copy: every line is one that a name server reads as it was meant."""

from __future__ import annotations

import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from provisioning import dns as domain_dns
from provisioning.dns import DnsRecord, Importance, Purpose, wanted_records, zone_file
from provisioning.models import Dkim, MailDomain

KEY = "v=DKIM1; k=rsa; p=" + "A1b2" * 98


def mail_domain(**fields: str) -> MailDomain:
    return MailDomain(domain="acme.test", verification_record="ea-verify=12", **fields)


def purposes(dkim: Dkim | None) -> list[Purpose]:
    return [each.purpose for each in wanted_records(mail_domain(), dkim)]


def texts_in(zone: dns.zone.Zone, host: str) -> list[str]:
    records = zone.get_rdataset(host, "TXT")
    return [b"".join(record.strings).decode() for record in records or []]


def test_the_zone_file_is_read_back_as_it_was_meant() -> None:
    wanted = wanted_records(mail_domain(), Dkim(is_enabled=True, host="ea1._domainkey", key=KEY))

    text = zone_file("acme.test", wanted)

    zone = dns.zone.from_text(text, origin="acme.test.", check_origin=False, relativize=False)
    servers = {record.to_text() for record in zone.get_rdataset("acme.test.", "MX") or []}
    assert servers == {"5 mx.emailarray.com.", "10 mx2.emailarray.com."}
    assert texts_in(zone, "ea1._domainkey.acme.test.") == [KEY]
    assert texts_in(zone, "acme.test.") == ["v=spf1 include:emailarray.com ~all"]
    alias = zone.get_rdataset("webmail.acme.test.", "CNAME")
    assert [record.to_text() for record in alias or []] == ["webredirect.emailarray.com."]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, blacklist_characters="\x7f")))
def test_no_string_is_longer_than_255_bytes_and_none_of_the_text_is_lost(text: str) -> None:
    record = DnsRecord("x", "TXT", text)

    assert all(len(part.encode()) <= 255 for part in record.strings)
    assert "".join(record.strings) == text
    assert record.is_split == (len(text.encode()) > 255)


def test_a_domain_that_signs_nothing_is_asked_for_no_key() -> None:
    kept = Dkim(is_enabled=False, host="ea1._domainkey", key=KEY)

    assert Purpose.DKIM not in purposes(None)
    assert Purpose.DKIM not in purposes(kept)


@pytest.mark.parametrize(
    ("host", "key"),
    [("", KEY), ("ea1._domainkey", ""), ("ea1 IN A 192.0.2.1\n", KEY), ("x\n@ IN NS evil", KEY)],
)
def test_what_the_vendor_sends_can_add_no_line_of_its_own(host: str, key: str) -> None:
    dkim = Dkim(is_enabled=True, host=host, key=key)

    assert Purpose.DKIM not in purposes(dkim)


def test_line_breaks_in_a_key_are_no_lines_of_the_zone() -> None:
    dkim = Dkim(is_enabled=True, host="ea1._domainkey", key='v=DKIM1; p=AA\n@ IN NS "evil"')

    lines = zone_file("acme.test", wanted_records(mail_domain(), dkim)).splitlines()

    assert not any(line.startswith("@ IN NS") for line in lines)


def test_the_ownership_record_is_only_required_until_it_was_seen() -> None:
    unproven = wanted_records(mail_domain(), None)[0]
    proven = wanted_records(mail_domain(status=MailDomain.Status.ACTIVE), None)[0]

    assert (unproven.purpose, unproven.importance) == (Purpose.OWNERSHIP, Importance.REQUIRED)
    assert proven.importance == Importance.OPTIONAL
    assert wanted_records(MailDomain(domain="acme.test"), None)[0].purpose == Purpose.MX


def test_a_host_nobody_vouches_for_can_be_left_out(settings: Settings) -> None:
    settings.MAIL_AUTOCONFIG_HOST = ""

    assert Purpose.AUTOCONFIG not in purposes(None)
    assert Purpose.AUTODISCOVER in purposes(None)


def test_answers_survive_being_kept() -> None:
    answers = domain_dns.Answers(
        {("acme.test", "MX"): domain_dns.Answer(domain_dns.AnswerStatus.FOUND, ("5 a.test",))}, 3
    )

    kept = domain_dns.Answers.from_json(answers.to_json(), 3)

    assert kept == answers
    assert kept.of("other.test", "MX").status is domain_dns.AnswerStatus.UNKNOWN
