"""Activity: who did what to a service, in plain words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from clientarea.activity_words import SENTENCES, sentence
from clients.actors import Actor
from clients.models import Activity, User
from clients.models.activity import scope_label
from clients.operations import activity
from provisioning import tasks
from provisioning.models import Mailbox
from provisioning.operations import aliases, lists, mailboxes
from provisioning.operations.mailboxes import MailboxChange
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at


def page(browser: Browser, service: Service, query: str = "") -> str:
    response = browser.get(f"{at('activity', service)}{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def note(service: Service, action: str, actor: Actor, name: str = "a@acme.test") -> Activity:
    with transaction.atomic():
        return activity.record(
            action=action,
            subject=service.mail_domain,
            name=name,
            client=service.client,
            actor=actor,
            scope=service.mail_domain,
        )


@pytest.fixture
def ada(owner: User) -> Actor:
    """The owner at work."""
    return Actor.from_user(owner)


def test_what_was_done_reads_as_a_sentence_with_a_name(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    anna = makers.make_mailbox(service, "anna", vendor=vendor)
    aliases.add_alias(mail_domain=service.mail_domain, local_part="sales", target="anna", actor=ada)
    mailboxes.update_mailbox(
        mailbox=anna, change=MailboxChange(account_type=2, quota_mb=10000), actor=ada
    )

    html = page(customer, service)

    assert "Alias sales@acme.test to anna@acme.test was added" in html
    assert "Mailbox anna@acme.test was changed" in html
    assert "Type: Basic → Enhanced" in html
    assert "Quota: 5 GB → 10 GB" in html
    assert "by Ada" in html
    assert "staff" not in html


def test_a_new_password_is_told_and_never_shown(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    anna = makers.make_mailbox(service, "anna", vendor=vendor)
    mailboxes.update_mailbox(mailbox=anna, change=MailboxChange(password="Lumen-4471!x"), actor=ada)

    html = page(customer, service)

    assert "Mailbox anna@acme.test was given a new password" in html
    assert "Lumen" not in html
    assert "/undo/" not in html


def test_members_that_joined_and_left_are_named(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    makers.make_mailbox(service, "anna", vendor=vendor)
    makers.make_mailbox(service, "ben", vendor=vendor)
    team = lists.add_list(
        mail_domain=service.mail_domain, local_part="team", members=["anna"], actor=ada
    )
    lists.change_members(
        distribution_list=team, members=["ben", *[f"p{n}@x.test" for n in range(8)]], actor=ada
    )

    html = page(customer, service)

    assert "The members of list team@acme.test were changed" in html
    assert "Left: anna@acme.test" in html
    assert "and 4 more" in html


def test_staff_are_named_as_staff_and_for_whom(
    customer: Browser, service: Service, owner: User
) -> None:
    grace = makers.make_user(email="grace@house.test", first_name="Grace", is_staff=True)
    note(service, "dkim.enabled", Actor.from_user(grace))
    for_ada = Actor.restore(user=grace, on_behalf_of=owner, name=grace.name)
    note(service, "dkim.disabled", for_ada)
    note(service, "domain.verified", Actor.system("module queue"))

    html = page(customer, service)

    assert "by Grace, staff" in html
    assert "by Grace, staff, for Ada" in html
    assert "automatically" in html
    assert "module queue" not in html


def test_an_action_nobody_has_words_for_is_still_told(
    customer: Browser, service: Service, ada: Actor
) -> None:
    note(service, "shoe.was_polished", ada, name="left shoe")

    assert "left shoe: shoe was polished" in page(customer, service)


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_every_sentence_can_be_said_of_a_line_that_tells_nothing(
    service: Service, action: str
) -> None:
    line = Activity(action=action, object_name="x@acme.test")

    said = sentence(line, service.mail_domain)

    assert "%(" not in said
    assert not said.endswith(".")


def test_lines_are_filtered_by_kind_and_person(
    customer: Browser, service: Service, ada: Actor
) -> None:
    ben = makers.make_user(email="ben@people.test", first_name="Ben")
    note(service, "mailbox.enabled", ada, name="one@acme.test")
    note(service, "alias.deleted", Actor.from_user(ben), name="two@acme.test")
    note(service, "domain.verified", Actor.system("cron"), name="three.test")

    def shown(query: str) -> list[str]:
        told = re.findall(r'<div class="break">([^<]*)</div>', page(customer, service, query))
        return re.findall(r"(one@acme|two@acme|three)\.test w", " ".join(told))

    assert shown("?kind=aliases") == ["two@acme"]
    assert shown(f"?person={ben.pk}") == ["two@acme"]
    assert shown("?person=system") == ["three"]
    assert shown(f"?kind=mailboxes&person={ben.pk}") == []
    assert "Nothing of that kind" in page(customer, service, f"?kind=mailboxes&person={ben.pk}")
    assert len(shown("?kind=shoe&person=x&before=z")) == 3


def test_another_services_lines_are_not_shown(
    customer: Browser, service: Service, ada: Actor
) -> None:
    other = makers.make_service(client=service.client, domain="other.test")
    note(other, "dkim.enabled", ada)

    assert "Nothing has happened yet" in page(customer, service)
    assert "DKIM was enabled" in page(customer, other)


def test_pages_are_kept_apart_by_key_while_lines_come_in(
    customer: Browser, service: Service, ada: Actor
) -> None:
    for number in range(120):
        note(service, "mailbox.enabled", ada, name=f"n{number:03}@acme.test")

    def names(html: str) -> list[str]:
        return re.findall(r"<div class=\"break\">Mailbox n(\d+)@", html)

    def leads(html: str, rel: str) -> str:
        found = re.search(rf'href="(\?[^"]+)"\s+rel="{rel}"', html)
        assert found is not None
        return found[1].replace("&amp;", "&")

    first = page(customer, service)
    note(service, "mailbox.enabled", ada, name="n999@acme.test")
    second = page(customer, service, leads(first, "next"))
    third = page(customer, service, leads(second, "next"))
    back = page(customer, service, leads(third, "prev"))

    assert names(first)[0] == "119"
    assert len(names(first)) == len(names(second)) == 50
    assert names(second)[0] == "069"
    assert names(third) == [f"{n:03}" for n in range(19, -1, -1)]
    assert 'rel="next"' not in third
    assert 'rel="prev"' not in first
    assert names(back) == names(second)


def test_times_are_those_of_the_reader(
    customer: Browser, service: Service, owner: User, ada: Actor
) -> None:
    line = note(service, "dkim.enabled", ada)
    noon = timezone.now().replace(hour=12, minute=34)
    Activity.objects.filter(pk=line.pk).update(created_at=noon)
    owner.time_zone = "Asia/Kolkata"
    owner.save()

    assert ">18:04<" in page(customer, service)


def test_a_year_of_lines_costs_no_more_than_a_day(
    customer: Browser,
    service: Service,
    ada: Actor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    Activity.objects.bulk_create(
        Activity(
            actor_kind="user",
            actor=ada.user,
            actor_name="Ada",
            client=service.client,
            action="alias.added",
            object_type="provisioning.alias",
            object_id=str(number),
            object_name=f"n{number}@acme.test",
            scope=scope_label(service.mail_domain),
            after={"local_part": f"n{number}", "target": "anna@acme.test"},
        )
        for number in range(5000)
    )

    with django_assert_max_num_queries(8):
        html = page(customer, service)

    assert html.count("/undo/") == 50
    assert len(html.encode()) <= 100 * 1024


def test_who_only_sees_the_service_reads_and_undoes_nothing(
    service: Service, ada: Actor, vendor: Sandbox
) -> None:
    makers.make_mailbox(service, "anna", vendor=vendor)
    aliases.add_alias(mail_domain=service.mail_domain, local_part="sales", target="anna", actor=ada)
    books = Browser()
    books.force_login(makers.make_member(client=service.client, permissions=["products"]))

    html = page(books, service)
    line = Activity.objects.get(action="alias.added")
    refused = books.post(at("activity-undo", service, activity_id=line.pk))

    assert "Alias sales@acme.test" in html
    assert "/undo/" not in html
    assert refused.status_code == 403
    assert "sales" in vendor.aliases("acme.test")


def test_the_page_of_a_suspended_service_is_still_readable(customer: Browser, owner: User) -> None:
    client = owner.memberships.get().client if owner.memberships.exists() else None
    service = makers.make_service(
        client=client or makers.make_client(owner=owner), status="suspended"
    )
    note(service, "alias.added", Actor.from_user(owner))

    html = page(customer, service)

    assert "was added" in html
    assert "/undo/" not in html


def test_a_lost_answer_to_a_deletion_says_that_nothing_was_deleted(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    anna = makers.make_mailbox(service, "anna", vendor=vendor)
    vendor.faults.add(action="disableUser", kind="http_502")
    mailboxes.delete_mailbox(mailbox=anna, actor=ada)
    Mailbox.objects.update(unsettled_since=timezone.now() - timedelta(minutes=2))
    Mailbox.objects.update(trashed_at=Mailbox.objects.get().unsettled_since)

    tasks.settle_mailbox(mailbox_id=anna.pk)

    assert "Mailbox anna@acme.test was not deleted" in page(customer, service)
