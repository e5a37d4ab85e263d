"""The golden examples: exactly these fields leave, exactly these answers are understood."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from provisioning.emailarray import errors
from provisioning.emailarray.types import DkimState, VerificationState
from tests.provisioning.emailarray.runs import DOMAIN, GOLDEN, golden_vendor, names, run_of

ADMIN_ACTIONS = {
    "login",
    "getAdminStats",
    "getAdminBrandInfo",
    "getAccountStats",
    "changePassword",
    "changeEmail",
    "getAllDomains",
    "isDomainAvailable",
    "addDomain",
    "removeDomain",
    "updateDomain",
    "getDomainInfo",
    "getDomainVerification",
    "getDomainAssignedQuota",
    "getFooterDomain",
    "setFooterDomain",
    "getAliasDomains",
    "addAliasDomain",
    "removeAliasDomain",
    "getAllUsersDomain",
    "searchUsers",
    "getTotalUsersDomain",
    "addUser",
    "updateUser",
    "getUserInfo",
    "enableUser",
    "disableUser",
    "removeUser",
    "getOTPass",
    "getOTPassAndToken",
    "addAlias",
    "removeAlias",
    "getAllAliasesDomain",
    "addList",
    "getAllListsDomain",
    "removeList",
    "getListMembers",
    "addListMember",
    "removeListMember",
    "getAllForwardsDomain",
    "getDKIM",
    "enableDKIM",
    "disableDKIM",
    "getDomainBrandInfo",
    "setDomainBrandingV2",
    "resetDomainBranding",
}
USER_ACTIONS = {"login", "addForward", "removeForward", "getForwards"}


@pytest.mark.parametrize("example", GOLDEN, ids=names(GOLDEN))
def test_a_call_sends_exactly_the_golden_fields(example: dict[str, Any]) -> None:
    vendor = golden_vendor(example)

    run_of(example)(vendor.client())

    sent = vendor.sent_to(example["action"], example["api"])[0]
    assert sorted(sent.body.decode().split("&")) == sorted(example["body"].split("&"))
    assert sent.fields == dict(example["request"])
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"


def test_all_46_admin_and_4_user_actions_can_be_sent_and_no_others() -> None:
    vendor = golden_vendor()
    client = vendor.client()

    for example in GOLDEN:
        run_of(example)(client)

    assert {one.action for one in vendor.sent if one.api == "admin"} == ADMIN_ACTIONS
    assert {one.action for one in vendor.sent if one.api == "user"} == USER_ACTIONS
    assert (len(ADMIN_ACTIONS), len(USER_ACTIONS)) == (46, 4)


def result_of(api: str, action: str) -> Any:
    """Run the first example of an action against its golden answer."""
    example = next(one for one in GOLDEN if (one["api"], one["action"]) == (api, action))
    return run_of(example)(golden_vendor().client())


def test_golden_answers_about_the_account_are_read() -> None:
    stats = result_of("admin", "getAdminStats")
    brand = result_of("admin", "getAdminBrandInfo")
    (entry,) = result_of("admin", "getAccountStats")

    assert (stats.basic_used, stats.basic_allowed, stats.enhanced_used) == (41, 500, 7)
    assert (stats.quota_used_mb, stats.quota_allowed_mb) == (305_000, 2_000_000)
    assert (brand.name, brand.color, brand.link) == ("Acme Mail", "1b6ca8", "https://acme.example")
    assert (entry.action, entry.remote_ip, entry.at_text) == (
        "addUser",
        "192.0.2.44",
        "2026-03-04 09:12:55",
    )
    assert entry.at.isoformat() == "2026-03-04T09:12:55+00:00"


def test_golden_answers_about_domains_are_read() -> None:
    acme, shop = result_of("admin", "getAllDomains")
    info = result_of("admin", "getDomainInfo")
    pending = result_of("admin", "getDomainVerification")
    (alias,) = result_of("admin", "getAliasDomains")

    assert (acme.domain, acme.is_active, acme.domain_type) == (DOMAIN, True, "2")
    assert (shop.domain, shop.is_active) == ("shop.example", False)
    assert (info.mailbox_count, info.total_quota_mb, info.has_exchange) == (9, 45_000, False)
    assert (info.time_zone, info.home_country) == ("Europe/Berlin", "DE")
    assert pending.state is VerificationState.PENDING
    assert pending.record == "ea-verify=6c1f0a9d7be24413"
    assert pending.reason == "No matching TXT record was found"
    assert (alias.domain, alias.remote_id) == ("acme-mail.example", "88")
    assert result_of("admin", "getDomainAssignedQuota") == 45_000
    assert result_of("admin", "getFooterDomain") == "<p>Acme GmbH</p>"
    assert result_of("admin", "isDomainAvailable")


def test_golden_answers_about_mailboxes_are_read() -> None:
    page = result_of("admin", "getAllUsersDomain")
    nora = result_of("admin", "getUserInfo")
    counts = result_of("admin", "getTotalUsersDomain")

    assert [row.email for row in page.rows] == ["nora@acme.example", "desk@acme.example"]
    assert page.total == 2
    assert (page.rows[0].quota_mb, page.rows[0].quota_gb) == (10_000, Decimal(10))
    assert (page.rows[1].quota_gb, page.rows[1].usage_mb) == (Decimal("0.5"), 0)
    assert page.rows[1].is_disabled
    assert page.rows[1].last_login_at is None
    assert (nora.time_zone, nora.account_type, nora.display_name) == (
        "Europe/Berlin",
        2,
        "Nora Quist",
    )
    assert (counts.basic, counts.enhanced) == (6, 3)


def test_golden_answers_about_the_other_nouns_are_read() -> None:
    (alias,) = result_of("admin", "getAllAliasesDomain")
    (team,) = result_of("admin", "getAllListsDomain")
    (forward,) = result_of("admin", "getAllForwardsDomain")
    (own,) = result_of("user", "getForwards")
    key = result_of("admin", "enableDKIM")
    webmail = result_of("admin", "getOTPassAndToken")
    session = result_of("user", "login")

    assert (alias.name, alias.target, alias.remote_id) == ("info", "nora@acme.example", "912")
    assert (team.name, team.domain, team.list_type) == ("team", DOMAIN, "1")
    assert (forward.username, forward.target) == ("nora", "nora.q@mail.example")
    assert (own.username, own.target) == ("nora", "nora.q@mail.example")
    assert (key.state, key.host) == (DkimState.ENABLED, "ea1._domainkey")
    assert key.key == "v=DKIM1; k=rsa; p=MIGfMA0GCSq"
    assert webmail.url == "https://al.emailarray.com/index.php"
    assert webmail.form_fields == {"accessToken": "c41e77b0d2", "password": "K7tq-2Zfa-91Lm"}
    assert session.token == "5be0c1d97a3f4e62b8d4a6f01c9e7d35"
    assert result_of("admin", "getListMembers") == ["nora@acme.example", "guest@partner.example"]
    assert result_of("admin", "getDKIM").state is DkimState.DISABLED
    assert result_of("admin", "getDomainBrandInfo").logo_url.endswith("domain-3107.png")
    assert result_of("admin", "getOTPass").value == "K7tq-2Zfa-91Lm"


# What each variant of a golden answer means: an error, or a test of the result.
MEANINGS: dict[tuple[str, str], type[errors.EmailArrayError] | Callable[[Any], bool]] = {
    ("login", "bad credentials"): errors.AuthenticationFailed,
    ("login", "spent or wrong"): errors.Rejected,
    ("getAccountStats", "nothing yet"): lambda got: got == [],
    ("getAllDomains", "no domains"): lambda got: got == [],
    ("getAllDomains", "stale token"): errors.AuthenticationFailed,
    ("isDomainAvailable", "taken"): lambda got: (
        not got.is_available and got.message == "Domain is already in use"
    ),
    ("addDomain", "exists"): errors.AlreadyExists,
    ("removeDomain", "missing"): errors.NotFound,
    ("getDomainVerification", "verified"): lambda got: got.state is VerificationState.VERIFIED,
    ("getDomainVerification", "unknown domain (same code!)"): lambda got: (
        got.state is VerificationState.UNKNOWN
    ),
    ("getFooterDomain", "none"): lambda got: got == "",
    ("getAliasDomains", "none"): lambda got: got == [],
    ("getAllUsersDomain", "everything: slicing/offset/limit = 0"): lambda got: len(got.rows) == 2,
    ("getAllUsersDomain", "empty domain"): lambda got: got.rows == () and got.total == 0,
    ("addUser", "exists"): errors.AlreadyExists,
    ("addUser", "weak password"): errors.InvalidInput,
    ("addUser", "unverified"): errors.NotVerified,
    ("getUserInfo", "missing"): errors.NotFound,
    ("addAlias", "name taken by mailbox, list or alias"): errors.AlreadyExists,
    ("getAllAliasesDomain", "none"): lambda got: got == [],
    ("getAllListsDomain", "local-part form"): lambda got: got[0].name == "team",
    ("getListMembers", "none"): lambda got: got == [],
    ("getAllForwardsDomain", "none"): lambda got: got == [],
    ("getDKIM", "enabled"): lambda got: got.state is DkimState.ENABLED,
    ("getDKIM", "key issued, not active (the module calls this pending)"): lambda got: (
        got.state is DkimState.ISSUED and got.host == "ea1._domainkey"
    ),
    ("getDomainBrandInfo", "never set"): lambda got: got.name == "" and got.color == "",
    ("getForwards", "none"): lambda got: got == [],
}
VARIANTS = [(one, variant) for one in GOLDEN for variant in one["variants"]]


@pytest.mark.parametrize(
    ("example", "variant"),
    VARIANTS,
    ids=[f"{one['api']}-{one['action']}-{variant['label'][:16]}" for one, variant in VARIANTS],
)
def test_a_variant_of_a_golden_answer_is_understood(
    example: dict[str, Any], variant: dict[str, Any]
) -> None:
    vendor = golden_vendor({**example, "response": variant["response"]})
    meaning = MEANINGS[example["action"], variant["label"]]

    if isinstance(meaning, type):
        with pytest.raises(errors.EmailArrayError) as caught:
            run_of(example)(vendor.client())

        assert isinstance(caught.value, meaning)
        assert caught.value.vendor_message == variant["response"]["returndata"]
    else:
        assert meaning(run_of(example)(vendor.client()))
