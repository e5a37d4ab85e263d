"""A domain's life: added, proven or dropped, settled, branded and removed."""

from __future__ import annotations

import base64

import httpx
import pytest

from provisioning.sandbox import Sandbox
from tests.contract.wire import Reply, Wire
from tests.provisioning.sandbox.conftest import DOMAIN, RESELLER, user_fields

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def set_brand(wire: Wire, brand: dict[str, bytes]) -> Reply:
    """Set a brand as PHP spells a nested array."""
    head = [("action", "setDomainBrandingV2"), ("token", wire.token), ("domain", DOMAIN)]
    return wire.post("admin", head + [(f"brand[{name}]", value) for name, value in brand.items()])


def test_ownership_is_looked_up_at_every_call_and_then_stays(sandbox: Sandbox, wire: Wire) -> None:
    wire.call("addDomain", newdomain="New.Test")
    pending = wire.call("getDomainVerification", domain="new.test")
    sandbox.zone.publish("mx-verification.new.test", "TXT", "something else")
    wrong = wire.call("getDomainVerification", domain="new.test")
    sandbox.zone.publish("mx-verification.new.test", "TXT", pending.data)

    verified = wire.call("getDomainVerification", domain="new.test")
    sandbox.zone.withdraw("mx-verification.new.test")
    later = wire.call("getDomainVerification", domain="new.test")

    assert (pending.code, pending.data) == (1, wrong.data)
    assert pending.body["message"] == "No matching TXT record was found"
    assert (verified.code, verified.data) == (0, "Domain is verified")
    assert later.body == verified.body


def test_an_unverified_domain_is_gone_after_a_day_and_may_be_added_again(
    sandbox: Sandbox, wire: Wire
) -> None:
    wire.call("addDomain", newdomain="new.test")
    first = wire.call("getDomainVerification", domain="new.test").data
    sandbox.clock.advance(86_390)
    wire.login(RESELLER, "S3cret!pw")
    assert wire.call("getDomainVerification", domain="new.test").code == 1

    sandbox.clock.advance(20)

    assert wire.call("getDomainVerification", domain="new.test").data == "Domain does not exist"
    assert list(sandbox.domains()) == [DOMAIN]
    assert wire.call("addDomain", newdomain="new.test").code == 1
    assert wire.call("getDomainVerification", domain="new.test").data != first


def test_removing_a_domain_takes_everything_in_it(sandbox: Sandbox, wire: Wire) -> None:
    wire.call("addUser", **user_fields("anna"))
    wire.call("addAlias", alias="info", domain=DOMAIN, forward="anna@acme.test")
    wire.call("removeDomain", domain=DOMAIN)

    sandbox.add_domain(DOMAIN, reseller=RESELLER)

    assert (sandbox.mailboxes(DOMAIN), sandbox.aliases(DOMAIN)) == ({}, {})


@pytest.mark.parametrize("name", ["nodot", "192.0.2.1", "-a.test", "a b.test", "a..test"])
def test_what_is_no_domain_name_is_neither_available_nor_added(wire: Wire, name: str) -> None:
    assert wire.call("isDomainAvailable", domain=name).code == 0
    assert wire.call("addDomain", newdomain=name).data == "Invalid domain name"


def test_a_unicode_name_is_kept_in_a_labels(sandbox: Sandbox, wire: Wire) -> None:
    wire.call("addDomain", newdomain="bücher.test")

    assert "xn--bcher-kva.test" in sandbox.domains()
    assert wire.call("getDomainInfo", domain="BÜCHER.test").code == 1


def test_each_setting_is_changed_alone(sandbox: Sandbox, wire: Wire) -> None:
    wire.call("updateDomain", domain=DOMAIN, editcatchall="anna@acme.test")
    wire.call("updateDomain", domain=DOMAIN, editdtzone="Europe/Berlin")
    wire.call("updateDomain", domain=DOMAIN, editexchangeenabled="1")
    wire.call("updateDomain", domain=DOMAIN, editdomainactive="0")

    domain = sandbox.domains()[DOMAIN]

    assert domain["catchall"] == "anna@acme.test"
    assert (domain["dtzone"], domain["exchange_enabled"]) == ("Europe/Berlin", "1")
    assert domain["active"] is False
    assert wire.call("updateDomain", domain=DOMAIN).code == 0
    assert wire.call("updateDomain", domain=DOMAIN, editdomainactive="2").code == 0


def test_an_alias_domain_occupies_its_name(sandbox: Sandbox, wire: Wire) -> None:
    assert wire.call("addAliasDomain", domain=DOMAIN, adomain="acme-mail.test").code == 1

    assert wire.call("addDomain", newdomain="acme-mail.test").code == 0
    assert wire.call("addAliasDomain", domain=DOMAIN, adomain="acme-mail.test").code == 0
    assert sandbox.alias_domains(DOMAIN) == ["acme-mail.test"]


@pytest.mark.parametrize(
    "sent", [PNG, base64.b64encode(PNG), b"data:image/png;base64," + base64.b64encode(PNG)]
)
def test_a_logo_arrives_whole_however_it_is_spelled(
    wire: Wire, client: httpx.Client, sent: bytes
) -> None:
    reply = set_brand(wire, {"newlogo": sent})
    href = wire.call("getDomainBrandInfo", domain=DOMAIN).data["basic_logo_href"]

    served = client.get(href)

    assert reply.code == 1
    assert served.content == PNG
    assert served.headers["Content-Type"] == "image/png"


def test_an_empty_logo_keeps_the_one_there_is(sandbox: Sandbox, wire: Wire) -> None:
    set_brand(wire, {"newlogo": PNG})
    fields = {
        "brandname": "Acme & Söhne".encode(),
        "supportemail": b"help@acme.test",
        "brandcolor": b"#1B6CA8",
        "newlogo": b"",
    }

    set_brand(wire, fields)

    domain = sandbox.domains()[DOMAIN]
    assert domain["logo_bytes"] == len(PNG)
    assert (domain["brandname"], domain["brandcolor"]) == ("Acme & Söhne", "1b6ca8")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("newlogo", b"MZ not a picture"),
        ("newlogo", PNG + bytes(512_000)),
        ("brandcolor", b"blue"),
        ("supportemail", b"nobody"),
    ],
)
def test_an_unusable_brand_is_refused_and_nothing_of_it_kept(
    sandbox: Sandbox, wire: Wire, field: str, value: bytes
) -> None:
    assert set_brand(wire, {"brandname": b"New", field: value}).code == 0

    assert sandbox.domains()[DOMAIN]["brandname"] == ""


def test_a_dkim_key_survives_switching_off_and_on(wire: Wire) -> None:
    first = wire.call("enableDKIM", domain=DOMAIN).body["dkimkey"]
    wire.call("disableDKIM", domain=DOMAIN)

    second = wire.call("enableDKIM", domain=DOMAIN).body["dkimkey"]

    assert first == second
