"""Staff record money in the Django admin and by a command, which go through the operations."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from billing.models import (
    BillingSettings,
    CreditEntry,
    CreditNote,
    Currency,
    Invoice,
    Payment,
    Service,
    TaxRule,
)
from billing.operations import invoicing, profiles
from clients.models import Activity, Client
from tests import makers
from tests.billing.documents import ACTOR, TODAY, credit_of, hosting, issue, line, pay
from tests.billing_makers import make_billed_service

pytestmark = pytest.mark.django_db
NEXT = TODAY + timedelta(days=31)


@pytest.fixture
def staff(client: Browser) -> Browser:
    client.force_login(makers.make_user(is_staff=True, is_superuser=True, email="ines@people.test"))
    return client


@pytest.fixture
def client_() -> Client:
    return makers.make_client()


def add(staff: Browser, model: str, **data: Any) -> str:
    """Post an add form; return what the next page tells, or the form's faults."""
    answer = staff.post(reverse(f"admin:billing_{model}_add"), data, follow=True)
    said = " ".join(str(each) for each in get_messages(answer.wsgi_request))
    page = answer.content.decode()
    return said + page if "errornote" in page else said


def act(staff: Browser, action: str, *invoices: Invoice) -> str:
    answer = staff.post(
        reverse("admin:billing_invoice_changelist"),
        {"action": action, "_selected_action": [each.pk for each in invoices]},
    )
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def payment_form(**data: Any) -> dict[str, Any]:
    usual = {
        "gateway": "bank_transfer",
        "refund_to": "source",
        "paid_on": "2026-05-10",
        "fee": "0",
    }
    return usual | data


def status_of(invoice: Invoice) -> str:
    return str(Invoice.objects.get(pk=invoice.pk).status)


def test_a_payment_is_recorded(staff: Browser, client_: Client) -> None:
    invoice = issue(client_, "10.00")
    form = payment_form(invoice_number=invoice.number, amount="12.00", reference="TX-1")

    add(staff, "payment", **form)
    add(staff, "payment", **form)

    payment = Payment.objects.get()
    assert (payment.reference, payment.invoice, payment.recorded_by_name) == (
        "TX-1",
        invoice,
        "ines@people.test",
    )
    assert status_of(invoice) == "paid"
    assert credit_of(client_) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"invoice_number": "2026-99999"},
        {"amount": "0"},
        {"reference": ""},
        {"invoice_number": ""},
        {"paid_on": "soon"},
    ],
)
def test_what_is_no_payment_is_said_and_not_recorded(
    staff: Browser, client_: Client, wrong: dict[str, str]
) -> None:
    invoice = issue(client_, "10.00")
    form = payment_form(invoice_number=invoice.number, amount="12.00", reference="TX-1")

    said = add(staff, "payment", **(form | wrong))

    assert said
    assert not Payment.objects.exists()
    assert status_of(invoice) == "unpaid"


def test_a_payment_is_refunded(staff: Browser, client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice)

    add(staff, "payment", **payment_form(refund_of=payment.pk, amount="4.00", reference="R-1"))
    add(
        staff,
        "payment",
        **payment_form(refund_of=payment.pk, amount="6.00", refund_to="credit"),
    )

    assert list(payment.refunds.order_by("pk").values_list("amount", "gateway")) == [
        (Decimal(4), "bank_transfer"),
        (Decimal(6), "credit"),
    ]
    assert status_of(invoice) == "refunded"
    assert credit_of(client_) == 6


def test_drafts_are_published_and_open_invoices_cancelled(staff: Browser, client_: Client) -> None:
    draft = invoicing.draft_invoice(
        client=client_, items=[line("5.00")], due_date=TODAY, actor=ACTOR
    )
    paid = issue(client_, "10.00")
    pay(paid)

    published = act(staff, "publish", draft, paid)
    cancelled = act(staff, "cancel", draft, paid)

    assert "is published" in published
    assert "Only a draft can be published" in published
    assert "credit note" in cancelled
    assert (status_of(draft), status_of(paid)) == ("cancelled", "paid")


@pytest.mark.parametrize(("action", "paid_until"), [("cancel", TODAY), ("forgive", NEXT)])
def test_a_renewal_is_taken_back_in_two_ways(staff: Browser, action: str, paid_until: date) -> None:
    service = make_billed_service(next_due=TODAY)
    invoice = issue(service.client, hosting(service, days=31))
    Service.objects.update(next_invoice_date=NEXT)

    said = act(staff, action, invoice)

    service.refresh_from_db()
    assert "is cancelled, and its periods" in said
    assert status_of(invoice) == "cancelled"
    assert (service.next_due_date, service.next_invoice_date) == (paid_until, paid_until)


def test_a_credit_note_is_issued(staff: Browser, client_: Client) -> None:
    TaxRule.objects.create(name="VAT", percent=20)
    invoice = issue(client_, "10.00")
    pay(invoice)
    form = {
        "invoice_number": invoice.number,
        "description": "Half of it",
        "amount": "5.00",
        "is_taxed": "on",
        "reason": "Late",
    }

    add(staff, "creditnote", **form)
    refused = add(staff, "creditnote", **(form | {"amount": "500.00"}))

    assert CreditNote.objects.get().total == 6
    assert "more than the invoice is worth" in refused
    assert credit_of(client_) == 6


def test_credit_is_given_and_taken_but_not_below_nothing(staff: Browser, client_: Client) -> None:
    given = {"client": client_.pk, "amount": "10.00", "description": "Sorry"}

    add(staff, "creditentry", **given)
    add(staff, "creditentry", **(given | {"amount": "-4.00", "is_paid_back": "on"}))
    refused = add(staff, "creditentry", **(given | {"amount": "-7.00"}))

    assert "not that much credit" in refused
    assert list(CreditEntry.objects.order_by("pk").values_list("reason", "amount")) == [
        ("added", Decimal(10)),
        ("refunded", Decimal(-4)),
    ]


def test_an_invoice_leads_to_its_payment_filled_in(staff: Browser, client_: Client) -> None:
    invoice = issue(client_, "10.00")

    page = staff.get(reverse("admin:billing_invoice_change", args=[invoice.pk]))
    form = staff.get(
        reverse("admin:billing_payment_add"),
        {"invoice_number": str(invoice.number), "amount": "10.00"},
    )

    assert f"invoice_number={invoice.number}&amp;amount=10.00" in page.content.decode()
    assert f'value="{invoice.number}"' in form.content.decode()
    assert 'value="10.00"' in form.content.decode()


def test_nothing_that_is_booked_can_be_edited_or_deleted(staff: Browser, client_: Client) -> None:
    invoice = issue(client_, "10.00")
    payment = pay(invoice, "12.00")
    rows = {"invoice": invoice, "payment": payment, "creditentry": CreditEntry.objects.get()}

    for model, row in rows.items():
        page = staff.get(reverse(f"admin:billing_{model}_change", args=[row.pk]))
        removal = staff.post(
            reverse(f"admin:billing_{model}_delete", args=[row.pk]), {"post": "yes"}
        )

        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
        assert removal.status_code == 403


def test_a_change_of_settings_is_noted(staff: Browser) -> None:
    page = staff.get(reverse("admin:billing_billingsettings_add"))
    data = {
        bound.html_name: bound.value()
        for bound in page.context["adminform"].form
        if bound.value() is not None and bound.value() is not False
    }

    changes = {"company_name": "Mail Ltd", "overdue_notice_days": "[1]"}
    add(staff, "billingsettings", **(data | changes))

    assert BillingSettings.current().company_name == "Mail Ltd"
    assert Activity.objects.get(action="billingsettings.added").actor_name == "ines@people.test"
    assert staff.get(reverse("admin:billing_billingsettings_add")).status_code == 403


def test_a_tax_rule_is_kept_with_its_history(staff: Browser) -> None:
    add(staff, "taxrule", level="1", name="VAT", percent="20")
    rule = TaxRule.objects.get()

    staff.post(
        reverse("admin:billing_taxrule_change", args=[rule.pk]),
        {"level": "1", "name": "VAT", "percent": "21"},
    )
    staff.post(reverse("admin:billing_taxrule_delete", args=[rule.pk]), {"post": "yes"})

    assert not TaxRule.objects.exists()
    lines = Activity.objects.filter(action__startswith="taxrule.").order_by("pk")
    assert [each.action for each in lines] == [
        "taxrule.added",
        "taxrule.changed",
        "taxrule.removed",
    ]
    assert Decimal(lines[1].after["percent"]) == 21


def test_the_currency_of_a_client_who_owes_is_not_changed(staff: Browser, client_: Client) -> None:
    issue(client_, "10.00")
    profile = profiles.profile_of(client_)
    Currency.objects.create(code="EUR")

    answer = staff.post(
        reverse("admin:billing_billingprofile_change", args=[profile.pk]),
        {"currency": "EUR"},
        follow=True,
    )

    assert "no credit and no open invoice only" in answer.content.decode()
    assert profiles.profile_of(client_).currency_id == "USD"


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("payment", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_records_a_payment(client_: Client) -> None:
    invoice = issue(client_, "10.00")

    said = command(str(invoice.number), "12.50", "TX-1", "--date", "2026-05-09")
    again = command(str(invoice.number), "12.50", "TX-1", "--date", "2026-05-09")

    payment = Payment.objects.get()
    assert (str(payment.paid_on), payment.recorded_by_name) == ("2026-05-09", "payment command")
    assert "is paid; 0.00 USD is left to pay. 2.50 USD became credit." in said
    assert said == again
    assert credit_of(client_) == Decimal("2.50")


def test_the_command_takes_today_where_no_day_is_named(client_: Client) -> None:
    command(str(issue(client_, "10.00").number), "1", "TX-1", "--gateway", "cash")

    assert Payment.objects.get().paid_on == timezone.localdate()


@pytest.mark.parametrize(
    "arguments",
    [
        ("2026-99999", "1", "TX"),
        ("2026-00001", "much", "TX"),
        ("2026-00001", "0", "TX"),
        ("2026-00001", "1", "TX", "--date", "soon"),
        ("2026-00001", "1", " "),
    ],
)
def test_the_command_refuses_what_is_no_payment(
    client_: Client, arguments: tuple[str, ...]
) -> None:
    invoice = issue(client_, "10.00")

    with pytest.raises(CommandError):
        command(*arguments)

    assert not Payment.objects.exists()
    assert status_of(invoice) == "unpaid"
