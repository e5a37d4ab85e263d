"""What every answer looks like: the envelope, its codes and its payload's kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import Party
from tests.contract.golden import EXAMPLES, READS, Example, differences

READ_EXAMPLES = [known for known in EXAMPLES if known.action in READS and known.api == "admin"]


def asked_of(party: Party, example: Example) -> list[tuple[str, str]]:
    """Return a recorded request with this party's own token, domain and mailbox."""
    own = {"token": party.wire.token, "domain": party.domain, "search": party.mailbox[:3]}
    return [(name, own.get(name, value)) for name, value in example.request]


@pytest.mark.parametrize("example", READ_EXAMPLES, ids=str)
def test_a_read_answers_in_the_recorded_shape(party: Party, example: Example) -> None:
    reply = party.wire.post("admin", asked_of(party, example))

    assert reply.status == 200
    assert differences(reply.body, example.response) == []


@pytest.mark.parametrize("example", READ_EXAMPLES, ids=str)
def test_the_code_of_a_read_is_the_integer_one(party: Party, example: Example) -> None:
    reply = party.wire.post("admin", asked_of(party, example))

    assert type(reply.code) is int
    assert reply.code == 1


def test_the_order_of_fields_does_not_matter(party: Party) -> None:
    pairs = [("domain", party.domain), ("token", party.wire.token), ("action", "getDomainInfo")]

    assert party.wire.post("admin", pairs).body == party.wire.post("admin", pairs[::-1]).body


def test_a_login_answers_a_short_opaque_token(party: Party) -> None:
    reply = party.wire.login(party.username, party.password)

    assert (reply.status, reply.code) == (200, 1)
    assert isinstance(reply.data, str)
    assert 0 < len(reply.data) <= 255


def test_a_second_login_leaves_the_first_session_open(party: Party) -> None:
    first = party.wire.token

    second = party.wire.login(party.username, party.password).data

    assert second != first
    party.wire.token = first
    assert party.wire.call("getAllDomains").code == 1


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("getAllDomains", {"token": "0" * 32}),
        ("getDomainInfo", {"domain": "not-ours-at-all.example"}),
        ("removeDomain", {"domain": "not-ours-at-all.example"}),
        ("noSuchAction", {}),
    ],
)
def test_a_refusal_is_status_200_with_code_zero_and_a_sentence(
    party: Party, action: str, fields: dict[str, str]
) -> None:
    pairs = {"action": action, "token": party.wire.token, **fields}

    reply = party.wire.post("admin", pairs.items())

    assert reply.status == 200
    assert (type(reply.code), reply.code) == (int, 0)
    assert isinstance(reply.data, str)
    assert reply.data


def test_a_wrong_password_is_refused_with_a_sentence(stand_in: Party) -> None:
    reply = stand_in.wire.login(stand_in.username, "Wrong-1234")

    assert reply.body == {"returncode": 0, "returndata": "Invalid username or password"}


@pytest.mark.parametrize(
    "fields", [{"domain": "not-ours-at-all.example"}, {"domain": "acme.example"}]
)
def test_verification_answers_code_zero_for_verified_and_for_unknown_alike(
    stand_in: Party, fields: dict[str, str]
) -> None:
    reply = stand_in.wire.call("getDomainVerification", **fields)

    assert reply.code == 0
    assert isinstance(reply.data, str)


def test_no_answer_of_a_read_is_an_object_keyed_by_index(party: Party) -> None:
    def has_numbered_object(value: Any) -> bool:
        if isinstance(value, dict):
            return "0" in value or any(map(has_numbered_object, value.values()))
        return isinstance(value, list) and any(map(has_numbered_object, value))

    for example in READ_EXAMPLES:
        reply = party.wire.post("admin", asked_of(party, example))

        assert not has_numbered_object(reply.data), example
