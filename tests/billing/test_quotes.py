"""A quote is confirmed once, in time, and only as it was shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import Quote
from billing.operations import quotes
from billing.pricing.cycles import Cycle
from billing.pricing.lines import LineKind, Selection
from billing.pricing.orders import quote_order
from billing.pricing.quote import Quote as PricedQuote
from billing.pricing.quote import Terms
from core.money import currency
from tests import billing_makers, makers

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def priced(amount: str = "10.00") -> PricedQuote:
    product = Selection(key="product", quantity=1, unit=Decimal(amount), kind=LineKind.PRODUCT)
    return quote_order(
        selections=(product,),
        cycle=Cycle.MONTHLY,
        today=date(2026, 1, 10),
        terms=Terms(currency=currency("USD")),
    )


def saved() -> Quote:
    billing_makers.make_currency()
    return quotes.save_quote(
        priced=priced(), purpose=Quote.Purpose.ORDER, inputs={"domain": "acme.test"}, now=NOW
    )


def test_a_quote_keeps_what_was_shown_to_the_cent() -> None:
    quote = Quote.objects.get(pk=saved().pk)

    assert quote.total == quote.due_today == quote.next_recurring_amount == Decimal("10.00")
    assert quote.inputs == {"domain": "acme.test"}
    assert quote.items[0]["amount"] == "10.00"
    assert quote.items[0]["period"] == ["2026-01-10", "2026-02-10"]
    assert quote.expires_at == NOW + timedelta(minutes=30)


def test_the_same_amounts_confirm_it() -> None:
    quote = quotes.confirm_quote(quote_id=saved().pk, fingerprint=priced().fingerprint, now=NOW)

    assert quote.confirmed_at == NOW


def test_a_quote_is_confirmed_once() -> None:
    quote = saved()
    quotes.confirm_quote(quote_id=quote.pk, fingerprint=quote.fingerprint, now=NOW)

    with pytest.raises(quotes.QuoteVoid) as refusal:
        quotes.confirm_quote(quote_id=quote.pk, fingerprint=quote.fingerprint, now=NOW)

    assert refusal.value.code == quotes.CONFIRMED


def test_a_quote_whose_price_has_moved_is_void_and_stays_open() -> None:
    quote = saved()

    with pytest.raises(quotes.QuoteVoid) as refusal:
        quotes.confirm_quote(quote_id=quote.pk, fingerprint=priced("11.00").fingerprint, now=NOW)

    assert refusal.value.code == quotes.MOVED
    quote.refresh_from_db()
    assert quote.confirmed_at is None


def test_a_quote_holds_for_thirty_minutes() -> None:
    quote = saved()

    with pytest.raises(quotes.QuoteVoid) as refusal:
        quotes.confirm_quote(
            quote_id=quote.pk,
            fingerprint=quote.fingerprint,
            now=NOW + timedelta(minutes=30),
        )

    assert refusal.value.code == quotes.EXPIRED


@pytest.mark.parametrize("quote_id", ["made-up", "0b7c1c0e-3f5a-4f0e-9a37-3f1f0f0c6a11", ""])
def test_a_quote_that_nobody_made_is_unknown(quote_id: str) -> None:
    saved()

    with pytest.raises(quotes.QuoteVoid) as refusal:
        quotes.find_quote(quote_id=quote_id, purpose=Quote.Purpose.ORDER)

    assert refusal.value.code == quotes.UNKNOWN


def test_somebody_elses_quote_is_unknown() -> None:
    quote, stranger = saved(), makers.make_client()

    with pytest.raises(quotes.QuoteVoid):
        quotes.find_quote(quote_id=quote.pk, purpose=Quote.Purpose.ORDER, client=stranger)
