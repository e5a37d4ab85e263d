"""What staff are told by email: whatever needs a person, once, and what each day has come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone
from pytest_django import Settings

from billing.automation.jobs import JOBS
from billing.models import Service
from billing.operations import approvals, ordering, setting_up, upgrades
from billing.operations.upgrades import Change
from billing.pricing.cycles import Cycle
from clients.models import EmailMessage
from provisioning.models import Drift
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import START, configure, cron, has_run_daily, on
from tests.billing.automation.little_jobs import Put, failing, noting
from tests.billing.closing_steps import ACTOR
from tests.billing.documents import pay
from tests.billing.test_orders import invoice_of, order
from tests.billing_makers import make_billed_service, make_priced_product
from tests.vendor import USERNAME

pytestmark = pytest.mark.django_db
Run = Callable[[], None]
STAFF = "staff@reseller.test"
REPORT = next(job for job in JOBS if job.name == "send_daily_report")
GAP = next(job for job in JOBS if job.name == "notice_gap")


@pytest.fixture(autouse=True)
def _address() -> None:
    configure(staff_email=STAFF)


def told(letter: str) -> EmailMessage:
    """Return the one email of that name, which only the staff have got."""
    message = EmailMessage.objects.get(template=letter)
    assert (message.to, message.client, message.language) == (STAFF, None, "en")
    assert "{{" not in message.subject + message.text + message.html
    assert "http://testserver/django-admin/" in message.text
    return message


def fail_a_job(vendor: Sandbox, run: Run) -> None:
    vendor.add_domain("acme.test", reseller=USERNAME)
    ordering.place_service(
        client=makers.make_client(name="Acme"),
        product=makers.make_product(),
        domain="acme.test",
        actor=ACTOR,
    )
    run()


def make_drift(number: int = 1, **fields: Any) -> None:
    domain = makers.make_service(domain="acme.test").mail_domain
    for each in range(number):
        values = {
            "kind": Drift.Kind.QUOTA,
            "name": f"anna{each}@acme.test",
            "ours": "5 GB",
            "theirs": "10 GB",
            "noticed_at": timezone.now(),
        }
        Drift.objects.create(mail_domain=domain, **(values | fields))


def test_a_job_that_needs_a_person_is_told_of(vendor: Sandbox, run_jobs: Run) -> None:
    fail_a_job(vendor, run_jobs)

    message = told("staff_job_failed")
    assert message.subject == "PolarisMail: Module job failed: Create acme.test"
    assert "Client: Acme" in message.text


def test_without_an_address_of_the_staff_the_support_s_is_taken_and_without_that_nobody_s(
    vendor: Sandbox, run_jobs: Run, settings: Settings
) -> None:
    configure(staff_email="")
    fail_a_job(vendor, run_jobs)
    assert not EmailMessage.objects.filter(template="staff_job_failed").exists()

    settings.SUPPORT_EMAIL = "support@reseller.test"
    with on(timezone.localdate()):
        cron(timezone.localdate(), "--job", "send_daily_report")

    report = EmailMessage.objects.get(template="staff_daily_report")
    assert report.to == "support@reseller.test"


def test_an_order_that_is_stuck_is_told_of_once() -> None:
    placed = order(make_priced_product(), ACTOR)
    pay(invoice_of(placed))

    for minutes in (6, 12):
        setting_up.retry_stuck(timezone.now() + timedelta(minutes=minutes))

    assert placed.number in told("staff_order_stuck").subject


def test_a_paid_change_that_cannot_be_made_is_told_of() -> None:
    product = make_priced_product("0.00", options={"enhanced_mailboxes": "3.00"})
    service = make_billed_service(product=product, choices={"enhanced_mailboxes": 3})
    today = service.registration_date
    wanted = Change(product, Cycle.MONTHLY, {"enhanced_mailboxes": 5})
    shown = upgrades.preview(service=service, change=wanted, on=today)
    quote = upgrades.offer(shown=shown, change=wanted, user=None, now=timezone.now())
    upgrades.confirm(quote_id=quote.pk, service=service, actor=ACTOR, on=today, now=timezone.now())
    Service.objects.filter(pk=service.pk).update(status=Service.Status.FRAUD)

    pay(service.client.invoices.get())

    assert "does not run" in told("staff_upgrade_failed").text


def test_a_question_of_the_automation_is_asked_once() -> None:
    services = [make_billed_service().pk for _ in range(2)]

    for _ in range(2):
        approvals.ask(kind="overdue", services=services, reason="cap", on=START, actor=ACTOR)

    message = told("staff_approval_needed")
    assert "Close overdue services" in message.subject
    assert "Services: 2" in message.text


def test_missed_days_are_told_of_when_it_runs_again(put: Put) -> None:
    put(GAP)
    has_run_daily(START)

    cron(START + timedelta(days=1))
    assert not EmailMessage.objects.exists()
    cron(START + timedelta(days=4))

    assert "since 2 March 2026" in told("staff_cron_missing").subject


def test_a_good_day_is_reported_once_with_what_was_done(put: Put) -> None:
    put(*JOBS)
    service = make_billed_service(next_due=START + timedelta(days=3), price="10.00")

    for hour in (9, 10):
        cron(START, hour=hour)

    message = told("staff_daily_report")
    assert message.subject == "PolarisMail: Automation on 2 March 2026"
    assert "without a problem" in message.text
    assert "- Invoices: 1 done, 0 skipped, 0 failed. invoiced USD: 10.00" in message.text
    assert service.client.emails.filter(template="invoice_created").count() == 1


def test_a_bad_day_is_reported_with_what_went_wrong(put: Put, ran: list[str]) -> None:
    put(failing("create_invoices"), noting(ran, "apply_credit"), REPORT)

    with pytest.raises(CommandError):
        cron(START)

    message = told("staff_daily_report")
    assert message.subject.endswith("there were problems")
    assert "- Invoices: RuntimeError: the disk is full" in message.text
    assert "without a problem" not in message.text


def test_differences_from_the_vendor_are_reported_on_the_day_they_are_found(put: Put) -> None:
    put(REPORT)
    with on(START, 8):
        make_drift(31)

    cron(START)
    cron(START + timedelta(days=2))

    message = told("staff_drift_report")
    assert "(acme.test): Another quota. Here 5 GB, at the vendor 10 GB." in message.text
    assert "There are more of them." in message.text
    assert message.text.count("Another quota") == 30


def test_a_difference_that_is_closed_is_reported_no_more(put: Put) -> None:
    put(REPORT)
    with on(START, 8):
        make_drift(closed_at=timezone.now())

    cron(START)

    assert not EmailMessage.objects.filter(template="staff_drift_report").exists()
