"""What clients are told by email: each thing once, in words they can read, and no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from billing.models import BillingProfile, BillingSettings, Service
from billing.operations import (
    credit,
    notices,
    payments,
    profiles,
    suspension,
)
from clients.actors import Actor
from clients.models import Activity, Client, EmailMessage, Permission, User
from clients.operations import email_templates
from clients.operations.sign_up import NewClient, sign_up
from provisioning.models import MailDomain
from provisioning.operations import mailboxes
from provisioning.operations.mailboxes import MailboxSpec
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.closing_steps import ACTOR, DUE, NOW, TODAY
from tests.billing.documents import hosting, issue, pay
from tests.billing.email_stories import (
    SAYS,
    STORIES,
    Kind,
    World,
    change,
    poll,
    wait_for_the_record,
)
from tests.billing_makers import make_billed_service, make_priced_product
from tests.clientarea.type_steps import agree, logged_in, make_full_plan

pytestmark = pytest.mark.django_db
Run = Callable[[], None]
OPTIONS = {"enhanced_mailboxes": "3.00"}


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def client() -> Client:
    return makers.make_client(name="Acme")


@pytest.fixture
def service(vendor: Sandbox, client: Client) -> Service:
    """A monthly service with three Enhanced mailboxes, paid for up to 1 June."""
    product = make_priced_product("0.00", options=OPTIONS, name="Business Mail")
    return make_billed_service(
        client=client,
        product=product,
        choices={"enhanced_mailboxes": 3},
        next_due=DUE,
        domain="acme.test",
        vendor=vendor,
    )


@pytest.fixture
def world(client: Client, service: Service, vendor: Sandbox, run_jobs: Run) -> World:
    return World(client, service, vendor, run_jobs)


@pytest.mark.parametrize("letter", STORIES)
def test_client_and_user_are_told_once_each_in_their_language(world: World, letter: str) -> None:
    world.client.language = "de"
    world.client.save()
    reader = makers.make_member(client=world.client, permissions=Permission.values)
    User.objects.filter(pk=reader.pk).update(language="en")

    STORIES[letter](world)

    sent = {each.to: each for each in EmailMessage.objects.filter(template=letter)}
    assert EmailMessage.objects.filter(template=letter).count() == len(sent)
    assert {address: each.language for address, each in sent.items()} == {
        world.client.email: "de",
        reader.email: "en",
    }
    _check(sent[reader.email], world, SAYS[letter][0])
    _check(sent[world.client.email], world, SAYS[letter][1])


def _check(message: EmailMessage, world: World, words: str) -> None:
    said = message.subject + "\n" + message.text
    assert message.client == world.client
    assert words in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "http://testserver/" in message.text
    assert not {"{{", "}}", "None", makers.PASSWORD, "<b", "&lt;"} & set(said.split())
    assert "{{" not in message.html
    assert 'href="http://testserver/' in message.html
    assert Activity.objects.filter(action="email.queued", object_id=str(message.pk)).exists()


def letters_of(client: Client) -> list[str]:
    return [each.template for each in client.emails.order_by("pk")]


def test_a_new_client_is_welcomed_at_their_own_address() -> None:
    details = NewClient(
        first_name="Grace",
        last_name="Hopper",
        email="Grace@people.test",
        country="US",
        language="de",
    )

    made = sign_up(details=details, password=makers.PASSWORD, ip_address=None)

    message = EmailMessage.objects.get()
    assert (message.template, message.to, message.client) == (
        "client_signup",
        "grace@people.test",
        made,
    )
    assert "Willkommen, Grace Hopper" in message.subject
    assert makers.PASSWORD not in message.text + message.html


def test_users_are_told_of_what_they_were_given_and_nobody_twice(client: Client) -> None:
    makers.make_member(client=client, permissions=["invoices"], email="books@acme.test")
    makers.make_member(client=client, permissions=["managemailboxes"], email="mail@acme.test")
    makers.make_member(client=client, permissions=["invoices"], email=client.email.upper())
    gone = makers.make_member(client=client, permissions=["invoices"], email="gone@acme.test")
    gone.is_active = False
    gone.save()

    issue(client)

    assert sorted(each.to for each in EmailMessage.objects.all()) == sorted(
        [client.email, "books@acme.test"]
    )


def test_a_user_reads_in_their_own_language(client: Client) -> None:
    reader = makers.make_member(client=client, permissions=["invoices"], email="books@acme.test")
    reader.language = "de"
    reader.save()

    issue(client)

    languages = dict(EmailMessage.objects.values_list("to", "language"))
    assert languages == {client.email: "en", "books@acme.test": "de"}


def test_an_invoice_that_credit_pays_is_told_of_once_as_paid(client: Client) -> None:
    profiles.profile_of(client)
    credit.add_credit(client=client, amount=Decimal("50.00"), description="Gift", actor=ACTOR)

    issue(client, "10.00", uses_credit=True)

    assert letters_of(client) == ["invoice_paid"]
    assert "from your credit balance" in EmailMessage.objects.get().text


def test_an_invoice_of_nothing_is_not_told_of(client: Client) -> None:
    issue(client, "0.00")

    assert letters_of(client) == []


def test_a_payment_of_all_is_told_of_once_and_one_of_too_much_as_well(client: Client) -> None:
    first, second = issue(client, "10.00"), issue(client, "10.00")

    pay(first, "10.00")
    pay(second, "25.00")

    assert letters_of(client) == ["invoice_created"] * 2 + ["invoice_paid"] * 2


def test_a_payment_of_no_invoice_is_on_the_credit_balance(client: Client) -> None:
    payments.record_payment(
        client=client,
        invoice=None,
        amount=Decimal("5.00"),
        gateway="bank_transfer",
        reference="TX-1",
        paid_on=TODAY,
        actor=ACTOR,
    )

    assert "on your credit balance" in EmailMessage.objects.get(template="payment_received").text


def test_a_notice_that_is_given_twice_is_sent_once(client: Client) -> None:
    made = issue(client, due=TODAY - timedelta(days=1))

    for _ in range(2):
        notices.give_notice(
            invoice_id=made.pk, kind=Kind.OVERDUE_1, now=timezone.now(), actor=ACTOR
        )

    assert letters_of(client) == ["invoice_created", "overdue_first"]


def test_who_wants_no_overdue_notices_gets_none(client: Client) -> None:
    issue(client, due=TODAY - timedelta(days=20))
    BillingProfile.objects.filter(client=client).update(wants_overdue_notices=False)

    today = date(2026, 5, 20)
    waves = notices.overdue_notices(today=today, settings=BillingSettings.current())

    assert [list(wave.invoices) for wave in waves] == [[], [], []]


def test_less_is_told_of_with_the_credit_for_it(world: World) -> None:
    change(world, mailboxes=1)

    assert letters_of(world.client) == ["credit_note", "upgrade_confirmation"]
    note = EmailMessage.objects.get(template="credit_note")
    assert "acme.test has less than before" in note.text


def test_a_suspension_for_an_open_invoice_says_how_it_is_lifted(world: World) -> None:
    issue(world.client, hosting(world.service), due=TODAY - timedelta(days=30))
    suspension.suspend_overdue(service_ids=[world.service.pk], today=TODAY, days=7, actor=ACTOR)
    world.run()

    message = EmailMessage.objects.get(template="service_suspended")
    assert "an invoice that is overdue" in message.text
    assert "http://testserver/billing/invoices/" in message.text


def test_a_missing_record_is_told_of_after_twelve_and_twenty_hours_and_again_when_added_anew(
    world: World,
) -> None:
    domain = wait_for_the_record(world, hours=11)
    assert letters_of(world.client) == []

    for hours in (12, 13, 20, 23):
        poll(world, domain, hours)

    told = EmailMessage.objects.filter(template="domain_not_verified").order_by("pk")
    assert ["last reminder" in each.text for each in told] == [False, True]

    world.vendor.clock.advance(25 * 3600)
    poll(world, domain, 24)
    poll(world, domain, 12)

    assert letters_of(world.client)[2:] == ["domain_lost", "domain_not_verified"]


def test_a_domain_without_a_service_is_nobody_s_to_be_told_of(
    vendor: Sandbox, run_jobs: Run
) -> None:
    service = makers.make_unverified(vendor=vendor)
    domain = service.mail_domain
    Service.objects.filter(pk=service.pk).delete()
    MailDomain.objects.filter(pk=domain.pk).update(
        added_at=timezone.now() - timedelta(hours=13), next_verification_at=timezone.now()
    )

    run_jobs()

    assert MailDomain.objects.get().verification_notice_hours == 12
    assert not EmailMessage.objects.exists()


def test_who_adds_a_mailbox_is_told_only_where_staff_want_that(world: World) -> None:
    user = makers.make_member(client=world.client, permissions=["managemailboxes"])
    asker, letter = Actor.from_user(user), "mailbox_created"
    spec = MailboxSpec(local_part="anna", password="Lumen-4471!x", quota_mb=1000, account_type=2)
    domain = world.service.mail_domain

    mailboxes.add_mailbox(mail_domain=domain, spec=spec, actor=asker)
    before = EmailMessage.objects.filter(template=letter).count()
    email_templates.add_template(name=letter, language="de", actor=ACTOR)
    second = replace(spec, local_part="ben")
    mailboxes.add_mailbox(mail_domain=domain, spec=second, actor=asker)

    message = EmailMessage.objects.get(template=letter)
    assert before == 0
    assert (message.to, message.user, message.client) == (user.email, user, world.client)
    assert "ben@acme.test is ready" in message.subject
    assert "Lumen" not in message.text + message.html + message.sealed


def test_a_mailbox_of_another_type_is_told_of_once(client: Client, vendor: Sandbox) -> None:
    owner = client.memberships.get().user

    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=False):
        service = make_full_plan(client, vendor)
        anna = makers.make_mailbox(service, "anna", vendor=vendor)
        agree(logged_in(owner), service, anna)

    message = EmailMessage.objects.get(template="mailbox_type_changed")
    assert message.subject == "PolarisMail: anna@acme.test is Enhanced now"
    assert "upgrade_confirmation" not in letters_of(client)
