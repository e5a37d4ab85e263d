"""Quotes: previews that are kept for a while, and confirmed once and only as they were shown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.models import Quote, Service
from billing.pricing.lines import Line
from billing.pricing.quote import Quote as PricedQuote
from clients.models import Client, User
from core.errors import OperationError
from core.sentences import Sentence
from core.sentences import sentence as _

VALID_FOR = timedelta(minutes=30)

# Why a quote cannot be confirmed: `QuoteVoid.code`.
UNKNOWN, CONFIRMED, EXPIRED, MOVED = "unknown", "confirmed", "expired", "moved"


class QuoteVoid(OperationError):
    """
    The quote is confirmed already, too old, or would not come to the same any more.

    `code` is `UNKNOWN`, `CONFIRMED`, `EXPIRED` or `MOVED`.
    """


def save_quote(
    *,
    priced: PricedQuote,
    purpose: Quote.Purpose,
    inputs: Mapping[str, Any],
    client: Client | None = None,
    service: Service | None = None,
    user: User | None = None,
    now: datetime | None = None,
) -> Quote:
    """
    Keep a preview, so that it can be confirmed by its id for the next 30 minutes.

    `inputs` say what was asked for, in JSON's types: enough to compute the same again.
    """
    return Quote.objects.create(
        purpose=purpose,
        client=client,
        service=service,
        made_for=user,
        currency_id=priced.currency.code,
        inputs=dict(inputs),
        items=stored_lines(priced.lines),
        fingerprint=priced.fingerprint,
        total=priced.total,
        due_today=priced.due_today,
        next_recurring_amount=priced.next_recurring.gross,
        expires_at=(now or timezone.now()) + VALID_FOR,
    )


def find_quote(
    *,
    quote_id: UUID | str,
    purpose: Quote.Purpose,
    client: Client | None = None,
    service: Service | None = None,
) -> Quote:
    """
    Return a quote by the id that was posted, with its inputs; it may be void by now.

    With a client or a service it has to be theirs.

    :raises QuoteVoid: there is none
    """
    quotes = Quote.objects.filter(purpose=purpose).select_related("currency", "client", "service")
    if client is not None:
        quotes = quotes.filter(client=client)
    if service is not None:
        quotes = quotes.filter(service=service)
    with contextlib.suppress(ValueError):
        found = quotes.filter(pk=UUID(str(quote_id))).first()
        if found is not None:
            return found
    raise _void(UNKNOWN)


@transaction.atomic
def confirm_quote(*, quote_id: UUID, fingerprint: str, now: datetime | None = None) -> Quote:
    """
    Confirm a quote, in the transaction that does what was quoted.

    `fingerprint` is that of the same computation, made again under the caller's locks. Whoever
    confirms the same quote at the same time waits for the first to commit, and is refused then.

    :raises QuoteVoid: confirmed already, expired, or its inputs have moved
    """
    now = now or timezone.now()
    # One guarded statement: of two at once only one changes the row, on every database.
    open_quotes = Quote.objects.filter(pk=quote_id, confirmed_at__isnull=True)
    rows = open_quotes.filter(fingerprint=fingerprint, expires_at__gt=now)
    if not rows.update(confirmed_at=now):
        raise _void(_why(quote_id, now))
    return Quote.objects.select_related("currency", "client", "service").get(pk=quote_id)


def stored_lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return lines as quotes and orders keep them; amounts are text, so that they stay exact."""
    return [
        {
            "kind": line.kind.value,
            "key": line.key,
            "label": line.details.get("label", ""),
            "value": line.details.get("value", ""),
            "promotion": line.details.get("promotion", ""),
            "quantity": line.quantity,
            "unit": str(line.unit),
            "amount": str(line.amount),
            "days": line.days,
            "period": [line.period.start.isoformat(), line.period.end.isoformat()]
            if line.period
            else None,
        }
        for line in lines
    ]


def _why(quote_id: UUID, now: datetime) -> str:
    quote = Quote.objects.filter(pk=quote_id).first()
    if quote is None:
        return UNKNOWN
    if quote.confirmed_at is not None:
        return CONFIRMED
    return EXPIRED if quote.expires_at <= now else MOVED


def _void(code: str) -> QuoteVoid:
    reasons: dict[str, Sentence] = {
        UNKNOWN: _("This offer is not known any more. Look at the new one below."),
        CONFIRMED: _("This has been confirmed already. Nothing was done a second time."),
        EXPIRED: _("This offer is older than 30 minutes. Look at the new one below."),
        MOVED: _("Something has changed in the meantime. Look at the new amounts below."),
    }
    return QuoteVoid(reasons[code], code=code)
