"""Upgrade/Downgrade through the posted forms: adjust, continue, look at the price, confirm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from billing.models import Invoice, Quote, Service, TaxRule, Upgrade
from billing.operations import credit
from billing.pricing.cycles import Cycle
from clientarea.visits import SEEN_AT
from clients.actors import Actor
from clients.models import Client, Permission, User
from provisioning.models import Mailbox, MailDomain
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.documents import credit_of, pay
from tests.billing_makers import make_billed_service, make_priced_product
from tests.clientarea.addresses import at

pytestmark = pytest.mark.django_db

Run = Callable[[], None]
DUE = date(2026, 2, 10)
HELD = {"basic_mailboxes": 5, "enhanced_mailboxes": 3}
Travel = Callable[[date], None]


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Let it be another day."""
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=UTC), tick=False) as clock:
        yield lambda day: clock.move_to(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


@pytest.fixture
def client(travel: Travel, owner: User) -> Client:  # noqa: ARG001
    return makers.make_client(owner=owner)


@pytest.fixture
def visitor(client: Client, owner: User) -> Browser:  # noqa: ARG001
    """The owner, logged in on that day."""
    return logged_in(owner)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    session = browser.session
    session[SEEN_AT] = int(datetime.now(tz=UTC).timestamp())
    session.save()
    return browser


@pytest.fixture
def service(client: Client, vendor: Sandbox) -> Service:
    """Five Basic and three Enhanced mailboxes at 1.50 and 3.00, paid from 10 January on."""
    product = make_priced_product(
        "0.00", options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"}
    )
    return make_billed_service(
        client=client,
        product=product,
        choices=HELD,
        next_due=DUE,
        domain="acme.test",
        vendor=vendor,
    )


def text(response: Any) -> str:
    html = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.split())


def fields(service: Service, **choices: int) -> dict[str, Any]:
    chosen = {**HELD, **choices}
    return {
        "product": service.product_id,
        "cycle": service.cycle,
        **{f"option-{key}": number for key, number in chosen.items()},
    }


def adjust(browser: Browser, service: Service, **choices: int) -> Any:
    """Adjust the options and continue; return the summary."""
    return browser.post(at("upgrade-options", service), fields(service, **choices), follow=True)


def choose(browser: Browser, service: Service, product: Any, cycle: Cycle) -> Any:
    """Choose another product and continue; return the summary."""
    page = browser.get(at("upgrade-options", service), {"product": product.pk, "cycle": cycle})
    assert page.status_code == 200
    data = {"product": product.pk, "cycle": cycle.value}
    return browser.post(at("upgrade-options", service), data, follow=True)


def confirm(browser: Browser, service: Service) -> Any:
    quote = Quote.objects.filter(confirmed_at=None).first() or Quote.objects.get()
    return browser.post(at("upgrade-review", service), {"quote": str(quote.pk)}, follow=True)


def units(service: Service) -> dict[str, int]:
    rows = service.selections.exclude(option=None)
    return dict(rows.values_list("key", "quantity"))


def test_the_summary_says_what_changes_and_what_it_costs(
    visitor: Browser, service: Service
) -> None:
    TaxRule.objects.create(name="VAT", percent=20)

    page = text(adjust(visitor, service, enhanced_mailboxes=7))

    assert "Enhanced mailboxes 3 → 7" in page
    assert "4 \N{MULTIPLICATION SIGN} 3.00 USD, 21 of 31 days" in page
    assert "8.13 USD" in page
    assert "VAT 20 % 1.63 USD" in page
    assert "Due today 9.76 USD" in page
    assert "Next, on 10 February 2026 34.20 USD" in page
    assert "16.50 USD per month → 28.50 USD per month" in page
    assert not Upgrade.objects.exists()


def test_more_mailboxes_cost_what_the_days_left_cost_and_come_with_the_payment(
    visitor: Browser, service: Service, run_jobs: Run
) -> None:
    adjust(visitor, service, enhanced_mailboxes=7)

    answer = confirm(visitor, service)

    invoice = Invoice.objects.get()
    assert invoice.total == Decimal("8.13")
    assert answer.redirect_chain[-1][0] == f"/billing/invoices/{invoice.pk}/"
    assert units(service) == HELD

    pay(invoice)
    run_jobs()

    assert units(service) == HELD | {"enhanced_mailboxes": 7}
    assert Service.objects.get(pk=service.pk).recurring_amount == Decimal("28.50")


def test_a_larger_plan_costs_the_difference_of_the_days_left(
    owner: User, client: Client, vendor: Sandbox, travel: Travel, run_jobs: Run
) -> None:
    travel(date(2026, 4, 16))
    visitor = logged_in(owner)
    small = make_priced_product("10.00", name="Bundle 5")
    large = make_priced_product("25.00", name="Bundle 15", server=small.server)
    small.upgrades_to.add(large)
    service = make_billed_service(
        client=client, product=small, next_due=date(2026, 5, 1), vendor=vendor
    )

    page = text(choose(visitor, service, large, Cycle.MONTHLY))

    assert "Bundle 5 → Bundle 15" in page
    assert "12.50 USD" in page
    assert "\N{MINUS SIGN}5.00 USD" in page
    assert "Due today 7.50 USD" in page

    confirm(visitor, service)
    pay(Invoice.objects.get())
    run_jobs()

    fresh = Service.objects.get(pk=service.pk)
    assert Invoice.objects.get().total == Decimal("7.50")
    assert (fresh.product, fresh.next_due_date) == (large, date(2026, 5, 1))


def test_a_year_with_a_leap_day_is_counted_by_its_days(
    owner: User, client: Client, vendor: Sandbox, travel: Travel
) -> None:
    travel(date(2027, 12, 1))
    visitor = logged_in(owner)
    small = make_priced_product("120.00", cycle=Cycle.ANNUALLY)
    large = make_priced_product("240.00", cycle=Cycle.ANNUALLY, server=small.server)
    small.upgrades_to.add(large)
    service = make_billed_service(
        client=client,
        product=small,
        cycle=Cycle.ANNUALLY,
        next_due=date(2028, 3, 1),
        vendor=vendor,
    )

    choose(visitor, service, large, Cycle.ANNUALLY)
    confirm(visitor, service)

    assert [item.amount for item in Invoice.objects.get().items.all()] == [
        Decimal("59.67"),
        Decimal("-29.84"),
    ]


def test_up_and_down_on_the_same_day_comes_to_nothing(
    visitor: Browser, service: Service, run_jobs: Run
) -> None:
    adjust(visitor, service, enhanced_mailboxes=7)
    confirm(visitor, service)
    pay(Invoice.objects.get())
    run_jobs()

    page = text(visitor.post(at("upgrade-options", service), fields(service), follow=True))
    confirm(visitor, service)
    run_jobs()

    assert "Added to your credit 8.13 USD" in page
    assert Invoice.objects.get().total - credit_of(service.client) == 0
    assert units(service) == HELD


def test_the_options_show_what_is_had_and_in_use(visitor: Browser, service: Service) -> None:
    for _number in range(2):
        makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED)

    page = text(visitor.get(at("upgrade-options", service)))

    assert "Enhanced mailboxes 3.00 USD each, per month Now: 3 2 of 3 in use" in page
    assert "Adjust something to see what it costs." in page


def test_the_price_follows_what_is_typed_and_nothing_is_kept(
    visitor: Browser, service: Service
) -> None:
    data = fields(service, enhanced_mailboxes=7) | {"preview": "1"}

    page = text(visitor.get(at("upgrade-options", service), data))

    assert "Due today 8.13 USD" in page
    assert not Quote.objects.exists()


def test_less_than_is_in_use_says_what_must_go_first(visitor: Browser, service: Service) -> None:
    for _number in range(3):
        makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED)

    answer = adjust(visitor, service, enhanced_mailboxes=1)

    assert answer.status_code == 422
    assert "3 Enhanced in use, 1 wanted." in text(answer)
    assert at("mailboxes", service) in answer.content.decode()
    assert not Quote.objects.exists()


def test_what_an_option_does_not_allow_is_said_at_its_field(
    visitor: Browser, service: Service
) -> None:
    service.product.options.filter(key="enhanced_mailboxes").update(maximum=6)

    answer = adjust(visitor, service, enhanced_mailboxes=7)

    assert answer.status_code == 422
    assert "Choose at most 6." in text(answer)


def test_an_offer_that_has_moved_is_shown_anew_and_not_confirmed(
    visitor: Browser, service: Service
) -> None:
    adjust(visitor, service, enhanced_mailboxes=7)
    TaxRule.objects.create(name="VAT", percent=20)

    page = text(confirm(visitor, service))

    assert "Something has changed in the meantime." in page
    assert "Due today 9.76 USD" in page
    assert not Upgrade.objects.exists()
    assert not Invoice.objects.exists()


def test_confirmed_twice_it_is_ordered_once(visitor: Browser, service: Service) -> None:
    adjust(visitor, service, enhanced_mailboxes=7)
    confirm(visitor, service)

    answer = confirm(visitor, service)

    assert answer.redirect_chain[-1][0] == f"/billing/invoices/{Invoice.objects.get().pk}/"
    assert Upgrade.objects.count() == 1


def test_a_change_under_way_is_shown_and_can_be_withdrawn(
    visitor: Browser, service: Service
) -> None:
    adjust(visitor, service, enhanced_mailboxes=7)
    confirm(visitor, service)

    for name in ("upgrade", "upgrade-options"):
        assert "A change waits for its payment" in text(visitor.get(at(name, service)))
    refused = adjust(visitor, service, enhanced_mailboxes=4)
    withdrawn = visitor.post(at("upgrade-withdraw", service), follow=True)

    assert refused.status_code == 409
    assert "The change is withdrawn." in text(withdrawn)
    assert Invoice.objects.get().status == "cancelled"
    assert adjust(visitor, service, enhanced_mailboxes=4).status_code == 200


def test_less_at_renewal_says_that_it_waits(visitor: Browser, service: Service) -> None:
    type(service.product).objects.update(reduction_policy="renewal")

    page = text(adjust(visitor, service, enhanced_mailboxes=1))
    after = text(confirm(visitor, service))

    assert "You keep what you have until 10 February 2026." in page
    assert "Due today 0.00 USD" in page
    assert "A change is made when the next period begins, on 10 February 2026" in after
    assert Upgrade.objects.get().status == "scheduled"


def test_credit_is_used_first(visitor: Browser, service: Service, actor: Actor) -> None:
    credit.add_credit(client=service.client, amount=Decimal(20), description="Sorry", actor=actor)

    page = text(adjust(visitor, service, enhanced_mailboxes=7))
    after = text(confirm(visitor, service))

    assert "Your credit \N{MINUS SIGN}8.13 USD Due today 0.00 USD" in page
    assert "acme.test is being changed." in after


def test_plans_without_a_way_to_them_are_not_found(visitor: Browser, service: Service) -> None:
    other = make_priced_product("1.00", name="Other", server=service.product.server)

    answer = visitor.get(at("upgrade-options", service), {"product": other.pk})

    assert answer.status_code == 404
    assert "Other" not in text(visitor.get(at("upgrade", service)))


def test_who_may_not_change_products_changes_nothing(
    visitor: Browser, service: Service, client: Client
) -> None:
    member = makers.make_member(client=client, permissions=[Permission.MANAGE_MAILBOXES])
    adjust(visitor, service, enhanced_mailboxes=7)
    browser = Browser()
    browser.force_login(member)

    answer = confirm(browser, service)

    assert answer.status_code == 403
    assert not Upgrade.objects.exists()


def test_the_offer_of_another_service_is_not_confirmed(
    visitor: Browser, service: Service, client: Client, vendor: Sandbox
) -> None:
    other = make_billed_service(
        client=client, product=service.product, choices=HELD, next_due=DUE, vendor=vendor
    )
    adjust(visitor, other, enhanced_mailboxes=7)

    page = text(confirm(visitor, service))

    assert "This offer is not known any more." in page
    assert not Upgrade.objects.exists()


def test_a_plan_without_options_leads_to_other_plans(visitor: Browser, service: Service) -> None:
    type(service.product).objects.update(has_option_changes=False)

    home = visitor.get(at("service", service)).content.decode()
    options = visitor.get(at("upgrade-options", service)).content.decode()

    assert f'href="{at("upgrade", service)}"' in home
    assert at("upgrade-options", service) not in home
    assert "This plan has no options to choose from." in options
    assert "Look at other plans" in options
    assert "Continue" not in options


def test_plans_are_locked_until_the_domain_is_verified(
    visitor: Browser, client: Client, service: Service
) -> None:
    waiting = makers.make_service(
        client=client, product=service.product, status=Service.Status.ACTIVE
    )
    MailDomain.objects.filter(pk=waiting.mail_domain_id).update(
        status=MailDomain.Status.UNVERIFIED, verified_at=None
    )

    locked = visitor.get(at("service", waiting))
    free = visitor.get(at("service", service))

    assert "Upgrade/Downgrade (locked)" in text(locked)
    assert "Request Cancellation (locked)" not in text(locked)
    assert "(locked)" not in text(free)
