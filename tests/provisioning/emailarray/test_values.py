"""How values are spelled for the vendor, and how its loose values are read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.emailarray import ClientConfig, errors, readers, wire


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (True, "1"),
        (False, "0"),
        (Decimal(5), "5"),
        (Decimal("5.0"), "5"),
        (Decimal("0.5"), "0.5"),
        (Decimal("7.50"), "7.5"),
        (Decimal(100), "100"),
        (Decimal("1E+2"), "100"),
        (0, "0"),
        (25, "25"),
        ("a b", "a b"),
    ],
)
def test_values_are_spelled_as_plain_text(value: wire.FormValue, spelled: str) -> None:
    assert wire.fields({"field": value}) == {"field": spelled}


def test_none_is_not_sent_and_empty_text_is() -> None:
    assert wire.fields({"gone": None, "kept": ""}) == {"kept": ""}


def test_a_form_is_encoded_as_the_vendor_reads_it() -> None:
    body = wire.form({"brand[name]": "A & B", "note": "ü", "logo": b"\x00\xff"})

    assert body == b"brand%5Bname%5D=A+%26+B&note=%C3%BC&logo=%00%FF"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("ACME.example", "acme.example"),
        (" acme.example. ", "acme.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_domains_are_lower_case_a_labels(name: str, sent: str) -> None:
    assert wire.domain(name) == sent


@pytest.mark.parametrize("name", ["", "  ", ".", "bü cher.example", "ü" * 70 + ".example"])
def test_what_cannot_be_a_domain_is_refused_here(name: str) -> None:
    with pytest.raises(errors.InvalidInput):
        wire.domain(name)


@pytest.mark.parametrize("name", ["", " ", "nora@acme.example"])
def test_what_is_no_local_part_is_refused_here(name: str) -> None:
    with pytest.raises(errors.InvalidInput):
        wire.local_part(name)


@pytest.mark.parametrize("whole", ["", "nora", "@acme.example", "nora@"])
def test_what_is_no_address_is_refused_here(whole: str) -> None:
    with pytest.raises(errors.InvalidInput):
        wire.address(whole)


def test_an_address_keeps_its_local_part_as_typed() -> None:
    assert wire.address(" Nora.Q@Bücher.EXAMPLE ") == "Nora.Q@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("value", "mb"),
    [
        ("10000", 10_000),
        (10_000, 10_000),
        (512.4, 512),
        ("2.3 GB", 2_300),
        ("2310 MB", 2_310),
        ("500KB", 0),
        ("1500 kb", 2),
        ("1 TB", 1_000_000),
        ("0", 0),
        ("", None),
        (None, None),
        ("unlimited", None),
        ("-5", None),
        (True, None),
        ("NaN", None),
        ([], None),
    ],
)
def test_sizes_are_read_in_mb_and_never_guessed(value: object, mb: int | None) -> None:
    assert readers.megabytes(value, 1000) == mb


def test_the_factor_counts_only_where_a_unit_is_named() -> None:
    assert readers.megabytes("2 GB", 1024) == 2048
    assert readers.megabytes("2048", 1024) == 2048


@pytest.mark.parametrize(
    ("value", "kept"),
    [("1", 1), (2, 2), ("7", 7), (None, 1), ("", 1), ("Enhanced", 2), ("gold", 0), (2.0, 2)],
)
def test_account_types_are_kept_even_when_unknown(value: object, kept: int) -> None:
    assert readers.account_type(value) == kept


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("1", True), (1, True), (True, True), ("0", False), (0, False), ("", False), (None, False)],
)
def test_switches_are_read_in_every_spelling(value: object, is_on: bool) -> None:  # noqa: FBT001
    assert readers.switch(value) is is_on


@pytest.mark.parametrize("never", ["", None, "Never", "0000-00-00 00:00:00", "0", "9" * 40])
def test_a_time_that_is_none_is_none(never: object) -> None:
    assert readers.moment(never, "UTC") is None


def test_times_are_read_in_the_vendors_zone() -> None:
    summer = readers.moment("2026-07-01 12:00:00", "Europe/Berlin")

    assert summer == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert readers.moment("1767225600", "Europe/Berlin") == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("payload", [None, "", [], {}])
def test_empty_collections_come_in_four_forms(payload: object) -> None:
    assert readers.rows(payload) == []


def test_a_list_with_gaps_comes_as_an_object() -> None:
    assert readers.rows({"10": "c", "0": "a", "2": "b"}) == ["a", "b", "c"]


@pytest.mark.parametrize("payload", ["nothing here", 0, 7, True, {"user": "nora"}])
def test_anything_else_is_no_collection(payload: object) -> None:
    assert readers.rows(payload) is None


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.lists(st.integers())))
def test_no_value_breaks_a_reader(value: object) -> None:
    read = (
        readers.text(value),
        readers.whole(value),
        readers.switch(value),
        readers.account_type(value),
        readers.megabytes(value, 1000),
        readers.moment(value, "UTC"),
    )

    assert len(read) == 6


@pytest.mark.parametrize(
    "settings",
    [
        {"admin_url": "ftp://host/json.php"},
        {"admin_url": ""},
        {"user_url": "https://user:pw@host/json.php"},
        {"token_seconds": 241},
        {"mb_per_gb": 0},
        {"page_size": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    merged: dict[str, object] = {"server_key": "s", "username": "u", "password": "p", **settings}

    with pytest.raises(ValueError, match=next(iter(settings))):
        ClientConfig(**merged)  # type: ignore[arg-type]
