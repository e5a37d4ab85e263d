"""Changes that are never made: what is billed instead, and that nothing is had for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from billing.models import CreditNote, Invoice, Service, Upgrade
from billing.operations import services, upgrade_steps, upgrades
from billing.operations.upgrades import UnableToChange
from clients.actors import Actor
from clients.models import EmailMessage
from provisioning import gateway
from provisioning.models import ModuleJob
from provisioning.operations import lifecycle
from provisioning.operations.lifecycle import UnableToRequest
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing import price_list
from tests.billing.automation.days import cron, on
from tests.billing.changes import (
    DUE,
    HELD,
    TODAY,
    change,
    invoice_of,
    make_plan,
    policy,
    read,
    renew,
    units,
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


@pytest.fixture
def lowered(service: Service, actor: Actor) -> Upgrade:
    """A change from three Enhanced to one at the renewal, whose bill is out at the lower price."""
    policy(service, "renewal")
    upgrade = change(service, actor, enhanced_mailboxes=1)
    assert renew(service, actor).total == Decimal("10.50")
    return upgrade


@pytest.fixture
def paid(service: Service, actor: Actor) -> Upgrade:
    """A change to seven Enhanced that is paid, and that the module has not begun with."""
    upgrade = change(service, actor, enhanced_mailboxes=7)
    pay(invoice_of(upgrade))
    return Upgrade.objects.get(pk=upgrade.pk)


@pytest.fixture
def owner(db: None) -> Actor:  # noqa: ARG001
    """Somebody of a client's, who may do less than staff."""
    return Actor.from_user(makers.make_user())


def fail(service: Service, vendor: Sandbox, run_jobs: Run) -> None:
    """Let the day of a reduction come while more is in use than it allows."""
    for number in range(3):
        vendor.add_mailbox(service.domain, f"full{number}", account_type=2, quota_gb=1)
    with on(DUE):
        cron(DUE)
        run_jobs()
    assert Upgrade.objects.get().status == "failed"


def make_late(upgrade: Upgrade, actor: Actor, run_jobs: Run) -> None:
    """Have staff try a failed reduction again, with as much deleted as it needs."""
    domain = read(upgrade.service).mail_domain
    with on(DUE):
        with gateway.vendor(domain.server, domain) as there:
            for number in range(3):
                there.mailboxes.remove(domain=domain.domain, username=f"full{number}")
        upgrade_steps.try_again(upgrade=upgrade, actor=actor)
        run_jobs()


def difference() -> Invoice:
    return Invoice.objects.open().exclude(items__kind="hosting").get()


@pytest.mark.usefixtures("lowered")
def test_a_reduction_that_fails_leaves_its_open_renewal_at_what_is_had(
    service: Service, vendor: Sandbox, run_jobs: Run
) -> None:
    fail(service, vendor, run_jobs)

    renewal = Invoice.objects.open().get(items__period_start=DUE, items__key="enhanced_mailboxes")
    assert renewal.total == Decimal("16.50")
    assert read(service).mail_domain.enhanced_mailboxes == 3
    assert units(service) == HELD


def test_a_failed_reduction_given_up_the_rest_of_what_was_paid_is_charged(
    service: Service, lowered: Upgrade, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    pay(Invoice.objects.open().get())
    fail(service, vendor, run_jobs)

    with on(DUE):
        upgrade_steps.credit_failed(upgrade=lowered, on=DUE, actor=actor)

    rest = difference()
    assert (rest.total, rest.due_date) == (Decimal("6.00"), DUE)
    assert {item.period_start for item in rest.items.all()} == {DUE}
    assert not rest.items.filter(upgrade__isnull=False).exists()
    assert not CreditNote.objects.exists()
    assert units(service) == HELD


def test_a_reduction_withdrawn_after_its_renewal_was_paid_is_not_had_for_less(
    service: Service, lowered: Upgrade, actor: Actor
) -> None:
    pay(Invoice.objects.open().get())

    upgrades.withdraw(upgrade=lowered, actor=actor, on=TODAY)

    assert difference().total == Decimal("6.00")
    assert read(service).next_due_date == date(2026, 3, 10)
    assert credit_of(service.client) == 0


def test_a_client_cannot_withdraw_a_reduction_whose_period_is_paid_for(
    service: Service, lowered: Upgrade, owner: Actor
) -> None:
    pay(Invoice.objects.open().get())

    with pytest.raises(UnableToChange, match="paid for"):
        upgrades.withdraw(upgrade=lowered, actor=owner, on=TODAY)

    assert Upgrade.objects.get().status == "scheduled"
    assert not Invoice.objects.open().exists()
    assert units(service) == HELD


def test_a_client_withdraws_a_reduction_whose_period_is_not_paid_for(
    lowered: Upgrade, owner: Actor
) -> None:
    upgrades.withdraw(upgrade=lowered, actor=owner, on=TODAY)

    assert Upgrade.objects.get().status == "cancelled"
    assert Invoice.objects.open().get().total == Decimal("16.50")


def test_what_was_paid_in_full_after_the_failure_is_not_charged_again(
    service: Service, lowered: Upgrade, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    fail(service, vendor, run_jobs)
    pay(Invoice.objects.open().get(items__period_start=DUE, items__key="enhanced_mailboxes"))
    count = Invoice.objects.count()

    with on(DUE):
        upgrade_steps.credit_failed(upgrade=lowered, on=DUE, actor=actor)

    assert Invoice.objects.count() == count


def test_a_reduction_made_late_gives_back_what_was_paid_above_it(
    service: Service, lowered: Upgrade, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    fail(service, vendor, run_jobs)
    pay(Invoice.objects.open().get(items__period_start=DUE, items__key="enhanced_mailboxes"))

    make_late(lowered, actor, run_jobs)

    assert Upgrade.objects.get().status == "applied"
    assert units(service)["enhanced_mailboxes"] == 1
    assert CreditNote.objects.get().total == Decimal("6.00")
    assert credit_of(service.client) == 6
    assert read(service).next_due_date == date(2026, 3, 10)


def test_a_reduction_made_late_after_the_lower_price_was_paid_gives_nothing_back(
    service: Service, lowered: Upgrade, vendor: Sandbox, actor: Actor, run_jobs: Run
) -> None:
    pay(Invoice.objects.open().get())
    fail(service, vendor, run_jobs)

    make_late(lowered, actor, run_jobs)

    assert Upgrade.objects.get().status == "applied"
    assert not CreditNote.objects.exists()


def test_a_price_decided_while_a_reduction_waits_counts_from_its_day(
    service: Service, actor: Actor
) -> None:
    policy(service, "renewal")
    change(service, actor, enhanced_mailboxes=1)
    price_list.change(service.product, "5.00", day=TODAY)

    renewal = renew(service, actor)

    assert renewal.total == Decimal("15.50")


def test_a_change_whose_job_is_dropped_for_another_has_failed(
    service: Service, paid: Upgrade, actor: Actor
) -> None:
    other = makers.make_product(server=service.product.server)

    services.change_product(service=read(service), product=other, actor=actor)

    paid.refresh_from_db()
    assert paid.status == "failed"
    assert not EmailMessage.objects.filter(template="staff_job_failed").exists()

    upgrade_steps.credit_failed(upgrade=paid, on=TODAY, actor=actor)

    assert credit_of(service.client) == Decimal("8.13")
    assert ModuleJob.objects.open().get().payload["entitlement"] != paid.new["entitlement"]


def test_a_change_asked_for_again_has_not_failed_by_that(
    service: Service, paid: Upgrade, actor: Actor, run_jobs: Run
) -> None:
    lifecycle.request_package_change(
        mail_domain=read(service).mail_domain,
        entitlement=upgrade_steps.wanted_by(paid),
        actor=actor,
    )

    paid.refresh_from_db()
    assert paid.status == "applying"

    run_jobs()

    paid.refresh_from_db()
    assert paid.status == "applied"


def test_what_was_paid_for_a_change_is_credit_once_the_service_is_gone(
    service: Service, paid: Upgrade, actor: Actor, run_jobs: Run
) -> None:
    services.terminate_service(service=read(service), actor=actor)
    run_jobs()

    paid.refresh_from_db()
    assert read(service).status == "terminated"
    assert paid.status == "cancelled"
    assert credit_of(service.client) == Decimal("8.13")
    assert not Invoice.objects.open().exists()


def test_a_credited_change_is_not_made_by_its_old_job(
    service: Service, actor: Actor, vendor: Sandbox, run_jobs: Run
) -> None:
    for number in range(5):
        vendor.add_mailbox(service.domain, f"other{number}", account_type=1, quota_gb=1)
    upgrade = change(service, actor, enhanced_mailboxes=5, basic_mailboxes=4)
    pay(invoice_of(upgrade))
    run_jobs()
    job = ModuleJob.objects.get(action="change_package")
    assert job.status == "failed"

    upgrade_steps.credit_failed(upgrade=upgrade, on=TODAY, actor=actor)

    with pytest.raises(UnableToRequest):
        lifecycle.retry(job=job, actor=actor)
    run_jobs()
    assert read(service).mail_domain.enhanced_mailboxes == 3
    assert units(service) == HELD


def test_a_change_that_is_being_made_again_is_not_credited_meanwhile(
    service: Service, paid: Upgrade, actor: Actor
) -> None:
    job = ModuleJob.objects.get(action="change_package")
    upgrade_steps.fail(upgrade=upgrade_steps.locked(paid.pk), error="Refused")
    ModuleJob.objects.filter(pk=job.pk).update(status="running")

    with pytest.raises(UnableToRequest):
        upgrade_steps.credit_failed(upgrade=paid, on=TODAY, actor=actor)

    paid.refresh_from_db()
    assert paid.status == "failed"
    assert credit_of(service.client) == 0
