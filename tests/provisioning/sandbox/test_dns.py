"""The zones over real DNS: what is found, what is missing, and what is not ours."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import httpx
import pytest

from provisioning.sandbox import Sandbox, Served
from tests.contract.wire import PATHS, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, PASSWORD, RESELLER

pytestmark = pytest.mark.enable_socket
Ask = Callable[[str, str], dns.message.Message]


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    with sandbox.serve(dns_port=0) as served:
        yield served


@pytest.fixture
def ask(served: Served) -> Ask:
    def over_udp(name: str, rtype: str) -> dns.message.Message:
        query = dns.message.make_query(name, rtype)
        return dns.query.udp(query, "127.0.0.1", port=served.dns_port or 0, timeout=3)

    return over_udp


@pytest.fixture
def resolver(served: Served) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = served.dns_port or 0
    resolver.lifetime = 3
    return resolver


def test_a_resolver_finds_every_expected_record(
    sandbox: Sandbox, resolver: dns.resolver.Resolver
) -> None:
    sandbox.zone.publish_expected(DOMAIN)

    exchanges = {str(mx.exchange): mx.preference for mx in resolver.resolve(DOMAIN, "MX")}
    spf = [b"".join(txt.strings) for txt in resolver.resolve(DOMAIN, "TXT")]
    webmail = resolver.resolve(f"webmail.{DOMAIN}", "A")

    assert exchanges == {"mx.emailarray.com.": 5, "mx2.emailarray.com.": 10}
    assert spf == [b"v=spf1 include:emailarray.com ~all"]
    assert str(webmail.canonical_name) == "webredirect.emailarray.com."
    assert [str(a) for a in resolver.resolve("mx.emailarray.com", "A")] == ["192.0.2.10"]


def test_a_name_without_records_is_told_from_a_name_without_this_type(
    sandbox: Sandbox, ask: Ask
) -> None:
    sandbox.zone.publish(f"_dmarc.deep.{DOMAIN}", "TXT", "v=DMARC1; p=none")

    missing = ask(f"nothing.{DOMAIN}", "TXT")
    other_type = ask(f"_dmarc.deep.{DOMAIN}", "A")
    between = ask(f"deep.{DOMAIN}", "TXT")
    apex = ask(DOMAIN, "MX")

    assert missing.rcode() == dns.rcode.NXDOMAIN
    assert [reply.rcode() for reply in (other_type, between, apex)] == [dns.rcode.NOERROR] * 3
    for reply in (missing, other_type, between, apex):
        assert reply.answer == []
        assert reply.authority[0].rdtype == dns.rdatatype.SOA
        assert reply.flags & dns.flags.AA


def test_a_zone_has_an_soa_and_a_name_server(ask: Ask) -> None:
    assert ask(DOMAIN, "SOA").answer[0].rdtype == dns.rdatatype.SOA
    assert str(ask(DOMAIN, "NS").answer[0][0]) == "ns1.emailarray.com."


def test_names_of_other_people_are_refused(ask: Ask) -> None:
    assert ask("elsewhere.example", "A").rcode() == dns.rcode.REFUSED


def test_names_are_found_in_any_case(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.zone.publish("Case.Acme.Test.", "TXT", "yes")

    assert ask("CASE.acme.TEST", "TXT").answer[0][0].strings == (b"yes",)


def test_a_text_over_255_bytes_comes_in_several_strings(sandbox: Sandbox, ask: Ask) -> None:
    text = "v=DKIM1; k=rsa; p=" + "A" * 390
    sandbox.zone.publish(f"ea1._domainkey.{DOMAIN}", "TXT", text)

    strings = ask(f"ea1._domainkey.{DOMAIN}", "TXT").answer[0][0].strings

    assert [len(string) for string in strings] == [255, len(text) - 255]
    assert b"".join(strings).decode() == text


def test_what_does_not_fit_a_datagram_is_fetched_over_tcp(
    sandbox: Sandbox, resolver: dns.resolver.Resolver, ask: Ask
) -> None:
    for number in range(8):
        sandbox.zone.publish(f"big.{DOMAIN}", "TXT", f"{number}" + "x" * 200)

    assert ask(f"big.{DOMAIN}", "TXT").flags & dns.flags.TC
    assert len(list(resolver.resolve(f"big.{DOMAIN}", "TXT"))) == 8


def test_a_withdrawn_record_is_gone_at_once(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.zone.publish_expected(DOMAIN, "mx")
    sandbox.zone.withdraw(DOMAIN, "MX", "5 mx.emailarray.com")

    assert [str(mx) for mx in ask(DOMAIN, "MX").answer[0]] == ["10 mx2.emailarray.com."]


def test_garbage_is_ignored_and_the_server_lives_on(served: Served, ask: Ask) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as garbage:
        garbage.sendto(b"\x00garbage", ("127.0.0.1", served.dns_port or 0))

    assert ask(DOMAIN, "SOA").answer


def test_ownership_is_proven_over_the_wire(sandbox: Sandbox, served: Served) -> None:
    sandbox.add_domain("new.test", reseller=RESELLER, verified=False)
    with httpx.Client(base_url=served.url, timeout=5) as client:
        wire = Wire(client, PATHS)
        wire.login(RESELLER, PASSWORD)
        pending = wire.call("getDomainVerification", domain="new.test")
        sandbox.zone.publish_expected("new.test", "verification")

        verified = wire.call("getDomainVerification", domain="new.test")

    assert (pending.code, verified.code) == (1, 0)
