"""Every recorded call, word for word, against a stand-in that is in the recorded situation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioning.sandbox import Sandbox
from tests.contract.conftest import DOMAIN, PASSWORD, RESELLER, Party
from tests.contract.golden import EXAMPLES, READS, Example, differences

Situation = Callable[[Sandbox, Party], None]


def nothing(_sandbox: Sandbox, _party: Party) -> None:
    """The example needs no more than the domain and its mailbox."""


def without_the_domain(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("removeDomain", domain=DOMAIN)


def without_the_mailbox(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("removeUser", domain=DOMAIN, username="nora")


def with_the_domain_unverified(sandbox: Sandbox, party: Party) -> None:
    without_the_domain(sandbox, party)
    sandbox.add_domain(DOMAIN, reseller=RESELLER, verified=False)


def with_an_alias(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("addAlias", domain=DOMAIN, alias="info", forward=f"nora@{DOMAIN}")


def with_a_list(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("addList", domain=DOMAIN, newlname="team", newlisttype="1")


def with_a_member(sandbox: Sandbox, party: Party) -> None:
    with_a_list(sandbox, party)
    party.wire.call(
        "addListMember", editlname="team", editdomain=DOMAIN, newmember="guest@partner.example"
    )


def with_an_alias_domain(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("addAliasDomain", domain=DOMAIN, adomain="acme-mail.example")


def with_a_forward(_sandbox: Sandbox, party: Party) -> None:
    token = user_token(party)
    party.wire.post(
        "user", [("action", "addForward"), ("token", token), ("newforward", "nora.q@mail.example")]
    )


def with_dkim(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("enableDKIM", domain=DOMAIN)


def with_a_footer(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("setFooterDomain", domain=DOMAIN, footertxt="<p>Acme GmbH</p>")


def user_token(party: Party) -> str:
    otp = party.wire.call("getOTPass", domain=DOMAIN, username="nora").data
    login = [("action", "login"), ("username", "nora"), ("password", otp), ("domain", DOMAIN)]
    return str(party.wire.post("user", login).data)


SITUATIONS: dict[str, Situation] = {
    "isDomainAvailable": without_the_domain,
    "addDomain": without_the_domain,
    "getDomainVerification": with_the_domain_unverified,
    "getFooterDomain": with_a_footer,
    "getAliasDomains": with_an_alias_domain,
    "removeAliasDomain": with_an_alias_domain,
    "addUser": without_the_mailbox,
    "removeAlias": with_an_alias,
    "getAllAliasesDomain": with_an_alias,
    "getAllListsDomain": with_a_list,
    "addListMember": with_a_list,
    "getListMembers": with_a_member,
    "removeListMember": with_a_member,
    "removeList": with_a_list,
    "getAllForwardsDomain": with_a_forward,
    "getForwards": with_a_forward,
    "removeForward": with_a_forward,
}
#: These answer values of their own: keys, tokens and one-time passwords.
ANSWERS_OF_THEIR_OWN = READS | {
    "login",
    "getDomainVerification",
    "getUserInfo",
    "getOTPass",
    "getOTPassAndToken",
    "getListMembers",
    "getForwards",
    "enableDKIM",
}


def sent(party: Party, example: Example) -> list[tuple[str, str]]:
    """Return the recorded request, with the tokens and passwords of this run."""
    pairs = list(example.request)
    if example.api == "admin":
        return [(name, party.wire.token if name == "token" else value) for name, value in pairs]
    if example.action == "login":
        otp = party.wire.call("getOTPass", domain=DOMAIN, username="nora").data
        return [(name, otp if name == "password" else value) for name, value in pairs]
    token = user_token(party)
    return [(name, token if name == "token" else value) for name, value in pairs]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_recorded_call_gets_the_recorded_answer(
    sandbox: Sandbox, stand_in: Party, example: Example
) -> None:
    SITUATIONS.get(example.action, nothing)(sandbox, stand_in)

    reply = stand_in.wire.post(example.api, sent(stand_in, example))

    assert reply.status == 200
    assert reply.code == example.response["returncode"]
    assert differences(reply.body, example.response) == []
    if example.action not in ANSWERS_OF_THEIR_OWN:
        assert reply.body == example.response


def test_every_action_of_both_paths_has_a_recorded_example() -> None:
    admin = {example.action for example in EXAMPLES if example.api == "admin"}
    user = {example.action for example in EXAMPLES if example.api == "user"}

    assert (len(admin), len(user)) == (46, 4)


def wrong_password(_sandbox: Sandbox, party: Party) -> None:
    party.wire.call("changePassword", password1=PASSWORD, password2="Another#2032")


def no_domains(sandbox: Sandbox, party: Party) -> None:
    without_the_domain(sandbox, party)


def nothing_done_yet(sandbox: Sandbox, party: Party) -> None:
    assert sandbox.calls("addUser") == []
    assert party.wire.token


def expired(sandbox: Sandbox, _party: Party) -> None:
    sandbox.expire_sessions()


def with_dkim_switched_off(sandbox: Sandbox, party: Party) -> None:
    with_dkim(sandbox, party)
    party.wire.call("disableDKIM", domain=DOMAIN)


def with_a_mailbox_called_info(sandbox: Sandbox, _party: Party) -> None:
    sandbox.add_mailbox(DOMAIN, "info")


VARIANTS: list[tuple[str, str, Situation, dict[str, str]]] = [
    ("login", "bad credentials", wrong_password, {}),
    ("getAccountStats", "nothing yet", nothing_done_yet, {}),
    ("getAllDomains", "no domains", no_domains, {}),
    ("getAllDomains", "stale token", expired, {}),
    ("isDomainAvailable", "taken", nothing, {}),
    ("addDomain", "exists", nothing, {}),
    ("removeDomain", "missing", without_the_domain, {}),
    ("getDomainVerification", "verified", nothing, {}),
    ("getDomainVerification", "unknown domain (same code!)", without_the_domain, {}),
    ("getFooterDomain", "none", nothing, {}),
    ("getAliasDomains", "none", nothing, {}),
    ("getAllUsersDomain", "empty domain", without_the_mailbox, {}),
    ("addUser", "exists", nothing, {}),
    ("addUser", "weak password", without_the_mailbox, {"password": "lumen-4471"}),
    ("addUser", "unverified", with_the_domain_unverified, {}),
    ("getUserInfo", "missing", without_the_mailbox, {}),
    ("addAlias", "name taken by mailbox, list or alias", with_a_mailbox_called_info, {}),
    ("getAllAliasesDomain", "none", nothing, {}),
    ("getListMembers", "none", with_a_list, {}),
    ("getAllForwardsDomain", "none", nothing, {}),
    ("getDomainBrandInfo", "never set", nothing, {}),
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant[0]}-{variant[1]}")
def test_a_recorded_variant_gets_its_recorded_answer(
    sandbox: Sandbox, stand_in: Party, variant: tuple[str, str, Situation, dict[str, str]]
) -> None:
    action, label, situation, other = variant
    example = next(known for known in EXAMPLES if known.action == action)
    situation(sandbox, stand_in)
    pairs = [(name, other.get(name, value)) for name, value in sent(stand_in, example)]

    reply = stand_in.wire.post("admin", pairs)

    assert reply.body == example.variants[label]


def test_a_spent_one_time_password_opens_nothing(stand_in: Party) -> None:
    example = next(known for known in EXAMPLES if (known.action, known.api) == ("login", "user"))
    pairs = sent(stand_in, example)
    stand_in.wire.post("user", pairs)

    reply = stand_in.wire.post("user", pairs)

    assert reply.body == example.variants["spent or wrong"]


@pytest.mark.parametrize(
    ("situation", "enabled"), [(with_dkim, "1"), (with_dkim_switched_off, "0")]
)
def test_an_issued_dkim_key_is_shown_whether_signing_is_on_or_off(
    sandbox: Sandbox, stand_in: Party, situation: Situation, enabled: str
) -> None:
    situation(sandbox, stand_in)

    state = stand_in.wire.call("getDKIM", domain=DOMAIN).data

    assert state["dkim_enabled"] == enabled
    assert state["dkim_host"] == "ea1._domainkey"
    assert state["dkim_key"].startswith("v=DKIM1; k=rsa; p=")
