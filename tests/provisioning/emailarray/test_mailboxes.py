"""Mailboxes: paging, tolerant rows, and what is never taken for "none"."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from provisioning.emailarray import errors
from provisioning.emailarray.types import MailboxCounts
from tests.provisioning.emailarray.scripted import Script, Sent, Vendor, ok


def _row(number: int, **more: object) -> dict[str, object]:
    return {"username": f"user{number:04}", "quota": "5000", "account_type": "1", **more}


def _pages(count: int, *, total: bool = True, cap: int | None = None, overlap: int = 0) -> Script:
    """Return a vendor's paged list; `overlap` repeats rows of the page before."""
    everyone = [_row(number) for number in range(count)]

    def page(sent: Sent) -> dict[str, Any]:
        offset, limit = int(sent.fields["offset"]), int(sent.fields["limit"])
        start = max(offset - overlap, 0)
        rows = everyone[start : start + min(limit, cap or limit)]
        return ok(rows, **({"meta": {"all": count}} if total else {}))

    return page


@pytest.mark.parametrize("total", [True, False])
def test_250_mailboxes_come_in_three_pages(vendor: Vendor, total: bool) -> None:  # noqa: FBT001
    vendor.will("getAllUsersDomain", _pages(250, total=total))

    found = list(vendor.client().mailboxes.all("acme.example"))

    assert len({row.username for row in found}) == len(found) == 250
    asked = [one.fields["offset"] for one in vendor.sent_to("getAllUsersDomain")]
    assert asked == ["0", "100", "200"]
    assert {one.fields["limit"] for one in vendor.sent_to("getAllUsersDomain")} == {"100"}


def test_a_full_last_page_needs_no_further_one_when_the_total_is_told(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(200))

    assert len(list(vendor.client().mailboxes.all("acme.example"))) == 200
    assert len(vendor.sent_to("getAllUsersDomain")) == 2


def test_a_full_last_page_is_followed_by_another_when_it_is_not(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(200, total=False))

    assert len(list(vendor.client().mailboxes.all("acme.example"))) == 200
    assert len(vendor.sent_to("getAllUsersDomain")) == 3


def test_a_vendor_that_caps_its_pages_is_read_to_the_end(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(250, cap=40))

    assert len(list(vendor.client().mailboxes.all("acme.example"))) == 250


def test_rows_that_come_twice_are_yielded_once(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(150, overlap=10))

    found = [row.username for row in vendor.client().mailboxes.all("acme.example")]

    assert len(found) == len(set(found))
    assert {"user0000", "user0099", "user0139"} <= set(found)


@pytest.mark.parametrize("total", [{}, {"meta": {"all": 9999}}])
def test_a_vendor_that_ignores_the_offset_is_not_asked_for_ever(
    vendor: Vendor, total: dict[str, object]
) -> None:
    vendor.will("getAllUsersDomain", ok([_row(number) for number in range(100)], **total))

    assert len(list(vendor.client().mailboxes.all("acme.example"))) == 100
    assert len(vendor.sent_to("getAllUsersDomain")) == 2


def test_pages_are_only_fetched_when_they_are_read(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(250))

    next(vendor.client().mailboxes.all("acme.example"))

    assert len(vendor.sent_to("getAllUsersDomain")) == 1


def test_an_outage_between_pages_is_an_error_not_the_end(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", _pages(250), b"<html>")

    with pytest.raises(errors.Unreachable):
        list(vendor.client().mailboxes.all("acme.example"))


def test_a_page_without_limit_asks_for_everything(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", ok([]))

    vendor.client().mailboxes.page("acme.example", limit=0)

    sent = vendor.sent_to("getAllUsersDomain")[0].fields
    assert (sent["slicing"], sent["offset"], sent["limit"]) == ("0", "0", "0")
    assert (sent["getOTPAndToken"], sent["showQuota"]) == ("0", "1")


@pytest.mark.parametrize("payload", ["No idea", 7, True, {"nora": {}}, [1], ["nora"], [None]])
def test_what_is_no_list_of_mailboxes_is_an_error_never_none(
    vendor: Vendor, payload: object
) -> None:
    vendor.will("getAllUsersDomain", ok(payload))

    with pytest.raises(errors.Unreadable):
        vendor.client().mailboxes.page("acme.example")


def test_a_row_without_a_name_is_an_error(vendor: Vendor) -> None:
    vendor.will("getAllUsersDomain", ok([{"quota": "5000"}]))

    with pytest.raises(errors.Unreadable):
        vendor.client().mailboxes.page("acme.example")


@pytest.mark.parametrize("payload", [None, "", [], {}])
def test_a_domain_without_mailboxes_is_told_in_four_forms(vendor: Vendor, payload: object) -> None:
    vendor.will("getAllUsersDomain", ok(payload))

    assert vendor.client().mailboxes.page("acme.example").rows == ()


def test_a_row_is_read_with_numbers_nulls_and_missing_fields(vendor: Vendor) -> None:
    loose = {
        "id": 70551,
        "username": "nora@acme.example",
        "account_type": 9,
        "quota": 500,
        "usage": "half",
        "disabled": True,
        "uname": None,
        "lastauth_timestamp": "Never",
        "surprise": [1, 2],
    }
    vendor.will("getAllUsersDomain", ok({"7": loose, "3": {"username": "desk"}}))

    desk, nora = vendor.client().mailboxes.page("acme.example").rows

    assert (nora.username, nora.email, nora.remote_id) == ("nora", "nora@acme.example", "70551")
    assert (nora.account_type, nora.quota_gb, nora.usage_mb) == (9, Decimal("0.5"), None)
    assert (nora.is_disabled, nora.display_name, nora.last_login_at) == (True, "", None)
    assert (desk.email, desk.account_type) == ("desk@acme.example", 1)
    assert (desk.quota_mb, desk.quota_gb, desk.usage_mb) == (None, None, None)


def test_the_factor_between_gb_and_mb_is_a_setting(vendor: Vendor) -> None:
    vendor.will("getUserInfo", ok({"username": "nora", "quota": "5120"}))

    nora = vendor.client(mb_per_gb=1024).mailboxes.get("acme.example", "nora")

    assert (nora.quota_mb, nora.quota_gb) == (5120, Decimal(5))


def test_a_mailbox_that_is_no_object_is_an_error(vendor: Vendor) -> None:
    vendor.will("getUserInfo", ok("nora"))

    with pytest.raises(errors.Unreadable):
        vendor.client().mailboxes.get("acme.example", "nora")


@pytest.mark.parametrize(
    ("payload", "counts"),
    [
        ([6, 3], (6, 3)),
        (["6", "3"], (6, 3)),
        ({"basic": "6", "enhanced": 3}, (6, 3)),
        ({"0": 6, "1": 3}, (6, 3)),
        ([6], (6, None)),
        ("6", (6, None)),
        (6, (6, None)),
        (None, (None, None)),
        ("many", (None, None)),
        ([], (None, None)),
    ],
)
def test_counts_come_in_many_forms(
    vendor: Vendor, payload: object, counts: tuple[int | None, int | None]
) -> None:
    vendor.will("getTotalUsersDomain", ok(payload))

    assert vendor.client().mailboxes.counts("acme.example") == MailboxCounts(*counts)


def test_a_single_count_belongs_to_the_type_asked_for(vendor: Vendor) -> None:
    vendor.will("getTotalUsersDomain", ok(4))

    assert vendor.client().mailboxes.counts("acme.example", "E") == MailboxCounts(None, 4)


def test_the_optional_fields_of_a_new_mailbox_are_sent_only_when_given(vendor: Vendor) -> None:
    vendor.client().mailboxes.add(
        domain="ACME.example",
        username="nora",
        password=" Lumen-4471!x ",
        quota_gb=Decimal("0.50"),
        account_type=2,
        two_factor_allowed=False,
        time_zone="Europe/Berlin",
        date_format="dd-mm-yyyy",
    )

    assert vendor.sent_to("addUser")[0].fields == {
        "action": "addUser",
        "token": "admin-token-4711",
        "username": "nora",
        "domain": "acme.example",
        "account_type": "2",
        "password": " Lumen-4471!x ",
        "quota": "0.5",
        "uname": "",
        "twofa_allowed": "0",
        "user_language": "en",
        "timezone": "Europe/Berlin",
        "dateformat": "dd-mm-yyyy",
    }


@pytest.mark.parametrize("password", [None, ""])
def test_an_unchanged_password_is_not_sent(vendor: Vendor, password: str | None) -> None:
    vendor.client().mailboxes.update(
        domain="acme.example",
        username="nora",
        display_name="",
        quota_gb=Decimal(5),
        account_type=7,
        password=password,
    )

    sent = vendor.sent_to("updateUser")[0].fields
    assert "editpassword" not in sent
    assert (sent["edituname"], sent["editaccount_type"]) == ("", "7")


def test_a_nameless_mailbox_is_never_asked_to_be_removed(vendor: Vendor) -> None:
    client = vendor.client()

    for domain, username in (("", "nora"), ("acme.example", ""), ("acme.example", "a@b.example")):
        with pytest.raises(errors.InvalidInput):
            client.mailboxes.remove(domain, username)

    assert vendor.sent == []
