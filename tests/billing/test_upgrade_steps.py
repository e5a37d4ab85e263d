"""A change that waits, is withdrawn, expires or fails: what becomes of it and of its money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.models import CreditNote, Invoice, Service, Upgrade
from billing.operations import (
    invoicing,
    upgrade_steps,
    upgrades,
)
from billing.operations.upgrades import UnableToChange
from clients.actors import Actor
from clients.models import Activity
from provisioning import gateway
from provisioning.sandbox import Sandbox
from tests.billing.automation.days import configure, cron, on
from tests.billing.changes import (
    DUE,
    HELD,
    TODAY,
    change,
    confirm,
    invoice_of,
    make_plan,
    offer,
    policy,
    read,
    renew,
    units,
    wanting,
)
from tests.billing.documents import credit_of, pay

pytestmark = pytest.mark.django_db

Run = Callable[[], None]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(TODAY):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return make_plan(vendor)


def test_less_at_renewal_moves_nothing_before_its_day(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    policy(service, "renewal")

    quote = offer(service, wanting(service, enhanced_mailboxes=1))
    upgrade = confirm(quote, actor)
    cron(DUE - timedelta(days=14))
    run_jobs()

    renewal = Invoice.objects.get()
    assert (quote.total, quote.next_recurring_amount) == (Decimal(0), Decimal("10.50"))
    assert upgrade.status == "scheduled"
    assert (renewal.total, renewal.due_date) == (Decimal("10.50"), DUE)
    assert read(service).mail_domain.enhanced_mailboxes == 3
    assert units(service) == HELD

    pay(renewal)
    with on(DUE):
        cron(DUE)
        run_jobs()

    fresh = read(service)
    assert units(service)["enhanced_mailboxes"] == 1
    assert fresh.mail_domain.enhanced_mailboxes == 1
    assert (fresh.recurring_amount, fresh.next_due_date) == (Decimal("10.50"), date(2026, 3, 10))
    assert Invoice.objects.count() == 1
    assert not CreditNote.objects.exists()


def test_withdrawn_a_change_at_renewal_leaves_the_renewal_as_it_was(
    service: Service, actor: Actor
) -> None:
    policy(service, "renewal")
    first = renew(service, actor)

    upgrade = change(service, actor, enhanced_mailboxes=1)

    assert Invoice.objects.get(pk=first.pk).status == "cancelled"
    assert Invoice.objects.open().get().total == Decimal("10.50")

    upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)

    assert Invoice.objects.open().get().total == Decimal("16.50")
    assert Upgrade.objects.get().status == "cancelled"


def test_a_change_that_is_not_paid_expires_with_its_invoice(
    service: Service, actor: Actor, run_jobs: Run
) -> None:
    configure(unpaid_upgrade_days=5, invoice_days=0)
    upgrade = change(service, actor, enhanced_mailboxes=7)

    cron(TODAY + timedelta(days=4), "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "unpaid"

    cron(TODAY + timedelta(days=5), "--job", "expire_upgrades")
    run_jobs()

    assert Upgrade.objects.get().status == "cancelled"
    assert invoice_of(upgrade).status == "cancelled"
    assert units(service) == HELD


def test_a_change_that_is_not_paid_ends_when_the_renewal_falls_due(
    service: Service, actor: Actor
) -> None:
    configure(unpaid_upgrade_days=100)
    change(service, actor, enhanced_mailboxes=7)

    cron(DUE, "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "cancelled"


def test_paid_it_does_not_expire(service: Service, actor: Actor) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    pay(invoice_of(upgrade))

    cron(DUE, "--job", "expire_upgrades")

    assert Upgrade.objects.get().status == "applying"


def test_its_invoice_cancelled_by_staff_the_change_is_cancelled(
    service: Service, actor: Actor
) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)

    invoicing.cancel_invoice(invoice=invoice_of(upgrade), actor=actor)

    assert Upgrade.objects.get().status == "cancelled"


def test_withdrawn_what_was_paid_on_it_is_credit(service: Service, actor: Actor) -> None:
    upgrade = change(service, actor, enhanced_mailboxes=7)
    pay(invoice_of(upgrade), "3.00")

    upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)

    assert credit_of(service.client) == 3
    assert invoice_of(upgrade).status == "cancelled"
    with pytest.raises(UnableToChange):
        upgrades.withdraw(upgrade=upgrade, actor=actor, on=TODAY)


@pytest.fixture
def failed(service: Service, actor: Actor, vendor: Sandbox, run_jobs: Run) -> Upgrade:
    """A paid mixed change; the vendor knows of more mailboxes than we do."""
    for number in range(5):
        vendor.add_mailbox(service.domain, f"other{number}", account_type=1, quota_gb=1)
    upgrade = change(service, actor, enhanced_mailboxes=5, basic_mailboxes=4)
    pay(invoice_of(upgrade))
    run_jobs()
    return Upgrade.objects.get()


def test_what_the_module_refuses_has_failed_and_waits_for_staff(
    service: Service, failed: Upgrade
) -> None:
    assert failed.status == "failed"
    assert "5 Basic mailboxes, allowed 4" in failed.error
    assert units(service) == HELD
    assert credit_of(service.client) == 0
    assert Activity.objects.filter(action="service.change_failed").exists()


def test_staff_may_have_a_failed_change_made_after_all(
    service: Service, failed: Upgrade, actor: Actor, run_jobs: Run
) -> None:
    domain = read(service).mail_domain
    with gateway.vendor(domain.server, domain) as there:
        there.mailboxes.remove(domain=domain.domain, username="other0")

    upgrade_steps.try_again(upgrade=failed, actor=actor)
    run_jobs()

    assert Upgrade.objects.get().status == "applied"
    assert units(service) == {"basic_mailboxes": 4, "enhanced_mailboxes": 5}
    assert Invoice.objects.count() == 1


def test_staff_may_give_what_was_paid_for_a_failed_change_as_credit(
    service: Service, failed: Upgrade, actor: Actor
) -> None:
    upgrade_steps.credit_failed(upgrade=failed, on=TODAY, actor=actor)

    assert Upgrade.objects.get().status == "cancelled"
    assert credit_of(service.client) == Decimal("3.04")
    assert CreditNote.objects.get().invoice == invoice_of(failed)
    assert units(service) == HELD
