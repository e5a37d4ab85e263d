"""How bodies are read and answers are spelled."""

from __future__ import annotations

from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.sandbox.wire import encoded, parse_form
from tests.contract.wire import Wire
from tests.provisioning.sandbox.conftest import DOMAIN


def test_a_plus_is_a_space_and_an_escaped_plus_a_plus() -> None:
    assert parse_form(b"a=1+2%2B3&b=%20x").raw == {"a": b"1 2+3", "b": b" x"}


def test_bracket_arrays_are_read_escaped_or_not() -> None:
    escaped = parse_form(b"brand%5Bbrandname%5D=A&brand%5Bnewlogo%5D=")
    plain = parse_form(b"brand[brandname]=A&brand[newlogo]=")

    assert escaped.nested("brand") == plain.nested("brand") == {"brandname": b"A", "newlogo": b""}


def test_unnamed_brackets_are_counted() -> None:
    assert parse_form(b"m[]=a&m[]=b").nested("m") == {"0": b"a", "1": b"b"}


def test_the_last_of_two_equal_names_counts() -> None:
    assert parse_form(b"a=1&a=2").text("a") == "2"


def test_bytes_that_are_not_utf_8_are_read_as_latin_1() -> None:
    fields = parse_form(b"a=caf%E9&b=caf%C3%A9&c=\xff")

    assert (fields.text("a"), fields.text("b"), fields.text("c")) == ("café", "café", "ÿ")


@given(st.dictionaries(st.text("abcdefgh", min_size=1), st.binary()))
def test_any_bytes_survive_the_form(values: dict[str, bytes]) -> None:
    assert parse_form(urlencode(values).encode()).raw == values


@given(st.binary())
def test_any_body_is_read_without_complaint(body: bytes) -> None:
    fields = parse_form(body)

    assert fields.shown().keys() == fields.raw.keys()


def test_an_answer_is_pure_ascii_with_escaped_slashes() -> None:
    assert encoded({"returncode": 1, "returndata": "a/b é"}) == (
        b'{"returncode":1,"returndata":"a\\/b \\u00e9"}'
    )


def test_text_in_latin_1_is_stored_as_the_same_letters(wire: Wire) -> None:
    body = f"action=setFooterDomain&token={wire.token}&domain={DOMAIN}&footertxt=caf%E9"

    wire.client.post("/admin/json.php", content=body.encode())

    assert wire.call("getFooterDomain", domain=DOMAIN).data == "café"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/admin/json.php", "/json.php"])
def test_only_post_is_allowed_on_the_api(client: httpx.Client, method: str, path: str) -> None:
    response = client.request(method, path + "?action=" + quote_plus("getAllDomains"))

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_an_unknown_path_is_not_found(client: httpx.Client) -> None:
    assert client.post("/api/v2", data={"action": "login"}).status_code == 404


def test_an_empty_body_is_an_unknown_action(client: httpx.Client) -> None:
    assert client.post("/admin/json.php").json() == {
        "returncode": 0,
        "returndata": "Unknown action",
    }
