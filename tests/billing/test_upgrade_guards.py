"""A change that cannot be made, or not as it was shown, is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Invoice, Price, Service, TaxRule, Upgrade
from billing.operations import (
    cancellation,
    quotes,
)
from billing.operations.upgrades import Change, UnableToChange
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing.automation.days import on
from tests.billing.changes import (
    TODAY,
    change,
    confirm,
    make_plan,
    offer,
    wanting,
)
from tests.billing_makers import make_price, make_priced_product

pytestmark = pytest.mark.django_db

Run = Callable[[], None]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with on(TODAY):
        yield


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return make_plan(vendor)


def test_a_quote_is_confirmed_once(service: Service, actor: Actor) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=7))
    confirm(quote, actor)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        confirm(quote, actor)

    assert refusal.value.code == quotes.CONFIRMED
    assert Upgrade.objects.count() == Invoice.objects.count() == 1


def _new_price(service: Service) -> None:
    Price.objects.filter(option_value__option__key="basic_mailboxes").update(
        replaced_at=timezone.now()
    )
    value = service.product.options.get(key="basic_mailboxes").values.get()
    make_price(value, "2.00")
    service.selections.filter(key="basic_mailboxes").update(unit_price=Decimal("2.00"))


MOVES: dict[str, Callable[[Service], object]] = {
    "price": _new_price,
    "tax": lambda _service: TaxRule.objects.create(name="VAT", percent=20),
    "due date": lambda service: Service.objects.filter(pk=service.pk).update(
        next_due_date=date(2026, 3, 10)
    ),
    "use": lambda service: makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED),
}


@pytest.mark.parametrize("moved", MOVES)
def test_a_quote_is_void_once_anything_has_moved(
    service: Service, actor: Actor, moved: str
) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=2, basic_mailboxes=9))

    MOVES[moved](service)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        confirm(quote, actor)
    assert refusal.value.code == quotes.MOVED
    assert not Upgrade.objects.exists()


def test_a_quote_is_void_on_another_day(service: Service, actor: Actor) -> None:
    quote = offer(service, wanting(service, enhanced_mailboxes=7))

    with pytest.raises(quotes.QuoteVoid):
        confirm(quote, actor, TODAY + timedelta(days=1))

    assert not Upgrade.objects.exists()


def test_less_than_is_in_use_is_refused_with_what_must_go_first(service: Service) -> None:
    for _number in range(3):
        makers.make_mailbox(service, account_type=Mailbox.Type.ENHANCED)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service, enhanced_mailboxes=1))

    (problem,) = refusal.value.in_the_way
    assert problem.sentence == "3 Enhanced in use, 1 wanted."
    assert problem.page == "mailboxes"


def _cancel(service: Service) -> None:
    cancellation.request_cancellation(
        service=service, timing="end", reason="Moved", actor=Actor.system("test"), on=TODAY
    )


REFUSED: dict[str, Callable[[Service], object]] = {
    "not_active": lambda service: Service.objects.filter(pk=service.pk).update(status="suspended"),
    "unverified": lambda service: (
        type(service.mail_domain)
        .objects.filter(pk=service.mail_domain_id)
        .update(status="unverified")
    ),
    "ending": _cancel,
    "change_open": lambda service: change(service, Actor.system("test"), enhanced_mailboxes=8),
    "unpaid": lambda service: Service.objects.filter(pk=service.pk).update(next_due_date=TODAY),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_service_that_cannot_be_changed_says_why(service: Service, why: str) -> None:
    REFUSED[why](service)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service, enhanced_mailboxes=7))

    assert refusal.value.code == why


def test_a_product_without_a_way_to_it_is_refused(service: Service) -> None:
    other = make_priced_product("1.00", server=service.product.server)

    with pytest.raises(UnableToChange) as refusal:
        offer(service, Change(other, Cycle.MONTHLY, {}))

    assert refusal.value.code == "not_offered"


def test_the_same_again_is_no_change(service: Service) -> None:
    with pytest.raises(UnableToChange) as refusal:
        offer(service, wanting(service))

    assert refusal.value.code == "nothing"
