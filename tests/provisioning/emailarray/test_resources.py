"""The other nouns: tolerant answers, values checked before they leave."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs

import httpx
import pytest

from provisioning.emailarray import EmailArrayClient, build_http, errors
from provisioning.emailarray.connection import tls_context
from provisioning.emailarray.types import DkimState, RemoteAlias, RemoteForward, RemoteList
from tests.provisioning.emailarray.scripted import Vendor, no, ok


def test_alias_names_come_with_or_without_domain(vendor: Vendor) -> None:
    vendor.will(
        "getAllAliasesDomain",
        ok(
            [
                {"alias": "info", "forward": "nora@acme.example"},
                {"alias": "shop@acme.example", "domain": "ACME.example", "id": 4, "forward": None},
            ]
        ),
    )

    assert vendor.client().aliases.list("Acme.example") == [
        RemoteAlias("info", "acme.example", "nora@acme.example"),
        RemoteAlias("shop", "acme.example", "", "4"),
    ]


def test_list_names_come_with_or_without_domain_and_foreign_ones_are_left_out(
    vendor: Vendor,
) -> None:
    vendor.will(
        "getAllListsDomain",
        ok(
            [
                {"lname": "team", "listtype": 1},
                {"lname": "all@ACME.example", "listtype": "3"},
                {"lname": "team@other.example", "listtype": "1"},
            ]
        ),
    )

    assert vendor.client().lists.list("acme.example") == [
        RemoteList("team", "acme.example", "1"),
        RemoteList("all", "acme.example", "3"),
    ]


@pytest.mark.parametrize("rows", [[{"member": "a@b.example"}], ["a@b.example"]])
def test_members_come_as_objects_or_texts(vendor: Vendor, rows: list[object]) -> None:
    vendor.will("getListMembers", ok(rows))

    assert vendor.client().lists.members("acme.example", "team") == ["a@b.example"]


def test_a_list_refused_as_missing_is_not_an_empty_one(vendor: Vendor) -> None:
    vendor.will("getListMembers", no("List does not exist"))

    with pytest.raises(errors.NotFound):
        vendor.client().lists.members("acme.example", "team")


def test_forwards_name_their_mailbox_with_or_without_domain(vendor: Vendor) -> None:
    vendor.will(
        "getAllForwardsDomain",
        ok(
            [
                {"username": "nora", "forward": "n@mail.example"},
                {"username": "desk@acme.example", "forward": "d@mail.example"},
            ]
        ),
    )

    assert vendor.client().forwards.list("acme.example") == [
        RemoteForward("nora", "n@mail.example"),
        RemoteForward("desk", "d@mail.example"),
    ]


def test_a_mailbox_whose_forwards_are_refused_as_none_has_none(vendor: Vendor) -> None:
    vendor.will("getForwards", no("No forwards found"), api="user")

    assert vendor.client().forwards.of_mailbox("acme.example", "nora") == []


def _aliases(client: EmailArrayClient) -> object:
    return client.aliases.list("acme.example")


def _lists(client: EmailArrayClient) -> object:
    return client.lists.list("acme.example")


def _members(client: EmailArrayClient) -> object:
    return client.lists.members("acme.example", "team")


def _forwards(client: EmailArrayClient) -> object:
    return client.forwards.list("acme.example")


def _own_forwards(client: EmailArrayClient) -> object:
    return client.forwards.of_mailbox("acme.example", "nora")


def _domains(client: EmailArrayClient) -> object:
    return client.domains.list()


def _alias_domains(client: EmailArrayClient) -> object:
    return client.domains.alias_domains("acme.example")


def _history(client: EmailArrayClient) -> object:
    return client.reseller.action_history()


COLLECTIONS = {
    "getAllAliasesDomain": _aliases,
    "getAllListsDomain": _lists,
    "getListMembers": _members,
    "getAllForwardsDomain": _forwards,
    "getForwards": _own_forwards,
    "getAllDomains": _domains,
    "getAliasDomains": _alias_domains,
    "getAccountStats": _history,
}


@pytest.mark.parametrize("action", COLLECTIONS)
@pytest.mark.parametrize("payload", [None, "", [], {}])
def test_every_empty_collection_is_empty(vendor: Vendor, action: str, payload: object) -> None:
    vendor.will(action, ok(payload), api="user" if action == "getForwards" else "admin")

    assert COLLECTIONS[action](vendor.client()) == []


@pytest.mark.parametrize(
    "action",
    ["getAllAliasesDomain", "getAllListsDomain", "getAllForwardsDomain", "getAllDomains"],
)
def test_a_row_without_its_name_is_an_error(vendor: Vendor, action: str) -> None:
    vendor.will(action, ok([{"id": "7"}, {}]))
    if action == "getAllDomains":
        vendor.will(action, ok([{"id": "7", "domain": ""}]))

    with pytest.raises(errors.Unreadable):
        COLLECTIONS[action](vendor.client())


@pytest.mark.parametrize("action", COLLECTIONS)
@pytest.mark.parametrize("payload", ["Sorry", 3, {"a": "b"}, [3, None], [[]]])
def test_no_odd_collection_is_taken_for_empty(vendor: Vendor, action: str, payload: object) -> None:
    if action in {"getListMembers", "getForwards"} and payload == [3, None]:
        payload = [None]
    vendor.will(action, ok(payload), api="user" if action == "getForwards" else "admin")

    with pytest.raises(errors.Unreadable):
        COLLECTIONS[action](vendor.client())


@pytest.mark.parametrize(
    ("payload", "quota"),
    [
        ({"totalquota": "45000"}, 45_000),
        ({"totalQuota": 45_000}, 45_000),
        ("45000", 45_000),
        ([45_000], 45_000),
        ({"sum": 1}, None),
        (None, None),
    ],
)
def test_the_assigned_quota_comes_in_many_forms(
    vendor: Vendor, payload: object, quota: int | None
) -> None:
    vendor.will("getDomainAssignedQuota", ok(payload))

    assert vendor.client().domains.assigned_quota("acme.example") == quota


def test_a_domain_that_may_not_be_added_says_why(vendor: Vendor) -> None:
    vendor.will("isDomainAvailable", no("Domain is already in use"))

    available = vendor.client().domains.available("acme.example")

    assert not available
    assert available.message == "Domain is already in use"


def test_an_outage_is_not_an_unavailable_domain(vendor: Vendor) -> None:
    vendor.will("isDomainAvailable", b"<html>")

    with pytest.raises(errors.Unreachable):
        vendor.client().domains.available("acme.example")


def test_an_update_of_nothing_is_not_sent(vendor: Vendor) -> None:
    with pytest.raises(errors.InvalidInput):
        vendor.client().domains.update("acme.example")

    assert vendor.sent == []


def test_an_empty_catch_all_is_sent_and_a_name_alone_is_not(vendor: Vendor) -> None:
    client = vendor.client()
    client.domains.update("acme.example", catch_all="", exchange_enabled=False)

    with pytest.raises(errors.InvalidInput):
        client.domains.update("acme.example", catch_all="postmaster")

    (sent,) = vendor.sent_to("updateDomain")
    assert sent.fields["editcatchall"] == ""
    assert sent.fields["editexchangeenabled"] == "0"
    assert "editdtzone" not in sent.fields
    assert "editdomainactive" not in sent.fields


def test_dkim_is_read_even_from_a_refusal_that_carries_it(vendor: Vendor) -> None:
    row = {"dkim_enabled": "0", "dkim_host": "ea1._domainkey", "dkim_key": "v=DKIM1"}
    vendor.will("getDKIM", {"returncode": 0, "returndata": row})

    assert vendor.client().dkim.get("acme.example").state is DkimState.ISSUED


def test_dkim_refused_with_a_sentence_is_an_error(vendor: Vendor) -> None:
    vendor.will("getDKIM", no("Domain does not exist"))

    with pytest.raises(errors.NotFound):
        vendor.client().dkim.get("acme.example")


def test_the_key_of_a_fresh_dkim_may_come_inside_the_payload(vendor: Vendor) -> None:
    vendor.will("enableDKIM", ok({"dkim_host": "ea1", "dkim_key": "v=DKIM1"}))

    key = vendor.client().dkim.enable("acme.example")

    assert (key.host, key.key) == ("ea1", "v=DKIM1")


LOGO = bytes(range(256)) + b"&lt;+ %"


@pytest.mark.parametrize(("encoding", "sent"), [("base64", base64.b64encode(LOGO)), ("raw", LOGO)])
def test_a_logo_arrives_byte_for_byte(vendor: Vendor, encoding: str, sent: bytes) -> None:
    vendor.client(logo_encoding=encoding).branding.set(
        domain="acme.example",
        name="A & B",
        support_email="h@acme.example",
        color="1B6CA8",
        logo=LOGO,
    )

    body = parse_qs(vendor.sent_to("setDomainBrandingV2")[0].body.decode(), encoding="latin-1")
    assert body["brand[newlogo]"][0].encode("latin-1") == sent
    assert body["brand[brandcolor]"] == ["1b6ca8"]


def test_a_logo_that_is_too_large_is_not_sent(vendor: Vendor) -> None:
    with pytest.raises(errors.InvalidInput):
        vendor.client().branding.set(
            domain="acme.example", name="", support_email="", color="", logo=b"x" * 512_001
        )

    assert vendor.sent == []


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("al.emailarray.com/index.php", "https://al.emailarray.com/index.php"),
        ("//al.emailarray.com/", "https://al.emailarray.com/"),
        ("http://127.0.0.1:9025/webmail", "http://127.0.0.1:9025/webmail"),
        ("127.0.0.1:9025/webmail", "https://127.0.0.1:9025/webmail"),
    ],
)
def test_the_address_of_webmail_has_a_scheme(vendor: Vendor, told: str, url: str) -> None:
    vendor.will("getOTPassAndToken", ok({"otp": "o-1234", "token": "t-1234", "url": told}))

    assert vendor.client().sessions.webmail_login("acme.example", "nora").url == url


def test_the_scheme_of_webmail_is_that_of_the_api(vendor: Vendor) -> None:
    vendor.will("getOTPassAndToken", ok({"otp": "o-1", "token": "t-1", "url": "127.0.0.1:9025/w"}))
    client = vendor.client(admin_url="http://127.0.0.1:9025/admin/json.php")

    found = client.sessions.webmail_login("acme.example", "nora")

    assert found.url == "http://127.0.0.1:9025/w"


@pytest.mark.parametrize(
    "payload",
    [
        {"otp": "o", "token": "t", "url": "javascript://alert(1)"},
        {"otp": "o", "token": "t", "url": ""},
        {"otp": "", "token": "t", "url": "al.example"},
        {"otp": "o", "url": "al.example"},
        "Done",
    ],
)
def test_a_webmail_login_that_lacks_something_is_an_error(vendor: Vendor, payload: object) -> None:
    vendor.will("getOTPassAndToken", ok(payload))

    with pytest.raises(errors.Unreadable):
        vendor.client().sessions.webmail_login("acme.example", "nora")


def test_the_control_panel_is_opened_with_base64_fields(vendor: Vendor) -> None:
    vendor.will("getOTPass", ok("K7tq-2Zfa>?ü"))

    found = vendor.client().sessions.control_panel_login("ACME.example", "nora")

    assert found.url == "https://cp.emailarray.com/processlogin.php"
    assert base64.b64decode(found.fields["u"]).decode() == "nora@acme.example"
    assert base64.b64decode(found.fields["p"]).decode() == "K7tq-2Zfa>?ü"


def test_the_tls_context_is_built_once() -> None:
    first = tls_context()

    with build_http(), build_http():
        assert tls_context() is first


def test_cookies_are_not_kept(vendor: Vendor) -> None:
    answer = httpx.Response(200, json=ok("t-1234"), headers={"Set-Cookie": "PHPSESSID=abc; Path=/"})
    vendor.will("login", answer)

    vendor.client().domains.add("acme.example")

    assert all("cookie" not in one.headers for one in vendor.sent)
