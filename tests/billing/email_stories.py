"""Stories that end with an email to a client, one for each, and what the email has to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from billing.models import InvoiceNotice, Service, TaxRule
from billing.operations import (
    cancellation,
    closing_notices,
    credit_notes,
    notices,
    ordering,
    payments,
    termination,
    upgrades,
    wishes,
)
from billing.operations.payments import RefundTo
from billing.operations.upgrades import Change
from billing.operations.wishes import Wish
from billing.pricing.cycles import Cycle
from clients.models import Client
from provisioning import tasks
from provisioning.models import MailDomain
from provisioning.operations import lifecycle
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import configure
from tests.billing.closing_steps import ACTOR, DUE, TODAY, Timing, cancel, close
from tests.billing.documents import hosting, issue, line, pay

Run = Callable[[], None]


class World:
    """What a story needs: a client, its service, the vendor and the workers."""

    def __init__(self, client: Client, service: Service, vendor: Sandbox, run: Run) -> None:
        self.client, self.service, self.vendor, self.run = client, service, vendor, run


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


def fill_a_mailbox(world: World) -> None:
    world.vendor.add_mailbox("acme.test", "anna", quota_gb=10, usage_mb=9700)
    makers.make_mailbox(world.service, "anna", quota_mb=10_000)
    tasks.refresh_domain(mail_domain_id=world.service.mail_domain_id)


Kind = InvoiceNotice.Kind
STORIES: dict[str, Callable[[World], object]] = {
    "order_confirmation": order,
    "hosting_welcome": begin,
    "domain_not_verified": wait_for_the_record,
    "domain_lost": lose_the_domain,
    "quota_warning": fill_a_mailbox,
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
    "quota_warning": ("anna@acme.test: 97 % of 10 GB", "anna@acme.test: 97 % von 10 GB"),
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
