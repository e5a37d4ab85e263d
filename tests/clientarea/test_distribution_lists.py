"""Distribution lists: their page, their members, and what stops half-way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning.models import (
    DistributionList,
    DistributionListMember,
    Entitlement,
    Mailbox,
    MailDomain,
)
from provisioning.operations import lists
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

ANNA, BEN, GUEST = "anna@acme.test", "ben@acme.test", "guest@partner.test"


@pytest.fixture(autouse=True)
def _mailboxes(service: Service, vendor: Sandbox) -> None:
    makers.make_mailbox(service, "anna", vendor=vendor, display_name="Anna Keller")
    makers.make_mailbox(service, "ben", vendor=vendor)


def page(browser: Browser, service: Service, query: str = "") -> str:
    html = browser.get(f"{at('distribution-lists', service)}{query}").content.decode()
    return " ".join(html.split())


def listed(html: str) -> list[str]:
    return re.findall(r'class="address"[^>]*>([^<@]+)@', html)


def boxes(html: str) -> dict[str, bool]:
    """Return the checkboxes, and whether each is ticked."""
    tags = re.findall(r'name="members"\s+value="([^"]+)"(\s+checked)?', html)
    return {address: bool(ticked) for address, ticked in tags}


def create(browser: Browser, service: Service, **fields: Any) -> Any:
    values: dict[str, Any] = {"local_part": "team", "members": [ANNA], "addresses": GUEST}
    return browser.post(at("distribution-lists-add", service), values | fields)


def make_list(service: Service, *members: str, name: str = "team") -> DistributionList:
    row = DistributionList.objects.create(mail_domain=service.mail_domain, local_part=name)
    for address in members:
        row.members.create(address=address)
    return row


def edit(browser: Browser, service: Service, **fields: Any) -> Any:
    row = DistributionList.objects.get(local_part="team")
    return browser.post(at("distribution-lists-edit", service, list_id=row.pk), fields)


def test_save_creates_the_list_with_ticked_and_pasted_members(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    pasted = f"Guest <{GUEST}>; GUEST@partner.test\nben@acme.test,\n"

    response = create(customer, service, addresses=pasted)
    html = page(customer, service)

    assert response["Location"] == at("distribution-lists", service)
    assert "List team@acme.test created" in html
    assert "3 members" in html
    assert vendor.lists("acme.test") == {"team": [ANNA, BEN, GUEST]}


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"local_part": ""}, "local_part", "This field is required."),
        ({"local_part": "team@other.test"}, "local_part", "end in @acme.test"),
        ({"local_part": "anna"}, "local_part", "already a mailbox"),
        ({"addresses": "ok@x.test, no, @, a b@"}, "addresses", "not email addresses: @, b@"),
        ({"addresses": "team"}, "addresses", "cannot be a member of itself"),
        ({"addresses": "nobody@acme.test"}, "addresses", "no mailbox, alias or list nobody@"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(
    customer: Browser, service: Service, fields: dict[str, str], field: str, says: str
) -> None:
    response = create(customer, service, **fields)

    html = response.content.decode()
    assert response.status_code == 422
    assert says in html
    assert f'id="id_{field}-error"' in html
    assert boxes(html)[ANNA]
    assert not DistributionList.objects.exists()


def test_a_list_without_members_is_asked_about_once(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    asked = create(customer, service, members=[], addresses="")
    before = vendor.lists("acme.test")
    create(customer, service, members=[], addresses="", is_empty="on")

    assert asked.status_code == 422
    assert "Nobody would be on the list." in asked.content.decode()
    assert before == {}
    assert vendor.lists("acme.test") == {"team": []}


def test_a_search_without_scripts_keeps_what_was_filled_in(
    customer: Browser, service: Service
) -> None:
    html = create(customer, service, find="1", search="keller", members=[BEN]).content.decode()

    assert boxes(html) == {BEN: True, ANNA: False}
    assert 'value="team"' in html
    assert GUEST in html
    assert not DistributionList.objects.exists()


def test_the_difference_is_shown_before_it_is_applied(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    create(customer, service)

    shown = edit(customer, service, step="review", members=[BEN, GUEST], addresses="x@y.test")
    html = " ".join(shown.content.decode().split())
    before = vendor.lists("acme.test")
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', html)
    assert seen
    saved = edit(customer, service, step="save", members=[BEN, GUEST, "x@y.test"], seen=seen[1])

    assert "2 join" in html
    assert "One leaves" in html
    assert "One member stays." in html
    assert before == {"team": [ANNA, GUEST]}
    assert saved["Location"] == at("distribution-lists", service)
    assert vendor.lists("acme.test") == {"team": [GUEST, BEN, "x@y.test"]}


def test_back_leads_to_the_boxes_as_they_were_ticked(customer: Browser, service: Service) -> None:
    make_list(service, ANNA)

    html = edit(customer, service, step="back", members=[BEN]).content.decode()

    assert boxes(html) == {BEN: True, ANNA: False}


def test_no_difference_saves_nothing(customer: Browser, service: Service, vendor: Sandbox) -> None:
    make_list(service, ANNA)

    response = edit(customer, service, step="review", members=[ANNA], addresses="")

    assert response.status_code == 302
    assert "as they were" in customer.get(response["Location"]).content.decode()
    assert not vendor.calls()


def test_taking_everybody_off_is_asked_about(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    create(customer, service)

    review = edit(customer, service, step="review", members=[], addresses="").content.decode()
    refused = edit(customer, service, step="save", seen=lists.fingerprint([ANNA, GUEST]))
    before = vendor.lists("acme.test")
    edit(customer, service, step="save", seen=lists.fingerprint([ANNA, GUEST]), is_empty="on")

    assert "Nobody would be on the list." in review
    assert refused.status_code == 422
    assert before == {"team": [ANNA, GUEST]}
    assert vendor.lists("acme.test") == {"team": []}


def test_a_save_from_an_old_page_shows_the_new_difference(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    create(customer, service)

    response = edit(customer, service, step="save", members=[ANNA], seen=lists.fingerprint([ANNA]))

    html = response.content.decode()
    assert response.status_code == 422
    assert "changed in the meantime" in html
    assert lists.fingerprint([ANNA, GUEST]) in html
    assert vendor.lists("acme.test") == {"team": [ANNA, GUEST]}


def test_a_half_failed_save_tells_each_result_and_is_finished(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="addListMember", kind="reject", sentence="<b>No</b> such luck")

    response = create(customer, service)
    half = customer.get(response["Location"]).content.decode()
    html = page(customer, service)
    row = DistributionList.objects.get()
    customer.post(at("distribution-lists-finish", service, list_id=row.pk))

    assert "did not join." in half
    assert "such luck" in half
    assert "<b>No" not in half
    assert boxes(half)[ANNA]
    assert "1 member needs a look" in html
    assert vendor.lists("acme.test") == {"team": [GUEST, ANNA]}
    assert "needs a look" not in page(customer, service)


def test_many_changes_show_how_far_they_are(
    customer: Browser, service: Service, vendor: Sandbox, run_jobs: Any
) -> None:
    guests = ", ".join(f"guest{n:02}@partner.test" for n in range(30))

    response = create(customer, service, addresses=guests)
    html = " ".join(customer.get(response["Location"]).content.decode().split())
    row = DistributionList.objects.get()
    progress = at("distribution-lists-progress", service, list_id=row.pk)
    polled = customer.get(progress, headers={"HX-Request": "true"})
    run_jobs()
    done = customer.get(progress, headers={"HX-Request": "true"})

    assert "0 of 31" in html
    assert progress in html
    assert "0 of 31" in " ".join(polled.content.decode().split())
    assert done["HX-Refresh"] == "true"
    assert len(vendor.lists("acme.test")["team"]) == 31


def test_a_list_without_an_answer_is_listed_as_being_added(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.faults.add(action="addList", kind="http_502")

    response = create(customer, service)
    html = customer.get(response["Location"]).content.decode()

    assert "The list is being added" in html
    assert "Being added" in page(customer, service)


def test_delete_asks_first_and_then_deletes(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    create(customer, service)
    row = DistributionList.objects.get()
    address = at("distribution-lists-delete", service, list_id=row.pk)

    asked = " ".join(customer.get(address).content.decode().split())
    before = vendor.lists("acme.test")
    customer.post(address)

    assert "no longer reaches its 2 members" in asked
    assert before == {"team": [ANNA, GUEST]}
    assert vendor.lists("acme.test") == {}
    assert "List team@acme.test deleted" in page(customer, service)


def test_a_refused_deletion_is_told(customer: Browser, service: Service, vendor: Sandbox) -> None:
    create(customer, service)
    vendor.faults.add(action="removeList", kind="reject", sentence="Not today")
    row = DistributionList.objects.get()

    response = customer.post(at("distribution-lists-delete", service, list_id=row.pk))

    assert response.status_code == 422
    assert "Not today" in response.content.decode()
    assert DistributionList.objects.get().state == "present"


@pytest.mark.parametrize("name", ["edit", "delete", "finish"])
def test_a_list_of_another_service_is_not_found(
    customer: Browser, service: Service, vendor: Sandbox, name: str
) -> None:
    other = make_list(makers.make_service(client=service.client, vendor=vendor), ANNA)

    response = customer.post(at(f"distribution-lists-{name}", service, list_id=other.pk))

    assert response.status_code == 404
    assert not vendor.calls()


def test_search_looks_at_lists_and_members(customer: Browser, service: Service) -> None:
    make_list(service, ANNA, GUEST)
    make_list(service, BEN, name="crew")

    assert listed(page(customer, service, "?search=crew")) == ["crew"]
    assert listed(page(customer, service, "?search=partner")) == ["team"]
    assert "2 members" in page(customer, service, "?search=guest")
    assert listed(page(customer, service, "?sort=-members")) == ["team", "crew"]
    assert "No list matches" in page(customer, service, "?search=zzz")


def test_plans_without_lists_and_empty_pages_say_so(customer: Browser, service: Service) -> None:
    empty = page(customer, service)
    service.mail_domain.entitlement = Entitlement(distribution_lists=0)
    service.mail_domain.save()
    none = page(customer, service)

    assert "No lists yet" in empty
    assert "Distribution lists are not part of this plan" in none
    assert at("distribution-lists-add", service) not in none


def test_100_lists_of_200_and_1000_mailboxes_stay_light(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(
            mail_domain=service.mail_domain,
            local_part=f"person{n:05}",
            quota_mb=10,
            status=Mailbox.Status.ACTIVE,
        )
        for n in range(1000)
    )
    rows = DistributionList.objects.bulk_create(
        DistributionList(mail_domain=service.mail_domain, local_part=f"list{n:03}")
        for n in range(100)
    )
    DistributionListMember.objects.bulk_create(
        DistributionListMember(distribution_list=row, address=f"person{n:05}@acme.test")
        for row in rows
        for n in range(200)
    )
    MailDomain.objects.update(mirrored_at=None)
    pages = [
        at("distribution-lists", service),
        f"{at('distribution-lists', service)}?search=person00001&sort=-members&size=100",
        at("distribution-lists-add", service),
        at("distribution-lists-edit", service, list_id=rows[0].pk),
        at("distribution-lists-delete", service, list_id=rows[0].pk),
    ]

    for address in pages:
        with django_assert_max_num_queries(8):
            html = customer.get(address).content
        assert len(html) <= 100 * 1024, address
