"""What clients are told by email: each thing once, in words they can read, and no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from billing.models import BillingProfile, BillingSettings, InvoiceNotice, Service, TaxRule
from billing.operations import (
    cancellation,
    closing_notices,
    credit,
    credit_notes,
    notices,
    ordering,
    payments,
    profiles,
    suspension,
    termination,
    upgrades,
    wishes,
)
from billing.operations.payments import RefundTo
from billing.operations.upgrades import Change
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle
from clients.models import Activity, Client, EmailMessage
from clients.operations.sign_up import NewClient, sign_up
from provisioning.models import MailDomain
from provisioning.operations import lifecycle
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import configure
from tests.billing.closing_steps import ACTOR, DUE, NOW, TODAY, Timing, cancel, close
from tests.billing.documents import hosting, issue, line, pay
from tests.billing_makers import make_billed_service, make_priced_product

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


class World:
    """What a story needs: a client, its service, the vendor and the workers."""

    def __init__(self, client: Client, service: Service, vendor: Sandbox, run: Run) -> None:
        self.client, self.service, self.vendor, self.run = client, service, vendor, run


@pytest.fixture
def world(client: Client, service: Service, vendor: Sandbox, run_jobs: Run) -> World:
    return World(client, service, vendor, run_jobs)


def order(world: World) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    wish = Wish(
        product=world.service.product,
        domain="other.test",
        cycle=Cycle.MONTHLY,
        choices={"enhanced_mailboxes": 2},
        code="",
    )
    shown = wishes.preview(wish=wish, payer=wishes.payer_of(world.client), on=TODAY)
    quote = wishes.offer(shown=shown, client=world.client, user=None, now=timezone.now())
    ordering.place_order(
        quote_id=quote.pk, client=world.client, actor=ACTOR, on=TODAY, now=timezone.now()
    )


def begin(world: World) -> None:
    ordering.place_service(
        client=world.client, product=world.service.product, domain="new.test", actor=ACTOR
    )
    world.run()


def wait_for_the_record(world: World, hours: int = 13) -> MailDomain:
    domain = makers.make_unverified(client=world.client, vendor=world.vendor).mail_domain
    poll(world, domain, hours)
    return domain


def poll(world: World, domain: MailDomain, hours: int) -> None:
    MailDomain.objects.filter(pk=domain.pk).update(
        added_at=timezone.now() - timedelta(hours=hours), next_verification_at=timezone.now()
    )
    world.run()


def lose_the_domain(world: World) -> None:
    makers.make_unverified(client=world.client, vendor=world.vendor)
    world.vendor.clock.advance(25 * 3600)
    world.run()


def invoice(world: World) -> None:
    configure(payment_instructions="Bank transfer\nDE00 0000")
    issue(world.client, hosting(world.service), due=DUE)


def notice(kind: str) -> Callable[[World], None]:
    def give(world: World) -> None:
        made = issue(world.client, hosting(world.service), due=TODAY - timedelta(days=3))
        notices.give_notice(invoice_id=made.pk, kind=kind, now=timezone.now(), actor=ACTOR)

    return give


def pay_all(world: World) -> None:
    pay(issue(world.client, "10.00"))


def pay_a_part(world: World) -> None:
    pay(issue(world.client, "10.00"), "4.00")


def refund(world: World) -> None:
    payments.refund_payment(
        payment=pay(issue(world.client, "10.00")),
        amount=Decimal("4.00"),
        to=RefundTo.SOURCE,
        reference="BACK-1",
        on=TODAY,
        actor=ACTOR,
    )


def give_credit(world: World) -> None:
    credit_notes.issue_credit_note(
        client=world.client, items=[line("2.00")], on=TODAY, reason="Less", actor=ACTOR
    )


def suspend(world: World) -> None:
    lifecycle.request_suspension(mail_domain=world.service.mail_domain, reason="Spam", actor=ACTOR)
    world.run()


def unsuspend(world: World) -> None:
    suspend(world)
    lifecycle.request_unsuspension(mail_domain=read(world).mail_domain, actor=ACTOR)
    world.run()


def request_the_end(world: World) -> None:
    cancel(world.service, Timing.END_OF_PERIOD)


def withdraw(world: World) -> None:
    request = cancel(world.service, Timing.END_OF_PERIOD)
    cancellation.withdraw(request=request, actor=ACTOR, on=TODAY)


def switch_off(world: World) -> None:
    close(world.service)
    world.run()


def warn(world: World) -> None:
    closing = close(world.service)
    world.run()
    day = TODAY + timedelta(days=23)
    closing_notices.send_closing_notice(closing=closing, today=day, actor=ACTOR)


def restore(world: World) -> None:
    switch_off(world)
    termination.restore_service(service=read(world), actor=ACTOR, on=TODAY)
    world.run()


def end(world: World) -> None:
    lifecycle.request_termination(mail_domain=world.service.mail_domain, actor=ACTOR)
    world.run()


def change(world: World, mailboxes: int = 5) -> None:
    service = read(world)
    wanted = Change(service.product, Cycle.MONTHLY, {"enhanced_mailboxes": mailboxes})
    shown = upgrades.preview(service=service, change=wanted, on=TODAY)
    quote = upgrades.offer(shown=shown, change=wanted, user=None, now=timezone.now())
    upgrades.confirm(quote_id=quote.pk, service=service, actor=ACTOR, on=TODAY, now=timezone.now())
    for each in world.client.invoices.open():
        pay(each)
    world.run()


def read(world: World) -> Service:
    return Service.objects.with_domain().get(pk=world.service.pk)


Kind = InvoiceNotice.Kind
STORIES: dict[str, Callable[[World], object]] = {
    "order_confirmation": order,
    "hosting_welcome": begin,
    "domain_not_verified": wait_for_the_record,
    "domain_lost": lose_the_domain,
    "invoice_created": invoice,
    "payment_reminder": notice(Kind.REMINDER),
    "overdue_first": notice(Kind.OVERDUE_1),
    "overdue_second": notice(Kind.OVERDUE_2),
    "overdue_third": notice(Kind.OVERDUE_3),
    "invoice_paid": pay_all,
    "payment_received": pay_a_part,
    "refund": refund,
    "credit_note": give_credit,
    "service_suspended": suspend,
    "service_unsuspended": unsuspend,
    "cancellation_confirmation": request_the_end,
    "cancellation_withdrawn": withdraw,
    "service_closed": switch_off,
    "closing_notice": warn,
    "service_restored": restore,
    "service_terminated": end,
    "upgrade_confirmation": change,
}
# What each says with the rows of its story, in both languages.
SAYS = {
    "order_confirmation": ("7.20 USD", "7,20 USD"),
    "hosting_welcome": ("v=spf1 include:", "v=spf1 include:"),
    "domain_not_verified": ("ea-verify=", "ea-verify="),
    "domain_lost": ("We add it again", "Wir fügen sie von selbst wieder hinzu"),
    "invoice_created": ("DE00 0000", "DE00 0000"),
    "payment_reminder": ("10.00 USD", "10,00 USD"),
    "overdue_first": ("9 May 2026", "9. Mai 2026"),
    "overdue_second": ("Second notice", "Zweite Mahnung"),
    "overdue_third": ("- acme.test", "- acme.test"),
    "invoice_paid": ("Your payment has arrived", "Ihre Zahlung ist eingegangen"),
    "payment_received": ("6.00 USD is still open", "sind noch offen"),
    "refund": ("BACK-1", "BACK-1"),
    "credit_note": ("CN-2026-00001", "CN-2026-00001"),
    "service_suspended": ("Spam", "Spam"),
    "service_unsuspended": ("works again", "geht wieder"),
    "cancellation_confirmation": ("1 June 2026", "1. Juni 2026"),
    "cancellation_withdrawn": ("goes on as before", "läuft weiter wie zuvor"),
    "service_closed": ("11 June 2026", "11. Juni 2026"),
    "closing_notice": ("in 7 days", "in 7 Tagen"),
    "service_restored": ("is restored", "ist wiederhergestellt"),
    "service_terminated": ("has ended", "ist beendet"),
    "upgrade_confirmation": ("Enhanced mailboxes: 5", "Enhanced mailboxes: 5"),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("letter", STORIES)
def test_the_client_is_told_once_and_can_read_it(world: World, letter: str, language: str) -> None:
    Client.objects.filter(pk=world.client.pk).update(language=language)
    world.client.refresh_from_db()

    STORIES[letter](world)

    message = EmailMessage.objects.get(template=letter)
    said = message.subject + "\n" + message.text
    assert (message.client, message.to, message.language) == (
        world.client,
        world.client.email,
        language,
    )
    assert SAYS[letter][language == "de"] in said.replace("\N{NO-BREAK SPACE}", " ")
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
