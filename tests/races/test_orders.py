"""Two orders at once: from one quote, and for one domain."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing.models import Invoice, Order, Promotion, Quote, Service
from billing.operations import ordering, quotes, wishes
from billing.operations.ordering import UnableToPlaceService
from billing.operations.wishes import Preview, Wish
from billing.pricing.cycles import Cycle
from clients.actors import Actor
from clients.models import Client
from provisioning.models import MailDomain
from tests import makers
from tests.billing_makers import make_priced_product
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [
    pytest.mark.servers,
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("world", "nobody_works"),
]
TODAY = date(2026, 1, 10)


def offer(client: Client, *, code: str = "") -> Quote:
    product = make_priced_product()
    wish = Wish(product=product, cycle=Cycle.MONTHLY, domain="acme.test", choices={}, code=code)
    shown = wishes.preview(wish=wish, payer=wishes.payer_of(client), on=TODAY)
    return wishes.offer(shown=shown, client=client, user=None, now=timezone.now())


def place(quote: Quote, client: Client, actor: Actor) -> Order:
    return ordering.place_order(
        quote_id=quote.pk, client=client, actor=actor, on=TODAY, now=timezone.now()
    )


def confirm(quote: Quote) -> Quote:
    return quotes.confirm_quote(quote_id=quote.pk, fingerprint=quote.fingerprint)


def refusals(results: list[Any], kind: type[Exception]) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


# One quote, confirmed twice.


def meet_when_computed(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Let both wait for each other when they have computed what the order comes to."""
    meeting, compute = Meeting(), wishes.preview

    def compute_and_wait(**inputs: Any) -> Preview:
        shown = compute(**inputs)
        meeting()
        return shown

    monkeypatch.setattr(wishes, "preview", compute_and_wait)
    return meeting


def test_of_two_confirmations_at_once_one_counts() -> None:
    quote = offer(makers.make_client())

    results = together(*[partial(confirm, quote)] * 2)

    void = refusals(results, quotes.QuoteVoid)
    assert [each.code for each in void] == [quotes.CONFIRMED]
    assert quote in results


def test_control_a_quote_that_is_read_and_then_saved_is_confirmed_twice() -> None:
    meeting, quote = Meeting(), offer(makers.make_client())

    def read_and_save() -> Quote:
        found = Quote.objects.get(pk=quote.pk, confirmed_at__isnull=True)
        meeting()
        found.confirmed_at = timezone.now()
        found.save()
        return found

    results = together(read_and_save, read_and_save)

    assert meeting.has_happened
    assert results == [quote, quote]


def test_an_order_that_is_sent_twice_at_once_is_placed_once(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = makers.make_client()
    quote = offer(client)
    computed = meet_when_computed(monkeypatch)

    results = together(*[partial(place, quote, client, actor)] * 2)

    void = refusals(results, quotes.QuoteVoid)
    assert [each.code for each in void] == [quotes.CONFIRMED]
    assert Order.objects.get() in results
    assert Invoice.objects.count() == Service.objects.count() == 1
    assert not computed.has_happened


def test_control_without_the_lock_both_compute_before_either_is_placed(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = makers.make_client()
    quote = offer(client)
    computed = meet_when_computed(monkeypatch)
    without_locks(monkeypatch, ordering, "_order")

    together(*[partial(place, quote, client, actor)] * 2)

    assert computed.has_happened


# One domain, ordered by two.


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both wait for each other when they have seen that nobody has the domain."""
    meeting, check = Meeting(), ordering.check_domain

    def check_and_wait(**what: Any) -> None:
        check(**what)
        meeting()

    monkeypatch.setattr(ordering, "check_domain", check_and_wait)
    return meeting


def test_of_two_orders_for_one_domain_one_is_placed_and_the_other_leaves_nothing(
    actor: Actor, free: Meeting
) -> None:
    Promotion.objects.create(code="HALF", value=Decimal(50))
    clients = [makers.make_client(), makers.make_client()]
    both = [(offer(client, code="HALF"), client) for client in clients]

    results = together(*[partial(place, quote, client, actor) for quote, client in both])

    refused = refusals(results, UnableToPlaceService)
    assert [each.field for each in refused] == ["domain"]
    order = Order.objects.get()
    assert order in results
    assert MailDomain.objects.get().client == order.client
    assert Invoice.objects.get().client == order.client
    assert Promotion.objects.get().uses == 1
    assert Quote.objects.filter(confirmed_at__isnull=True).count() == 1
    # SQLite lets one writer in at a time; elsewhere both have seen it free.
    assert free.has_happened == (connection.vendor != "sqlite")
