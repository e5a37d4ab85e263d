"""Bulk actions: tick, preview, confirm, watch, try the failed ones again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

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
