"""Undo: asked for on a line of the activity, confirmed, done once, and refused in plain words."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Service
from clientarea.undo_words import PROMISES
from clients.actors import Actor
from clients.models import Activity, User
from provisioning import tasks
from provisioning.models import Entitlement, Mailbox
from provisioning.operations import aliases, branding, forwards, lists, mailboxes
from provisioning.operations.branding import BrandingSpec
from provisioning.operations.undo import INVERSES
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

Answer = tuple[int, str]


@pytest.fixture
def ada(owner: User) -> Actor:
    """The owner at work."""
    return Actor.from_user(owner)


@pytest.fixture(autouse=True)
def anna(service: Service, vendor: Sandbox) -> Mailbox:
    """A mailbox in use."""
    return makers.make_mailbox(service, "anna", vendor=vendor)


def undo_of(service: Service, action: str) -> str:
    line = Activity.objects.filter(action=action).latest("pk")
    return at("activity-undo", service, activity_id=line.pk)


def ask(browser: Browser, service: Service, action: str) -> Answer:
    return answer(browser.get(undo_of(service, action)))


def undo(browser: Browser, service: Service, action: str) -> Answer:
    return answer(browser.post(undo_of(service, action), follow=True))


def answer(response: Any) -> Answer:
    return response.status_code, " ".join(response.content.decode().split())


def add_alias(service: Service, actor: Actor) -> None:
    aliases.add_alias(
        mail_domain=service.mail_domain, local_part="sales", target="anna", actor=actor
    )


def test_everything_that_can_be_undone_says_first_what_undoing_does() -> None:
    assert set(PROMISES) == set(INVERSES)


def test_the_question_says_what_happens_and_asking_changes_nothing(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    before = Activity.objects.count()

    status, html = ask(customer, service, "alias.added")

    assert status == 200
    assert "Alias sales@acme.test to anna@acme.test was added" in html
    assert "Alias sales@acme.test is deleted: mail to it no longer reaches anna@acme.test." in html
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}
    assert Activity.objects.count() == before


def test_a_deleted_alias_comes_back_and_a_line_says_who_did_that(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    aliases.delete_alias(alias=service.mail_domain.aliases.get(), actor=ada)
    gone = vendor.aliases("acme.test")

    _status, html = undo(customer, service, "alias.deleted")

    assert gone == {}
    assert "Alias sales@acme.test is back" in html
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}
    assert service.mail_domain.aliases.get().target == "anna@acme.test"
    assert Activity.objects.latest("pk").actor == ada.user


def test_undoing_leads_back_to_the_same_part_of_the_log(
    customer: Browser, service: Service, ada: Actor
) -> None:
    add_alias(service, ada)

    shown = customer.get(f"{at('activity', service)}?kind=aliases").content.decode()
    link = f"{undo_of(service, 'alias.added')}?kind=aliases"
    response = customer.post(link)

    assert f'href="{link}"' in shown
    assert response.headers["Location"] == f"{at('activity', service)}?kind=aliases"


def test_what_was_taken_back_already_is_not_taken_back_again(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    undo(customer, service, "alias.added")
    lines = Activity.objects.count()

    asked, question = ask(customer, service, "alias.added")
    status, html = undo(customer, service, "alias.added")

    assert asked == 200
    assert "was taken back already, or something has changed since" in question
    assert '<form class="form-foot"' not in question
    assert status == 422
    assert "was taken back already, or something has changed since" in html
    assert vendor.aliases("acme.test") == {}
    assert Activity.objects.count() == lines


def test_the_vendors_refusal_is_told_and_undoing_can_be_tried_again(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    vendor.faults.add(action="removeAlias", kind="reject", sentence="Not today")

    status, html = undo(customer, service, "alias.added")
    kept = vendor.aliases("acme.test")
    _status, again = undo(customer, service, "alias.added")

    assert status == 422
    assert 'role="alert"' in html
    assert '<form class="form-foot"' in html
    assert kept == {"sales": "anna@acme.test"}
    assert "Alias sales@acme.test is gone again" in again
    assert vendor.aliases("acme.test") == {}


def test_a_vendor_that_is_away_changes_nothing(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    vendor.faults.add(kind="drop_before", count=0)

    status, html = undo(customer, service, "alias.added")

    assert status == 422
    assert "Nothing was changed" in html
    assert service.mail_domain.aliases.get().target == "anna@acme.test"


def test_forwards_are_stopped_and_started_again(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    forwards.add_forward(
        mail_domain=service.mail_domain, local_part="anna", target="anna@far.test", actor=ada
    )

    _asked, question = ask(customer, service, "forward.added")
    _status, stopped = undo(customer, service, "forward.added")
    none = vendor.forwards("acme.test")
    _status, started = undo(customer, service, "forward.deleted")

    assert "anna@acme.test sends no more copies to anna@far.test." in question
    assert "anna@acme.test sends no more copies to anna@far.test" in stopped
    assert none.get("anna", []) == []
    assert "anna@acme.test sends copies to anna@far.test again" in started
    assert vendor.forwards("acme.test") == {"anna": ["anna@far.test"]}


def test_a_list_gets_its_former_members_and_comes_back_with_them(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    team = lists.add_list(
        mail_domain=service.mail_domain,
        local_part="team",
        members=["anna", "x@far.test"],
        actor=ada,
    )
    lists.change_members(distribution_list=team, members=["anna"], actor=ada)

    _status, changed = undo(customer, service, "list.changed")
    members = sorted(vendor.lists("acme.test")["team"])
    lists.delete_list(distribution_list=service.mail_domain.distribution_lists.get(), actor=ada)
    _status, back = undo(customer, service, "list.deleted")

    assert "List team@acme.test has its former members again" in changed
    assert members == ["anna@acme.test", "x@far.test"]
    assert "List team@acme.test is back" in back
    assert sorted(vendor.lists("acme.test")["team"]) == members


def test_the_look_of_webmail_is_set_back(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    for color in ("0b6e4f", "aa0000"):
        look = BrandingSpec(name="Acme Mail", support_email="help@acme.test", color=color)
        branding.set_branding(mail_domain=service.mail_domain, branding=look, actor=ada)

    _status, html = undo(customer, service, "branding.changed")

    assert "Webmail looks as it did before" in html
    assert vendor.domains()["acme.test"]["brandcolor"] == "0b6e4f"


def test_a_deleted_mailbox_leads_to_recently_deleted_and_comes_back(
    customer: Browser, service: Service, ada: Actor, anna: Mailbox, vendor: Sandbox
) -> None:
    mailboxes.delete_mailbox(mailbox=anna, actor=ada)

    log = customer.get(at("activity", service)).content.decode()
    _status, html = undo(customer, service, "mailbox.trashed")
    after = customer.get(at("activity", service)).content.decode()

    assert log.count(at("mailboxes-deleted", service)) == 1
    assert "Mailbox anna@acme.test is back, with all its mail" in html
    assert Mailbox.objects.get().status == Mailbox.Status.ACTIVE
    assert vendor.mailboxes("acme.test")["anna"]["disabled"] is False
    assert at("mailboxes-deleted", service) not in after


def test_a_restored_mailbox_needs_a_place_in_the_plan(
    customer: Browser, service: Service, ada: Actor, anna: Mailbox, vendor: Sandbox
) -> None:
    mailboxes.delete_mailbox(mailbox=anna, actor=ada)
    domain = service.mail_domain
    domain.entitlement = Entitlement(basic_mailboxes=0)
    domain.save()

    status, html = undo(customer, service, "mailbox.trashed")

    assert status == 422
    assert 'role="alert"' in html
    assert Mailbox.objects.get().status == Mailbox.Status.TRASHED
    assert vendor.mailboxes("acme.test")["anna"]["disabled"] is True


def test_a_line_that_cannot_be_undone_says_so(
    customer: Browser, service: Service, ada: Actor
) -> None:
    mailboxes.update_mailbox(
        mailbox=service.mail_domain.mailboxes.get(),
        change=mailboxes.MailboxChange(password="Lumen-4471!x"),
        actor=ada,
    )

    asked, question = ask(customer, service, "mailbox.changed")
    status, html = undo(customer, service, "mailbox.changed")

    assert (asked, status) == (200, 422)
    assert "This cannot be undone." in question
    assert "This cannot be undone." in html
    assert Activity.objects.latest("pk").action == "mailbox.changed"


def test_a_feature_that_is_no_longer_sold_brings_nothing_back(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    domain = service.mail_domain
    aliases.delete_alias(alias=domain.aliases.get(), actor=ada)
    domain.features = [each for each in domain.features if each != "aliases"]
    domain.save()

    log = customer.get(at("activity", service)).content.decode()
    asked, question = ask(customer, service, "alias.deleted")
    status, html = undo(customer, service, "alias.deleted")

    assert "/undo/" not in log
    assert (asked, status) == (200, 422)
    assert "This is no longer part of your plan." in question
    assert "This is no longer part of your plan." in html
    assert vendor.aliases("acme.test") == {}


def test_another_services_line_is_not_found(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    line = Activity.objects.get(action="alias.added")
    other = makers.make_service(client=service.client, domain="other.test")

    response = customer.post(at("activity-undo", other, activity_id=line.pk))

    assert response.status_code == 404
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}


def test_a_suspended_service_undoes_nothing(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    service.mail_domain.__class__.objects.update(status="suspended")

    response = customer.post(undo_of(service, "alias.added"))

    assert response.status_code == 409
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"}


def test_a_lost_answer_is_told_as_being_checked(
    customer: Browser, service: Service, ada: Actor, vendor: Sandbox
) -> None:
    add_alias(service, ada)
    vendor.faults.add(action="removeAlias", kind="drop_after")

    status, html = undo(customer, service, "alias.added")

    assert status == 200
    assert "The change is being checked with the mail server." in html
    assert service.mail_domain.aliases.get().is_unsettled
