"""Which event of billing or of the module sends which email to a client."""

from __future__ import annotations

from django.utils import timezone

from billing import gateways
from billing.automation import letter_values
from billing.automation.addressees import ACTOR, tell
from billing.automation.letter_values import Amount
from billing.events import (
    CancellationRequested,
    CancellationWithdrawn,
    ClosingNoticeDue,
    CreditNoteIssued,
    InvoiceNoticeDue,
    InvoicePaid,
    InvoicePublished,
    OrderPlaced,
    PaymentReceived,
    PaymentRefunded,
    PriceChangeDue,
    ServiceActivated,
    ServiceClosed,
    ServiceRestored,
    ServiceTerminated,
    UpgradeApplied,
)
from billing.models import (
    CancellationRequest,
    CreditNote,
    Invoice,
    InvoiceNotice,
    Order,
    Payment,
    Service,
    Upgrade,
)
from clients.events import ClientSignedUp
from clients.links import link_to
from clients.models import Client, Permission, User
from clients.operations import letters
from core.events import reacts_to
from core.money import ZERO
from core.sentences import counted as ngettext
from provisioning.events import (
    AccountSuspended,
    AccountUnsuspended,
    DomainDropped,
    DomainUnverified,
    MailboxAdded,
    MailboxesFilling,
)
from provisioning.models import Mailbox
from provisioning.workers.verification import LAST_NOTICE_HOURS

BOOKS = Permission.INVOICES
ORDERS = Permission.ORDERS
SERVICES = Permission.MANAGE_PRODUCTS
MAILBOXES = Permission.MANAGE_MAILBOXES
Kind = InvoiceNotice.Kind
OVERDUE = {
    Kind.OVERDUE_1.value: "overdue_first",
    Kind.OVERDUE_2.value: "overdue_second",
    Kind.OVERDUE_3.value: "overdue_third",
}


@reacts_to(ClientSignedUp)
def welcome_the_client(event: ClientSignedUp) -> None:
    """Say that the account is there."""
    client = Client.objects.get(pk=event.client_id)
    values = {"email": client.email, "home_url": link_to("home")}
    tell(client, concerns=Permission.PROFILE, letter="client_signup", values=values)


@reacts_to(OrderPlaced)
def confirm_the_order(event: OrderPlaced) -> None:
    """Say what was ordered."""
    order = Order.objects.select_related("client", "currency").get(pk=event.order_id)
    values = letter_values.of_order(order)
    tell(order.client, concerns=ORDERS, letter="order_confirmation", values=values)


@reacts_to(ServiceActivated)
def welcome_the_service(event: ServiceActivated) -> None:
    """Say what has to be done in DNS, and where mail is read."""
    service = _service(event.service_id)
    values = letter_values.of_welcome(service)
    tell(service.client, concerns=SERVICES, letter="hosting_welcome", values=values)


@reacts_to(DomainUnverified)
def ask_for_the_record(event: DomainUnverified) -> None:
    """Say that time is running out for a domain's proof of ownership."""
    service = _service_of(event.mail_domain_id)
    if service is not None:
        values = {
            **letter_values.of_unverified(service),
            "is_last": event.hours >= LAST_NOTICE_HOURS,
        }
        tell(service.client, concerns=SERVICES, letter="domain_not_verified", values=values)


@reacts_to(DomainDropped)
def tell_of_the_lost_domain(event: DomainDropped) -> None:
    """Say that the vendor has let go of a domain, and whether it is added again."""
    service = _service_of(event.mail_domain_id)
    if service is not None:
        values = {
            **letter_values.of_service(service),
            "is_added_again": event.is_added_again,
        }
        tell(service.client, concerns=SERVICES, letter="domain_lost", values=values)


@reacts_to(PriceChangeDue)
def tell_of_the_new_price(event: PriceChangeDue) -> None:
    """Say what a service will cost, and from when."""
    service = _service(event.service_id)
    values = letter_values.of_new_price(service, event.starts_on)
    tell(service.client, concerns=BOOKS, letter="price_change", values=values)


@reacts_to(MailboxAdded)
def tell_who_wanted_the_mailbox(event: MailboxAdded) -> None:
    """Say how a mailbox is used; only where staff have asked for it: the page says so as well."""
    if event.user_id is None or not letters.is_asked_for("mailbox_created"):
        return
    mailbox = Mailbox.objects.select_related("mail_domain__client").get(pk=event.mailbox_id)
    user = User.objects.get(pk=event.user_id)
    service = _service_of(mailbox.mail_domain_id)
    if service is not None:
        letters.queue_letter(
            to=user.email,
            letter="mailbox_created",
            values=letter_values.of_mailbox(service, mailbox, user),
            actor=ACTOR,
            client=service.client,
            user=user,
        )


@reacts_to(MailboxesFilling)
def warn_of_full_mailboxes(event: MailboxesFilling) -> None:
    """Say which mailboxes run out of room, all of a domain together."""
    service = _service_of(event.mail_domain_id)
    if service is not None:
        values = letter_values.of_filling(service, event.mailbox_ids)
        tell(service.client, concerns=MAILBOXES, letter="quota_warning", values=values)


@reacts_to(InvoicePublished)
def send_the_invoice(event: InvoicePublished) -> None:
    """Send an invoice; one that is settled at once is told of as paid."""
    if event.is_settled:
        return
    invoice = _invoice(event.invoice_id)
    values = letter_values.of_new_invoice(invoice)
    tell(invoice.client, concerns=BOOKS, letter="invoice_created", values=values)


@reacts_to(InvoiceNoticeDue)
def send_the_notice(event: InvoiceNoticeDue) -> None:
    """Remind of an invoice, before it is due or after."""
    invoice = _invoice(event.invoice_id)
    if event.kind in OVERDUE:
        values = letter_values.of_overdue_invoice(invoice)
        tell(invoice.client, concerns=BOOKS, letter=OVERDUE[event.kind], values=values)
    elif event.kind == Kind.REMINDER:
        values = letter_values.of_due_invoice(invoice)
        tell(invoice.client, concerns=BOOKS, letter="payment_reminder", values=values)


@reacts_to(InvoicePaid)
def confirm_the_payment(event: InvoicePaid) -> None:
    """Say that nothing is owed on an invoice any more; one over nothing needs no thanks."""
    invoice = _invoice(event.invoice_id)
    if invoice.total <= ZERO:
        return
    payments = invoice.payments.filter(kind=Payment.Kind.PAYMENT)
    values = {
        "number": invoice.number,
        "total": Amount(invoice.total, invoice.currency),
        "paid_on": timezone.localdate(invoice.paid_at),
        "is_paid_by_credit": not payments.exclude(gateway=gateways.CREDIT.name).exists(),
        "invoice_url": link_to("invoice", invoice_id=invoice.pk),
    }
    tell(invoice.client, concerns=BOOKS, letter="invoice_paid", values=values)


@reacts_to(PaymentReceived)
def confirm_what_came_in(event: PaymentReceived) -> None:
    """Say where a payment went that does not pay an invoice: that one is told of as paid."""
    payment = _payment(event.payment_id)
    invoice = payment.invoice
    is_on_invoice = invoice is not None and payment.applied > ZERO
    left = invoice.balance - payment.applied if invoice is not None else ZERO
    if is_on_invoice and left <= ZERO:
        return
    values = {
        "amount": Amount(payment.amount, payment.currency),
        "paid_on": payment.paid_on,
        "reference": payment.reference,
        "is_on_invoice": is_on_invoice,
        "number": invoice.number if invoice else "",
        "left": Amount(left, payment.currency),
        "page_url": _page_of(payment if is_on_invoice else None),
    }
    tell(payment.client, concerns=BOOKS, letter="payment_received", values=values)


@reacts_to(PaymentRefunded)
def confirm_the_refund(event: PaymentRefunded) -> None:
    """Say that money goes back, and which way."""
    refund = _payment(event.payment_id)
    is_to_credit = refund.gateway == gateways.CREDIT.name
    values = {
        "amount": Amount(refund.amount, refund.currency),
        "paid_on": refund.paid_on,
        "reference": refund.reference,
        "is_to_credit": is_to_credit,
        "is_on_invoice": refund.invoice is not None,
        "number": refund.invoice.number if refund.invoice else "",
        "page_url": _page_of(None if is_to_credit else refund),
    }
    tell(refund.client, concerns=BOOKS, letter="refund", values=values)


@reacts_to(CreditNoteIssued)
def send_the_credit_note(event: CreditNoteIssued) -> None:
    """Say what was credited, and for what."""
    notes = CreditNote.objects.select_related("client", "currency", "upgrade__service__mail_domain")
    note = notes.get(pk=event.credit_note_id)
    values = {
        "number": note.number,
        "amount": Amount(note.total, note.currency),
        "reason": note.reason,
        "is_for_change": note.upgrade is not None,
        "domain": note.upgrade.service.domain if note.upgrade else "",
        "note_url": link_to("credit-note", credit_note_id=note.pk),
    }
    tell(note.client, concerns=BOOKS, letter="credit_note", values=values)


@reacts_to(AccountSuspended)
def tell_of_the_suspension(event: AccountSuspended) -> None:
    """Say that mail does not work, and what makes it work again."""
    service = _service_of(event.mail_domain_id)
    if service is None:
        return
    is_overdue = event.code == Service.SuspendedFor.OVERDUE
    values = {
        **letter_values.of_service(service),
        "is_overdue": is_overdue,
        "reason": service.mail_domain.suspension_reason,
        "invoices_url": link_to("invoices"),
    }
    tell(service.client, concerns=SERVICES, letter="service_suspended", values=values)


@reacts_to(AccountUnsuspended)
def tell_that_mail_works_again(event: AccountUnsuspended) -> None:
    """Say that the suspension is over."""
    service = _service_of(event.mail_domain_id)
    if service is not None:
        _tell_of_service(service, "service_unsuspended")


@reacts_to(CancellationRequested)
def confirm_the_cancellation(event: CancellationRequested) -> None:
    """Say when a service ends."""
    requests = CancellationRequest.objects.select_related("service")
    request = requests.get(pk=event.request_id)
    service = _service(request.service_id)
    values = {
        **letter_values.of_service(service),
        "is_immediate": request.timing == CancellationRequest.Timing.IMMEDIATE,
        "ends_on": request.ends_on,
    }
    tell(service.client, concerns=SERVICES, letter="cancellation_confirmation", values=values)


@reacts_to(CancellationWithdrawn)
def confirm_that_it_goes_on(event: CancellationWithdrawn) -> None:
    """Say that a service does not end."""
    request = CancellationRequest.objects.get(pk=event.request_id)
    _tell_of_service(_service(request.service_id), "cancellation_withdrawn")


@reacts_to(ServiceClosed)
def tell_of_the_closing(event: ServiceClosed) -> None:
    """Say until when everything can be brought back."""
    service = _service(event.service_id)
    closes_at = service.closes_at
    is_kept = closes_at is not None and closes_at > timezone.now()
    values = {
        **letter_values.of_service(service),
        "is_kept": is_kept,
        "closes_on": timezone.localdate(closes_at) if closes_at and is_kept else None,
    }
    tell(service.client, concerns=SERVICES, letter="service_closed", values=values)


@reacts_to(ClosingNoticeDue)
def warn_of_the_deletion(event: ClosingNoticeDue) -> None:
    """Say in how many days the mail of a closed service is deleted."""
    service = _service(event.service_id)
    when = ngettext("in %(days)d day", "in %(days)d days", event.days) % {"days": event.days}
    values = {
        **letter_values.of_service(service),
        "when": when,
        "closes_on": timezone.localdate(service.closes_at) if service.closes_at else None,
    }
    tell(service.client, concerns=SERVICES, letter="closing_notice", values=values)


@reacts_to(ServiceRestored)
def tell_of_the_restoration(event: ServiceRestored) -> None:
    """Say that a closed service works again."""
    _tell_of_service(_service(event.service_id), "service_restored")


@reacts_to(ServiceTerminated)
def tell_of_the_end(event: ServiceTerminated) -> None:
    """Say that a service and its mail are gone."""
    service = _service(event.service_id)
    values = {
        "domain": service.domain,
        "product": service.product.name,
        "order_url": link_to("order-new"),
    }
    tell(service.client, concerns=SERVICES, letter="service_terminated", values=values)


@reacts_to(UpgradeApplied)
def confirm_the_change(event: UpgradeApplied) -> None:
    """Say what a service has now, or what type a mailbox is of."""
    upgrade = Upgrade.objects.select_related("mailbox__mail_domain").get(pk=event.upgrade_id)
    upgrade.service = service = _service(upgrade.service_id)
    if upgrade.kind != Upgrade.Kind.MAILBOX:
        values = letter_values.of_change(upgrade)
        tell(service.client, concerns=SERVICES, letter="upgrade_confirmation", values=values)
    elif upgrade.mailbox is not None:
        values = {
            **letter_values.of_service(service),
            "address": upgrade.mailbox.address,
            "type": Mailbox.Type(upgrade.mailbox.account_type).label,
        }
        tell(service.client, concerns=SERVICES, letter="mailbox_type_changed", values=values)


def _tell_of_service(service: Service, letter: str) -> None:
    values = letter_values.of_service(service)
    tell(service.client, concerns=SERVICES, letter=letter, values=values)


def _page_of(payment: Payment | None) -> str:
    """Return the address of a payment's invoice, or of the credit balance."""
    if payment is not None and payment.invoice_id is not None:
        return link_to("invoice", invoice_id=payment.invoice_id)
    return link_to("credit")


def _service(service_id: int) -> Service:
    return Service.objects.with_domain().get(pk=service_id)


def _service_of(mail_domain_id: int) -> Service | None:
    return Service.objects.with_domain().filter(mail_domain=mail_domain_id).first()


def _invoice(invoice_id: int) -> Invoice:
    return Invoice.objects.select_related("client", "currency").get(pk=invoice_id)


def _payment(payment_id: int) -> Payment:
    return Payment.objects.select_related("client", "currency", "invoice").get(pk=payment_id)
