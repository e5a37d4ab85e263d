"""Lines of documents before they are rows: what is charged, for what, and in whose words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Invoice, InvoiceItem, Service, Upgrade
from billing.pricing.cycles import Period
from billing.pricing.lines import Line, LineKind
from billing.pricing.proration import Part
from core.money import Currency


@dataclass(frozen=True)
class ItemSpec:
    """
    One line to be invoiced or credited.

    `amount` is rounded and signed, in the document's currency: net, or gross where prices include
    tax. A period is half-open; `period_end` may be missing (what is paid once).
    """

    kind: InvoiceItem.Kind
    description: str
    amount: Decimal
    unit_price: Decimal
    quantity: int = 1
    is_taxed: bool = True
    service: Service | None = None
    upgrade: Upgrade | None = None
    key: str = ""
    period_start: date | None = None
    period_end: date | None = None

    def to_item(self, invoice: Invoice) -> InvoiceItem:
        """Return the row, not saved yet."""
        return InvoiceItem(
            invoice=invoice,
            kind=self.kind,
            service=self.service,
            upgrade=self.upgrade,
            key=self.key,
            description=self.description[:500],
            quantity=self.quantity,
            unit_price=self.unit_price,
            amount=self.amount,
            is_taxed=self.is_taxed,
            period_start=self.period_start,
            period_end=self.period_end,
        )

    @classmethod
    def of_item(cls, item: InvoiceItem) -> ItemSpec:
        """Return what would make the same line again."""
        return cls(
            kind=InvoiceItem.Kind(item.kind),
            description=item.description,
            amount=item.amount,
            unit_price=item.unit_price,
            quantity=item.quantity,
            is_taxed=item.is_taxed,
            service=item.service,
            upgrade=item.upgrade,
            key=item.key,
            period_start=item.period_start,
            period_end=item.period_end,
        )


def specs_of_lines(
    lines: Iterable[Line],
    *,
    service: Service,
    on: date,
    upgrade: Upgrade | None = None,
    sign: int = 1,
    language: str = "",
) -> list[ItemSpec]:
    """
    Return what a quote's lines become on a document, in the words of the client's language.

    `upgrade` makes them lines of that change. `sign=-1` turns a change that gives money back into
    the lines of its credit note. A price paid once begins on the day `on` and has no end.
    """
    with translation.override(language or service.client.language):
        return [_spec(line, service, on, upgrade, sign) for line in lines]


def _spec(line: Line, service: Service, on: date, upgrade: Upgrade | None, sign: int) -> ItemSpec:
    kind = InvoiceItem.Kind.UPGRADE if upgrade else InvoiceItem.Kind(line.kind.value)
    period = line.period
    start = period.start if period else None
    if kind == InvoiceItem.Kind.HOSTING:
        start = start or on
    return ItemSpec(
        kind=kind,
        description=describe(line, domain=service.domain, with_shares=True),
        amount=sign * line.amount,
        unit_price=line.unit,
        quantity=sign * line.quantity,
        is_taxed=line.is_taxed,
        service=service,
        upgrade=upgrade,
        key=line.key,
        period_start=start,
        period_end=period.end if period else None,
    )


def describe(line: Line, *, domain: str, with_shares: bool = False) -> str:
    """
    Return the words of a line in the active language; its label comes from its details.

    `with_shares` says also what makes its amount another than quantity times unit price.
    """
    words = {"label": line.details.get("label") or line.key, "domain": domain}
    if line.kind == LineKind.DISCOUNT:
        words["code"] = line.details.get("promotion", "")
        text = _("Promotion %(code)s: %(label)s") % words
    elif line.kind == LineKind.SETUP:
        text = _("Set-up fee: %(label)s") % words
    elif line.kind == LineKind.PRODUCT:
        text = _("%(label)s for %(domain)s") % words
    else:
        text = words["label"]
    if line.period is None:
        return text
    known = [in_words(line.period)]
    if with_shares and line.kind != LineKind.DISCOUNT:
        known += _shares_in_words(line.parts)
    return f"{text} ({', '.join(known)})"


def _shares_in_words(parts: Iterable[Part]) -> list[str]:
    """
    Return which shares of whole periods a line charges, in the active language.

    One whole period is what its unit price says: it needs no words.
    """
    measured = list(parts)
    torn = [part for part in measured if part.days != part.period.days]
    whole = len(measured) - len(torn)
    words = [
        ngettext("%(days)d of %(all)d day", "%(days)d of %(all)d days", part.period.days)
        % {"days": part.days, "all": part.period.days}
        for part in torn
        if part.days
    ]
    if whole > 1 or (whole and torn):
        words.append(
            ngettext("%(number)d whole period", "%(number)d whole periods", whole)
            % {"number": whole}
        )
    return words


def in_words(period: Period) -> str:
    """Return the first and the last day of a period in the active language."""
    return _in_words(period, translation.get_language())


@lru_cache(maxsize=512)
def _in_words(period: Period, _language: str) -> str:
    """Say it; thousands of renewals have the same few periods."""
    last = date.fromordinal(period.end.toordinal() - 1)
    return _("%(first)s to %(last)s") % {
        "first": formats.date_format(period.start),
        "last": formats.date_format(last),
    }


def total_of(specs: Iterable[ItemSpec], *, currency: Currency) -> Decimal:
    """Return the sum of the lines as they stand, before tax is reckoned."""
    return sum((spec.amount for spec in specs), currency.rounded(Decimal(0)))
