"""The envelope: what counts as yes, as no, and as no answer at all."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from provisioning.emailarray import EmailArrayClient, errors
from provisioning.emailarray.envelope import decode
from tests.provisioning.emailarray.scripted import Vendor, ok

YES = [1, "1", True, "true", 1.0, 2, -1, "2", " 1 "]
NO = [0, "0", False, "false", "", 0.0, "00"]
NEITHER = [None, "perhaps", [], {}, [1], {"code": 1}]

UNREADABLE = {
    "HTML": b"<html><body>It works</body></html>",
    "nothing": b"",
    "cut JSON": b'{"returncode": 1, "returndata": [{"username": "no',
    "cut JSON with whole rows": b'{"returncode": 1, "returndata": [{"a": "1"}, {"b',
    "a list": b'[{"returncode": 1}]',
    "a text": b'"1"',
    "null": b"null",
    "no code": b'{"returndata": "Done"}',
    "null code": b'{"returncode": null, "returndata": "Done"}',
    "deep nest": b'{"returncode":' + b"[" * 100_000,
}


def _write(client: EmailArrayClient) -> None:
    client.domains.remove("acme.example")


def _read(client: EmailArrayClient) -> object:
    return client.domains.footer("acme.example")


@pytest.mark.parametrize("code", YES)
@pytest.mark.parametrize("run", [_write, _read])
def test_a_code_that_says_yes_is_success(
    vendor: Vendor, run: Callable[[EmailArrayClient], object], code: object
) -> None:
    for action in ("removeDomain", "getFooterDomain"):
        vendor.will(action, {"returncode": code, "returndata": "Fine"})

    assert run(vendor.client()) in {None, "Fine"}


@pytest.mark.parametrize("code", NO)
@pytest.mark.parametrize("run", [_write, _read])
def test_a_code_that_says_no_is_a_refusal_and_final(
    vendor: Vendor, run: Callable[[EmailArrayClient], object], code: object
) -> None:
    for action in ("removeDomain", "getFooterDomain"):
        vendor.will(action, {"returncode": code, "returndata": "Domain does not exist"})

    with pytest.raises(errors.NotFound):
        run(vendor.client())

    assert len(vendor.sent) == 2  # the login and the call


@pytest.mark.parametrize("code", NEITHER)
def test_a_code_that_says_neither_leaves_a_write_unknown_and_is_not_repeated(
    vendor: Vendor, code: object
) -> None:
    vendor.will("removeDomain", {"returncode": code, "returndata": "Fine"})

    with pytest.raises(errors.OutcomeUnknown):
        _write(vendor.client())

    assert len(vendor.sent_to("removeDomain")) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_answer_leaves_a_write_unknown(vendor: Vendor, body: bytes) -> None:
    vendor.will("removeDomain", body)

    with pytest.raises(errors.OutcomeUnknown):
        _write(vendor.client())

    assert len(vendor.sent_to("removeDomain")) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_answer_to_a_read_is_asked_for_again(vendor: Vendor, body: bytes) -> None:
    vendor.will("getFooterDomain", body, ok("Fine"))

    assert _read(vendor.client()) == "Fine"
    assert len(vendor.sent_to("getFooterDomain")) == 2


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_read_that_stays_unreadable_changed_nothing(vendor: Vendor, body: bytes) -> None:
    vendor.will("getFooterDomain", body)

    with pytest.raises(errors.Unreadable) as caught:
        _read(vendor.client())

    assert isinstance(caught.value, errors.Unreachable)
    assert len(vendor.sent_to("getFooterDomain")) == 3


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\r\n \t",
        b"<br />\n<b>Notice</b>: Undefined index in /www/json.php on line 7<br />\n",
        b"Notice: array {0} given {",
    ],
    ids=["mark", "blanks", "notice", "braces"],
)
def test_what_stands_before_the_answer_is_skipped(vendor: Vendor, before: bytes) -> None:
    vendor.will("getFooterDomain", before + json.dumps(ok("Fine")).encode() + b"\n<!-- 3 ms -->")

    assert _read(vendor.client()) == "Fine"
    assert len(vendor.sent_to("getFooterDomain")) == 1


def test_an_answer_in_latin_1_is_read() -> None:
    answer = decode('{"returncode": 1, "returndata": "Zoë"}'.encode("latin-1"))

    assert answer is not None
    assert answer.data == "Zoë"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"returncode": 0, "returndata": "A", "message": "B"}, "A"),
        ({"returncode": 0, "returndata": ["A"], "message": "B"}, "B"),
        ({"returncode": 0, "returndata": "", "message": "B"}, "B"),
        ({"returncode": 0, "returndata": None}, ""),
        ({"returncode": 0, "message": {"de": "B"}}, ""),
    ],
)
def test_the_sentence_of_a_refusal_is_found(
    vendor: Vendor, body: dict[str, object], sentence: str
) -> None:
    vendor.will("removeDomain", body)

    with pytest.raises(errors.Rejected) as caught:
        _write(vendor.client())

    assert caught.value.vendor_message == sentence


@pytest.mark.parametrize(
    ("total", "read"),
    [(250, 250), ("250", 250), (None, None), ("x", None), (True, None), (-1, None)],
)
def test_the_total_is_used_only_if_it_is_a_number(total: object, read: int | None) -> None:
    answer = decode(json.dumps(ok([], meta={"all": total})).encode())

    assert answer is not None
    assert answer.total == read


def test_a_payload_never_shows_in_the_repr() -> None:
    answer = decode(b'{"returncode": 1, "returndata": "secret-token"}')

    assert "secret-token" not in repr(answer)
