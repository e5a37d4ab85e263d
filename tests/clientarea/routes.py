"""The URL table, and who may do what at each of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from django.urls import URLResolver, get_resolver


class Actor(Enum):
    """Who asks."""

    ANONYMOUS = "somebody not logged in"
    OWNER = "the owner"
    MAIL_ADMINISTRATOR = "a mail administrator"
    BOOKKEEPER = "a bookkeeper"
    STRANGER = "another client's owner"
    STAFF = "staff without a membership"


class Outcome(Enum):
    """What becomes of it, whatever the page then says."""

    IN = "let in"
    LOG_IN = "sent to log in"
    REFUSED = "refused (403)"
    NOT_FOUND = "not found (404)"
    MAYBE_NOTHING = "let in, or told that there is none (404)"
    OUT = "sent to log in or refused"
    ANSWERED = "let in or sent to log in"


IN, LOG_IN, REFUSED = Outcome.IN, Outcome.LOG_IN, Outcome.REFUSED
NOT_FOUND, MAYBE_NOTHING, OUT = Outcome.NOT_FOUND, Outcome.MAYBE_NOTHING, Outcome.OUT
ANSWERED = Outcome.ANSWERED

# In the order of Actor.
EVERYBODY = (IN, IN, IN, IN, IN, IN)
# Steps of logging in and out: who is at none of them is sent to the first.
LOGGING_IN = (ANSWERED,) * 6
ANY_LOGIN = (LOG_IN, IN, IN, IN, IN, IN)
# What belongs to a login alone, where others have nothing of the kind.
ONES_OWN = (LOG_IN, *(MAYBE_NOTHING,) * 5)
SEES_SERVICE = (LOG_IN, IN, IN, IN, NOT_FOUND, NOT_FOUND)
MANAGES_MAIL = (LOG_IN, IN, IN, REFUSED, NOT_FOUND, NOT_FOUND)
MANAGES_PRODUCTS = (LOG_IN, IN, REFUSED, REFUSED, NOT_FOUND, NOT_FOUND)
OWNER_ALONE = (LOG_IN, IN, REFUSED, REFUSED, IN, REFUSED)
OWNER_OF_IT_ALONE = (LOG_IN, IN, REFUSED, REFUSED, NOT_FOUND, REFUSED)
READS_EMAILS = (LOG_IN, IN, REFUSED, IN, IN, REFUSED)
READS_THIS_EMAIL = (LOG_IN, IN, REFUSED, IN, NOT_FOUND, REFUSED)
SEES_MONEY = (LOG_IN, IN, REFUSED, IN, IN, REFUSED)
SEES_THIS_MONEY = (LOG_IN, IN, REFUSED, IN, NOT_FOUND, NOT_FOUND)
# Visitors order too; of a client's users those who may.
ORDERS = (IN, IN, REFUSED, REFUSED, IN, REFUSED)
ORDERS_A_PRODUCT = (MAYBE_NOTHING, MAYBE_NOTHING, REFUSED, REFUSED, MAYBE_NOTHING, REFUSED)
SEES_ORDER = (LOG_IN, MAYBE_NOTHING, REFUSED, REFUSED, NOT_FOUND, REFUSED)
STAFF_ALONE = (OUT, OUT, OUT, OUT, OUT, MAYBE_NOTHING)

# The longest beginning that fits counts; an entry that ends in "$" is one route.
RULES = {
    "$": ANY_LOGIN,
    "brand.css$": EVERYBODY,
    "healthz/$": EVERYBODY,
    "language/$": EVERYBODY,
    "services/$": ANY_LOGIN,
    "services/<int:service_id>/$": SEES_SERVICE,
    "services/<int:service_id>/recheck/$": SEES_SERVICE,
    "services/<int:service_id>/accounts/": MANAGES_MAIL,
    "services/<int:service_id>/search/$": MANAGES_MAIL,
    "services/<int:service_id>/activity/$": SEES_SERVICE,
    "services/<int:service_id>/activity/<int:activity_id>/undo/$": MANAGES_MAIL,
    "services/<int:service_id>/aliases/": MANAGES_MAIL,
    "services/<int:service_id>/forwarding/": MANAGES_MAIL,
    "services/<int:service_id>/lists/": MANAGES_MAIL,
    "services/<int:service_id>/dkim/": MANAGES_MAIL,
    "services/<int:service_id>/dns/": MANAGES_MAIL,
    "services/<int:service_id>/branding/": MANAGES_MAIL,
    "services/<int:service_id>/domain-settings/": MANAGES_MAIL,
    "services/<int:service_id>/upgrade/": MANAGES_PRODUCTS,
    "services/<int:service_id>/upgrade-options/$": MANAGES_PRODUCTS,
    "services/<int:service_id>/cancellation/": MANAGES_PRODUCTS,
    "services/<int:service_id>/restore/$": MANAGES_PRODUCTS,
    # The link alone opens it: a phone that is set up is not logged in.
    "setup/<str:token>/": EVERYBODY,
    "switch-client/$": ONES_OWN,
    "account-details/$": OWNER_ALONE,
    "profile/": ANY_LOGIN,
    "users/$": OWNER_ALONE,
    "users/invite/$": OWNER_ALONE,
    "users/<int:membership_id>/": OWNER_OF_IT_ALONE,
    "invitations/<int:invitation_id>/": OWNER_OF_IT_ALONE,
    "invitation/<str:token>/$": EVERYBODY,
    "security/": ANY_LOGIN,
    "billing/": SEES_MONEY,
    "billing/invoices/<int:invoice_id>/": SEES_THIS_MONEY,
    "billing/credit-notes/<int:credit_note_id>/": SEES_THIS_MONEY,
    "emails/$": READS_EMAILS,
    "emails/<int:email_id>/$": READS_THIS_EMAIL,
    "order/": ORDERS,
    "order/<int:product_id>/$": ORDERS_A_PRODUCT,
    "orders/$": (LOG_IN, IN, REFUSED, REFUSED, IN, REFUSED),
    "orders/<int:order_id>/$": SEES_ORDER,
    "orders/<int:order_id>/cancel/$": SEES_ORDER,
    "account/login/$": EVERYBODY,
    "account/logout/$": LOGGING_IN,
    "account/inactive/$": EVERYBODY,
    "account/password/reset/": EVERYBODY,
    "account/^password/reset/key/": EVERYBODY,
    "account/^confirm-email/": (MAYBE_NOTHING,) * 6,
    "account/reauthenticate/$": ANY_LOGIN,
    "account/password/change/$": ANY_LOGIN,
    "account/2fa/$": EVERYBODY,
    "account/2fa/log-in/$": LOGGING_IN,
    "account/2fa/passkeys/$": EVERYBODY,
    "account/2fa/passkeys/log-in/$": LOGGING_IN,
    "account/2fa/": ONES_OWN,
    "django-admin/login/$": EVERYBODY,
    "django-admin/logout/$": LOGGING_IN,
    "django-admin/jsi18n/$": STAFF_ALONE,
    "django-admin/": STAFF_ALONE,
}


@dataclass(frozen=True)
class Route:
    """One line of the URL table; `pattern` is what Django was given, all levels joined."""

    pattern: str
    name: str

    @property
    def rule(self) -> tuple[Outcome, ...] | None:
        """Return what each actor may expect, or nothing where nobody has said."""
        if f"{self.pattern}$" in RULES:
            return RULES[f"{self.pattern}$"]
        fitting = [start for start in RULES if start[-1] != "$" and self.pattern.startswith(start)]
        return RULES[max(fitting, key=len)] if fitting else None

    def address(self, ids: dict[str, int]) -> str:
        """Return an address of this route; what `ids` does not know becomes 0 or a word."""
        path = re.sub(r"\(\?P<\w+>(?:[^()\[\]]|\[[^\]]*\])*\)", "x", self.pattern)
        path = re.sub(r"<int:(\w+)>", lambda found: str(ids.get(found[1], 0)), path)
        path = re.sub(r"<(?:\w+:)?\w+>", "made-up", path)
        return "/" + path.replace("^", "").replace("$", "").replace("\\", "")

    def knows(self, ids: dict[str, int]) -> bool:
        """Tell whether everything this route asks for is on the stage."""
        return set(re.findall(r"<\w+:(\w+)>", self.pattern)) <= set(ids)


def all_routes() -> list[Route]:
    """Return every route of the site."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, before: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern)
        else:
            yield Route(pattern=pattern, name=entry.name or "")
