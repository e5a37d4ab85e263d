"""Deleting a mailbox on the pages: undo it, restore it, delete it now, meet its address again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries, Settings

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning.models import Mailbox, MailboxBatch
from provisioning.operations import mailboxes
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at, of

Status = Mailbox.Status
GOOD = "Lumen-4471!x"


@pytest.fixture
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    """A mailbox in use, known to the vendor."""
    return makers.make_mailbox(service, "anna", vendor=vendor)


@pytest.fixture
def deleted(anna: Mailbox, actor: Actor) -> Mailbox:
    """The same, after it was deleted."""
    return mailboxes.delete_mailbox(mailbox=anna, actor=actor)


@pytest.fixture
def at_once(settings: Settings) -> None:
    """A house that keeps nothing of what was deleted."""
    settings.MAILBOX_TRASH_DAYS = 0


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def status_of(mailbox: Mailbox) -> str:
    return str(Mailbox.objects.get(pk=mailbox.pk).status)


def test_the_question_says_until_when_it_can_be_restored_and_has_nothing_typed(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    html = text(customer.get(of("delete", service, anna)))

    until = timezone.localtime(timezone.now() + timedelta(days=7))
    assert f"Until <strong>{date_format(until, 'DATE_FORMAT')}" in html
    assert "Nothing brings them back" not in html
    assert 'name="address"' not in html


def test_a_deletion_is_told_with_a_button_that_takes_it_back(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    told = text(customer.post(of("delete", service, anna), follow=True))
    disabled = vendor.mailboxes("acme.test")["anna"]["disabled"]
    undone = text(customer.post(of("restore", service, anna), follow=True))

    assert "Mailbox anna@acme.test deleted" in told
    assert f'<form method="post" action="{of("restore", service, anna)}">' in told
    assert disabled is True
    assert "anna@acme.test is restored, with all its mail" in undone
    assert status_of(anna) == Status.ACTIVE
    assert vendor.mailboxes("acme.test")["anna"]["disabled"] is False


def test_without_a_trash_the_address_has_to_be_typed(
    customer: Browser,
    service: Service,
    anna: Mailbox,
    vendor: Sandbox,
    at_once: None,  # noqa: ARG001
) -> None:
    address = of("delete", service, anna)

    shown = text(customer.get(address))
    wrong = customer.post(address, {"address": "ana@acme.test"})
    kept = list(vendor.mailboxes("acme.test"))
    right = text(customer.post(address, {"address": " ANNA@acme.test "}, follow=True))

    assert "Nothing brings them back" in shown
    assert wrong.status_code == 422
    assert "Type anna@acme.test to confirm." in text(wrong)
    assert kept == ["anna"]
    assert "Mailbox anna@acme.test deleted" in right
    assert of("restore", service, anna) not in right
    assert status_of(anna) == Status.REMOVED
    assert not vendor.mailboxes("acme.test")


def test_accounts_leads_to_what_was_deleted_and_counts_it(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    before = text(customer.get(at("mailboxes", service)))
    customer.post(of("delete", service, anna))

    after = text(customer.get(at("mailboxes", service)))

    assert "Recently deleted (" not in before
    assert "Recently deleted (1)" in after
    assert at("mailboxes-deleted", service) in after
    assert f'id="m{anna.pk}"' not in after


def test_the_page_says_who_deleted_it_and_until_when_it_stays(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    customer.post(of("delete", service, anna))

    html = text(customer.get(at("mailboxes-deleted", service)))

    until = timezone.localtime(timezone.now() + timedelta(days=7))
    assert "anna@acme.test" in html
    assert "by Ada" in html
    assert f"{until:%Y, %H:%M}" in html
    assert of("restore", service, anna) in html
    assert of("purge", service, anna) in html


def test_staff_who_deleted_it_are_named_as_staff(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    grace = makers.make_user(email="grace@house.test", first_name="Grace", is_staff=True)
    mailboxes.delete_mailbox(mailbox=anna, actor=Actor.from_user(grace))

    html = text(customer.get(at("mailboxes-deleted", service)))

    assert "by Grace, staff" in html


def test_nothing_deleted_says_for_how_long_things_stay(customer: Browser, service: Service) -> None:
    html = text(customer.get(at("mailboxes-deleted", service)))

    assert "Nothing was deleted lately" in html
    assert "stays here for 7 days" in html


def test_restore_needs_a_free_place_and_says_so(
    customer: Browser, service: Service, deleted: Mailbox
) -> None:
    for number in range(10):
        makers.make_mailbox(service, f"b{number}")

    html = text(customer.post(of("restore", service, deleted), follow=True))

    assert "All 10 Basic mailboxes of your plan are in use." in html
    assert status_of(deleted) == Status.TRASHED


def test_a_second_click_on_restore_says_that_it_is_there(
    customer: Browser, service: Service, deleted: Mailbox
) -> None:
    customer.post(of("restore", service, deleted))

    html = text(customer.post(of("restore", service, deleted), follow=True))

    assert "anna@acme.test is active." in html
    assert status_of(deleted) == Status.ACTIVE


def test_what_was_disabled_comes_back_disabled(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    customer.post(of("disable", service, anna))
    customer.post(of("delete", service, anna))

    html = text(customer.post(of("restore", service, anna), follow=True))

    assert "anna@acme.test is restored, disabled as it was" in html
    assert status_of(anna) == Status.DISABLED
    assert vendor.mailboxes("acme.test")["anna"]["disabled"] is True


def test_delete_now_needs_the_address_typed(
    customer: Browser, service: Service, deleted: Mailbox, vendor: Sandbox
) -> None:
    address = of("purge", service, deleted)

    shown = text(customer.get(address))
    empty = customer.post(address, {"address": ""})
    kept = list(vendor.mailboxes("acme.test"))
    done = text(customer.post(address, {"address": "anna@acme.test"}, follow=True))

    assert "Nothing brings them back" in shown
    assert empty.status_code == 422
    assert kept == ["anna"]
    assert "Mailbox anna@acme.test is gone for good" in done
    assert status_of(deleted) == Status.REMOVED
    assert not vendor.mailboxes("acme.test")
    assert customer.get(address).status_code == 404


def test_what_is_in_use_cannot_be_deleted_by_the_door_of_the_trash(
    customer: Browser, service: Service, anna: Mailbox, vendor: Sandbox
) -> None:
    response = customer.post(of("purge", service, anna), {"address": "anna@acme.test"})

    assert response.status_code == 422
    assert "anna@acme.test is active." in text(response)
    assert status_of(anna) == Status.ACTIVE
    assert "anna" in vendor.mailboxes("acme.test")


@pytest.mark.parametrize(
    ("action", "page", "fields"),
    [
        ("disableUser", "delete", {}),
        ("enableUser", "restore", {}),
        ("removeUser", "purge", {"address": "anna@acme.test"}),
    ],
)
@pytest.mark.parametrize("fault", ["reject", "drop_after", "http_502"])
def test_under_every_fault_our_row_and_the_vendor_agree_in_the_end(
    *,
    customer: Browser,
    service: Service,
    anna: Mailbox,
    vendor: Sandbox,
    run_jobs: Callable[[], None],
    action: str,
    page: str,
    fields: dict[str, str],
    fault: str,
) -> None:
    if page != "delete":
        customer.post(of("delete", service, anna))
    sentence = {"sentence": "Not today"} if fault == "reject" else {}
    vendor.faults.add(action=action, kind=fault, **sentence)

    html = text(customer.post(of(page, service, anna), fields, follow=True))
    unclear = Mailbox.objects.get(pk=anna.pk).is_unsettled
    Mailbox.objects.exclude(unsettled_since=None).update(
        unsettled_since=timezone.now() - timedelta(minutes=2)
    )
    run_jobs()

    row = Mailbox.objects.get(pk=anna.pk)
    there = vendor.mailboxes("acme.test").get("anna")
    assert not row.is_unsettled
    assert (row.status == Status.REMOVED) == (there is None)
    assert there is None or there["disabled"] == (row.status == Status.TRASHED)
    assert unclear == (fault in {"drop_after", "http_502"})
    assert unclear or 'role="alert"' in html or "toast-line error" in html


def test_a_vendor_that_is_away_leaves_everything_as_it_was(
    customer: Browser, service: Service, deleted: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="*", kind="drop_before", count=0)

    restored = text(customer.post(of("restore", service, deleted), follow=True))
    purged = customer.post(of("purge", service, deleted), {"address": "anna@acme.test"})

    assert "toast-line error" in restored
    assert purged.status_code == 422
    assert 'role="alert"' in text(purged)
    assert status_of(deleted) == Status.TRASHED


def test_a_restore_without_an_answer_reads_being_checked(
    customer: Browser, service: Service, deleted: Mailbox, vendor: Sandbox
) -> None:
    vendor.faults.add(action="enableUser", kind="drop_after")

    told = text(customer.post(of("restore", service, deleted), follow=True))
    html = text(customer.get(at("mailboxes-deleted", service)))

    assert "anna@acme.test is being restored." in told
    assert "Being checked" in html
    assert of("restore", service, deleted) not in html


def test_a_row_that_went_into_the_trash_says_where_it_is(
    customer: Browser, service: Service, deleted: Mailbox
) -> None:
    html = text(customer.get(of("row", service, deleted)))

    assert "anna@acme.test is deleted." in html
    assert at("mailboxes-deleted", service) in html
    assert "every 3s" not in html


def test_its_address_offers_to_restore_it(
    customer: Browser, service: Service, deleted: Mailbox, vendor: Sandbox
) -> None:
    form = {
        "local_part": "anna",
        "password": GOOD,
        "quota_gb": "5",
        "account_type": "1",
        "display_name": "",
    }

    response = customer.post(at("mailboxes-add", service), form)

    html = text(response)
    assert response.status_code == 422
    assert "anna@acme.test was deleted lately." in html
    assert "Restore anna@acme.test" in html
    assert f'action="{of("restore", service, deleted)}"' in html
    assert GOOD not in html
    assert vendor.calls("addUser") == []


def test_many_are_deleted_with_the_same_promise(
    customer: Browser, service: Service, anna: Mailbox
) -> None:
    data: dict[str, Any] = {"action": "delete", "selected": [anna.pk]}

    html = text(customer.get(at("batch-start", service), data))

    assert "you can restore each of them" in html
    assert "Nothing brings them back" not in html


def test_many_are_deleted_for_good_once_the_domain_is_typed(
    customer: Browser,
    service: Service,
    anna: Mailbox,
    at_once: None,  # noqa: ARG001
) -> None:
    data: dict[str, Any] = {"action": "delete", "selected": [anna.pk]}

    shown = customer.get(at("batch-start", service), data)
    wrong = customer.post(at("batch-start", service), data)
    right = customer.post(at("batch-start", service), {**data, "typed": "ACME.test"})

    assert "Nothing brings them back" in text(shown)
    assert 'role="alert"' not in text(shown)
    assert wrong.status_code == 422
    assert "Type acme.test to confirm." in text(wrong)
    assert right.status_code == 302
    assert MailboxBatch.objects.count() == 1


def test_a_hundred_deleted_mailboxes_cost_no_more_than_one(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(100):
        makers.make_mailbox(service, f"b{number}", status=Status.TRASHED)

    with django_assert_max_num_queries(8):
        html = text(customer.get(f"{at('mailboxes-deleted', service)}?size=100"))

    assert html.count("Delete now") == 100
    assert len(html.encode()) <= 100 * 1024


def test_a_link_restores_nothing(customer: Browser, service: Service, deleted: Mailbox) -> None:
    assert customer.get(of("restore", service, deleted)).status_code == 405
    assert Activity.objects.filter(action="mailbox.restored").count() == 0
