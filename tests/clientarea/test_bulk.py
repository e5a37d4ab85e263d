"""Bulk actions: tick, preview, confirm, watch, try the failed ones again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries, Settings

from billing.models import Service
from provisioning.models import Mailbox, MailboxBatch
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at


@pytest.fixture
def boxes(service: Service, vendor: Sandbox) -> list[Mailbox]:
    return [makers.make_mailbox(service, name, vendor=vendor) for name in ("anna", "ben", "carl")]


def ids(boxes: list[Mailbox]) -> list[int]:
    return [box.pk for box in boxes]


def preview(browser: Browser, service: Service, action: str, boxes: list[Mailbox]) -> Any:
    data: dict[str, Any] = {"action": action, "selected": ids(boxes)}
    return browser.get(at("batch-start", service), data, follow=True)


def confirm(
    browser: Browser, service: Service, action: str, boxes: list[Mailbox], **fields: str
) -> Any:
    data = {"action": action, "selected": ids(boxes), **fields}
    return browser.post(at("batch-start", service), data, follow=True)


def test_the_preview_changes_nothing(
    customer: Browser, service: Service, boxes: list[Mailbox], vendor: Sandbox
) -> None:
    vendor.forget_calls()

    html = preview(customer, service, "disable", boxes[:2]).content.decode()

    assert "Disable: 2 mailboxes" in html
    assert "anna@acme.test" in html
    assert "carl@acme.test" not in html
    assert not MailboxBatch.objects.exists()
    assert not vendor.calls()


@pytest.mark.parametrize(
    ("action", "fields", "check"),
    [
        ("disable", {}, lambda box: box.status == Mailbox.Status.DISABLED),
        ("delete", {}, lambda box: box.status == Mailbox.Status.TRASHED),
        ("set_type", {"account_type": "2"}, lambda box: box.account_type == 2),
        ("set_quota", {"quota_gb": "1.5"}, lambda box: box.quota_mb == 1500),
    ],
)
def test_what_is_confirmed_is_done_in_the_background(
    *,
    customer: Browser,
    service: Service,
    boxes: list[Mailbox],
    run_jobs: Callable[[], None],
    action: str,
    fields: dict[str, str],
    check: Callable[[Mailbox], bool],
) -> None:
    started = confirm(customer, service, action, boxes[:2], **fields).content.decode()
    run_jobs()
    done = customer.get(at("batch", service, batch_id=MailboxBatch.objects.get().pk))

    assert "Working…" in started
    assert 'hx-trigger="every 1s"' in started
    assert "All done" in done.content.decode()
    assert "every 1s" not in done.content.decode()
    assert all(check(box) for box in Mailbox.objects.filter(pk__in=ids(boxes[:2])))
    assert not check(Mailbox.objects.get(pk=boxes[2].pk))


def test_a_row_that_fails_says_why_and_only_it_is_tried_again(
    customer: Browser,
    service: Service,
    boxes: list[Mailbox],
    vendor: Sandbox,
    run_jobs: Callable[[], None],
) -> None:
    vendor.faults.add(action="disableUser", kind="reject", sentence="Not now", after=1)
    confirm(customer, service, "disable", boxes)
    run_jobs()
    batch = MailboxBatch.objects.get()
    html = customer.get(at("batch", service, batch_id=batch.pk)).content.decode()
    vendor.forget_calls()

    customer.post(at("batch-retry", service, batch_id=batch.pk))
    run_jobs()

    again = MailboxBatch.objects.latest("pk")
    assert "Finished; 1 mailbox needs a look" in html
    assert "Try the failed one again" in html
    assert again.items.count() == 1
    assert len(vendor.calls("disableUser")) == 1
    assert set(Mailbox.objects.values_list("status", flat=True)) == {Mailbox.Status.DISABLED}


def test_nothing_failed_means_nothing_to_try_again(
    customer: Browser, service: Service, boxes: list[Mailbox], run_jobs: Callable[[], None]
) -> None:
    confirm(customer, service, "disable", boxes)
    run_jobs()
    batch = MailboxBatch.objects.get()

    response = customer.post(at("batch-retry", service, batch_id=batch.pk), follow=True)

    assert response.status_code == 200
    assert MailboxBatch.objects.count() == 1


@pytest.mark.parametrize("data", [{"action": "disable"}, {"action": "disable", "selected": "x"}])
def test_nothing_ticked_is_said(customer: Browser, service: Service, data: dict[str, str]) -> None:
    html = customer.get(at("batch-start", service), data, follow=True).content.decode()

    assert "Tick at least one mailbox first." in html


def test_no_action_chosen_is_said(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    html = preview(customer, service, "", boxes).content.decode()

    assert "Choose what to do with the ticked mailboxes." in html


def test_a_missing_value_is_asked_for(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    response = confirm(customer, service, "set_quota", boxes, quota_gb="")

    assert response.status_code == 422
    assert "The quota must be more than 0." in response.content.decode()
    assert not MailboxBatch.objects.exists()


def test_mailboxes_of_somebody_else_are_left_out(
    customer: Browser, service: Service, boxes: list[Mailbox], run_jobs: Callable[[], None]
) -> None:
    foreign = makers.make_mailbox(makers.make_service(), "foreign")

    confirm(customer, service, "disable", [boxes[0], foreign])
    run_jobs()

    foreign.refresh_from_db()
    assert foreign.status == Mailbox.Status.ACTIVE
    assert MailboxBatch.objects.get().items.count() == 1


def test_the_batch_of_another_service_is_not_found(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    confirm(customer, service, "disable", boxes)
    other = makers.make_service(client=service.client)

    address = at("batch", other, batch_id=MailboxBatch.objects.get().pk)

    assert customer.get(address).status_code == 404


def test_htmx_is_given_the_progress_alone(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    confirm(customer, service, "disable", boxes)
    address = at("batch", service, batch_id=MailboxBatch.objects.get().pk)

    html = customer.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "0 of 3" in html
    assert "<html" not in html


# What becomes of each


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def many(service: Service, count: int) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(
            mail_domain=service.mail_domain,
            local_part=f"person{number:04}",
            account_type=1,
            quota_mb=5000,
            status=Mailbox.Status.ACTIVE,
        )
        for number in range(count)
    )


def test_a_value_is_chosen_before_it_is_shown_what_changes(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    choosing = words(preview(customer, service, "set_type", boxes))

    assert "Show what changes" in choosing
    assert "anna@acme.test Basic" in choosing
    assert "→" not in choosing


def test_the_preview_says_what_becomes_of_each_row(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    Mailbox.objects.filter(pk=boxes[1].pk).update(account_type=2, quota_mb=7500)
    data: dict[str, Any] = {"selected": ids(boxes[:2])}
    address = at("batch-start", service)

    types = words(customer.get(address, {**data, "action": "set_type", "account_type": "2"}))
    quotas = words(customer.get(address, {**data, "action": "set_quota", "quota_gb": "7.5"}))
    states = words(customer.get(address, {**data, "action": "disable"}))

    assert "anna@acme.test Basic → becomes Enhanced" in types
    assert "ben@acme.test stays Enhanced" in types
    assert "1 of them is so already" in types
    assert "anna@acme.test 5 GB → becomes 7.5 GB" in quotas
    assert "ben@acme.test stays 7.5 GB" in quotas
    assert "anna@acme.test Active → becomes Disabled" in states
    assert "carl" not in types + quotas + states
    assert not MailboxBatch.objects.exists()


# All that match


def test_all_that_match_are_changed_beyond_the_page(
    customer: Browser, service: Service, boxes: list[Mailbox]
) -> None:
    many(service, 30)
    listed = words(customer.get(at("mailboxes", service), {"search": "person"}))
    chosen = {"all": "30", "search": "person", "action": "disable"}
    shown = words(customer.get(at("batch-start", service), chosen))

    customer.post(at("batch-start", service), chosen)

    assert "All 30 that match" in listed
    assert "Disable: 30 mailboxes" in shown
    assert "person0029@acme.test" in shown
    assert "anna@acme.test" not in shown
    batch = MailboxBatch.objects.get()
    assert batch.items.count() == 30
    assert not batch.items.filter(mailbox__in=ids(boxes)).exists()


@pytest.mark.usefixtures("boxes")
def test_a_list_of_one_page_offers_no_more_than_its_rows(
    customer: Browser, service: Service
) -> None:
    html = customer.get(at("mailboxes", service)).content.decode()

    assert 'id="bulk"' in html
    assert 'name="all"' not in html


def test_a_list_that_has_changed_since_is_shown_again(customer: Browser, service: Service) -> None:
    many(service, 30)

    response = customer.post(at("batch-start", service), {"all": "29", "action": "disable"})

    assert response.status_code == 422
    assert "30 mailboxes match now. Nothing was started." in words(response)
    assert 'name="all" value="30"' in " ".join(response.content.decode().split())
    assert not MailboxBatch.objects.exists()


@pytest.mark.usefixtures("boxes")
@pytest.mark.parametrize("told", ["", "x", "-3"])
def test_all_without_a_number_is_shown_and_not_started(
    customer: Browser, service: Service, told: str
) -> None:
    response = customer.post(at("batch-start", service), {"all": told, "action": "disable"})

    assert response.status_code == 422
    assert not MailboxBatch.objects.exists()


def test_more_than_500_are_refused_with_a_way_out(customer: Browser, service: Service) -> None:
    many(service, 501)
    chosen = {"all": "501", "search": "person", "action": "disable"}

    response: Any = customer.post(at("batch-start", service), chosen, follow=True)

    assert "501 mailboxes match, and up to 500 can be changed at a time." in words(response)
    assert response.redirect_chain[-1][0].endswith("?search=person")
    assert not MailboxBatch.objects.exists()


def test_500_are_shown_with_few_queries(
    customer: Browser,
    service: Service,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many(service, 500)
    chosen = {"all": "500", "action": "set_quota", "quota_gb": "1"}

    with django_assert_max_num_queries(8):
        shown = words(customer.get(at("batch-start", service), chosen))

    assert shown.count("5 GB → becomes 1 GB") == 500


def test_a_search_that_finds_nothing_any_more_is_said(customer: Browser, service: Service) -> None:
    chosen = {"all": "3", "search": "nobody", "action": "delete"}

    response = customer.post(at("batch-start", service), chosen, follow=True)

    assert "No mailbox matches any more. Nothing was changed." in words(response)
    assert not MailboxBatch.objects.exists()


# Deleting many


@pytest.mark.parametrize("typed", ["11", " Acme.TEST "])
def test_deleting_many_asks_for_their_number_or_the_domain(
    customer: Browser, service: Service, typed: str
) -> None:
    many(service, 11)
    chosen = {"all": "11", "action": "delete"}
    address = at("batch-start", service)

    asked = words(customer.get(address, chosen))
    refused = customer.post(address, {**chosen, "typed": "10"})
    started_too_early = MailboxBatch.objects.exists()
    customer.post(address, {**chosen, "typed": typed})

    assert "Type 11 or acme.test to confirm" in asked
    assert refused.status_code == 422
    assert "Type 11 or acme.test to confirm." in words(refused)
    assert not started_too_early
    assert MailboxBatch.objects.get().items.count() == 11


def test_deleting_a_few_for_good_asks_as_well(
    customer: Browser, service: Service, boxes: list[Mailbox], settings: Settings
) -> None:
    settings.MAILBOX_TRASH_DAYS = 0

    shown = words(preview(customer, service, "delete", boxes))
    refused = confirm(customer, service, "delete", boxes, typed="3")

    assert "Active → becomes Deleted for good" in shown
    assert "Type acme.test to confirm" in shown
    assert refused.status_code == 422
    assert not MailboxBatch.objects.exists()


def test_deleting_ten_that_can_be_restored_asks_for_nothing(
    customer: Browser, service: Service
) -> None:
    many(service, 10)
    chosen = {"all": "10", "action": "delete"}

    shown = words(customer.get(at("batch-start", service), chosen))
    customer.post(at("batch-start", service), chosen)

    assert "to confirm" not in shown
    assert MailboxBatch.objects.get().items.count() == 10
