"""Which taxes a client is charged."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.models import BillingProfile, BillingSettings, Invoice, TaxRule
from billing.operations import profiles
from billing.operations.currencies import unit_of
from billing.pricing.quote import Terms
from billing.pricing.tax import Taxed, TaxRate, TaxRounding, TaxRules
from clients.models import Client


@dataclass(frozen=True)
class TaxBook:
    """All tax rules and the settings on tax, read once for any number of clients."""

    rules: tuple[TaxRule, ...]
    settings: BillingSettings

    @classmethod
    def current(cls) -> TaxBook:
        """Read the rules and settings as they are now."""
        return cls(rules=tuple(TaxRule.objects.all()), settings=BillingSettings.current())

    def rules_of(self, profile: BillingProfile) -> TaxRules:
        """Return how the profile's client is taxed."""
        found = [self._closest(level, profile.client) for level in TaxRule.Level.values]
        levels = [each for each in found if each is not None]
        return TaxRules(
            rates=tuple(TaxRate(name=each.name, percent=each.percent) for each in levels),
            is_compound=len(levels) > 1 and levels[-1].is_compound,
            is_inclusive=self.settings.has_prices_with_tax,
            is_exempt=profile.is_tax_exempt,
            rounding=TaxRounding(self.settings.tax_rounding),
        )

    def _closest(self, level: int, client: Client) -> TaxRule | None:
        country, state = client.country.upper(), client.state.strip().casefold()
        best: tuple[int, TaxRule] | None = None
        for rule in self.rules:
            if rule.level != level or (rule.country and rule.country.upper() != country):
                continue
            if rule.state and (not rule.country or rule.state.strip().casefold() != state):
                continue
            closeness = bool(rule.country) + bool(rule.state)
            if best is None or closeness > best[0]:
                best = (closeness, rule)
        return best[1] if best else None


def terms_of(client: Client) -> Terms:
    """
    Return on what terms a client pays now, for quotes.

    The credit is what the client has, or 0 where the settings say that it is not used by itself.
    """
    return terms_by(profiles.profile_of(client), TaxBook.current())


def terms_by(profile: BillingProfile, book: TaxBook) -> Terms:
    """Do as `terms_of` with what was read before."""
    return Terms(
        currency=unit_of(profile.currency),
        tax=book.rules_of(profile),
        credit=profile.credit if book.settings.is_credit_applied else Decimal(0),
    )


def stored(*, rules: TaxRules, totals: Taxed) -> list[dict[str, Any]]:
    """Return the taxes of a document as it keeps them; amounts are text, so that they are exact."""
    return [
        {
            "name": rate.name,
            "percent": f"{rate.percent.normalize():f}",
            "amount": str(amount),
            "is_compound": rules.is_compound,
            "is_exempt": rules.is_exempt,
            "rounding": rules.rounding.value,
        }
        for rate, amount in zip(rules.rates, totals.taxes, strict=True)
    ]


def as_charged(invoice: Invoice) -> TaxRules:
    """Return the rules that an invoice was taxed by, whatever they have become since."""
    if not invoice.taxes:
        return TaxRules(is_inclusive=invoice.has_prices_with_tax)
    first = invoice.taxes[0]
    return TaxRules(
        rates=tuple(
            TaxRate(name=each["name"], percent=Decimal(each["percent"])) for each in invoice.taxes
        ),
        is_compound=first["is_compound"],
        is_inclusive=invoice.has_prices_with_tax,
        is_exempt=first["is_exempt"],
        rounding=TaxRounding(first["rounding"]),
    )
