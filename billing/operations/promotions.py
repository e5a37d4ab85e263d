"""Promotion codes: whether one counts for an order, and that it is used up in time."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F, Q

from billing.models import Currency, Order, Product, Promotion, Service
from billing.pricing import promotions as pricing
from billing.pricing.cycles import Cycle
from clients.models import Client
from core.errors import OperationError
from core.sentences import Sentence
from core.sentences import sentence as _


class UnableToUsePromotion(OperationError):
    """The code lowers nothing."""


def valid_promotion(
    *,
    code: str,
    product: Product,
    cycle: Cycle,
    currency: Currency,
    client: Client | None,
    on: date,
) -> Promotion:
    """
    Return the promotion with this code, if it counts for such an order on that day.

    A visitor (no client) is taken for a new client; the order asks again with the client.

    :raises UnableToUsePromotion: with the reason
    """
    promotion = Promotion.objects.filter(code__iexact=code.strip()).first()
    if promotion is None or not code.strip():
        raise UnableToUsePromotion(
            _("There is no promotion code “%(code)s”.") % {"code": code.strip()}, field="code"
        )
    refusal = _refusal(promotion, product, cycle, currency, on) or _refusal_of(promotion, client)
    if refusal:
        raise UnableToUsePromotion(refusal, field="code")
    return promotion


@transaction.atomic
def redeem(*, promotion: Promotion, client: Client) -> None:
    """
    Count one use, in the order's transaction and before the order's row is written.

    The caller holds the lock of the client's money.

    :raises UnableToUsePromotion: the last use was somebody else's, or it is not for this client
    """
    refusal = _refusal_of(promotion, client)
    if refusal:
        raise UnableToUsePromotion(refusal, field="code")
    # One guarded statement: two orders cannot share the last use.
    left = Q(most_uses__isnull=True) | Q(uses__lt=F("most_uses"))
    if not Promotion.objects.filter(left, pk=promotion.pk).update(uses=F("uses") + 1):
        raise UnableToUsePromotion(_used_up(promotion), field="code")


def give_back(*, code: str) -> None:
    """Count one use less: the order that had it came to nothing, and others may have it."""
    Promotion.objects.filter(code__iexact=code, uses__gt=0).update(uses=F("uses") - 1)


def periods_of(promotion: Promotion) -> int | None:
    """Return for how many bills it counts, the first one among them; None is for good."""
    if promotion.lasting == Promotion.Lasting.LIFETIME:
        return None
    return 1 if promotion.lasting == Promotion.Lasting.ONCE else promotion.periods


def offered(promotion: Promotion) -> pricing.Promotion:
    """Return the promotion as the arithmetic wants it for a new service."""
    return _priced(promotion, periods_of(promotion))


def held_by(service: Service) -> pricing.Promotion | None:
    """Return the promotion that a service has, with the bills still to come that it counts for."""
    if service.promotion is None:
        return None
    return _priced(service.promotion, service.promotion_periods_left)


def _priced(promotion: Promotion, periods_left: int | None) -> pricing.Promotion:
    return pricing.Promotion(
        code=promotion.code,
        kind=pricing.PromotionKind(promotion.kind),
        value=promotion.value,
        periods_left=periods_left,
    )


def _refusal(
    promotion: Promotion, product: Product, cycle: Cycle, currency: Currency, on: date
) -> Sentence | None:
    """Return why the promotion does not count for what is ordered, or that day."""
    code = {"code": promotion.code}
    products = set(promotion.products.values_list("pk", flat=True))
    is_fixed = promotion.kind == Promotion.Kind.FIXED
    is_used_up = promotion.most_uses is not None and promotion.uses >= promotion.most_uses
    refusals = (
        (
            promotion.starts_on and on < promotion.starts_on,
            _("The promotion code %(code)s is not valid yet.") % code,
        ),
        (
            promotion.ends_on and on > promotion.ends_on,
            _("The promotion code %(code)s has expired.") % code,
        ),
        (is_used_up, _used_up(promotion)),
        (
            promotion.cycles and cycle not in promotion.cycles,
            _("The promotion code %(code)s does not count for this billing cycle.") % code,
        ),
        (
            is_fixed and promotion.currency_id != currency.code,
            _("The promotion code %(code)s is for another currency.") % code,
        ),
        (
            products and product.pk not in products,
            _("The promotion code %(code)s does not count for this product.") % code,
        ),
    )
    return next((refusal for is_refused, refusal in refusals if is_refused), None)


def _refusal_of(promotion: Promotion, client: Client | None) -> Sentence | None:
    """Return why the promotion does not count for this client."""
    if client is None:
        return None
    orders = Order.objects.filter(client=client).exclude(status=Order.Status.CANCELLED)
    if promotion.is_for_new_clients and (
        orders.exists()
        or Service.objects.filter(client=client).exclude(status="cancelled").exists()
    ):
        return _("The promotion code %(code)s is for new customers.") % {"code": promotion.code}
    if promotion.is_once_per_client and orders.filter(promotion_code__iexact=promotion.code):
        return _("You have used the promotion code %(code)s before.") % {"code": promotion.code}
    return None


def _used_up(promotion: Promotion) -> Sentence:
    return _("The promotion code %(code)s has been used up.") % {"code": promotion.code}
