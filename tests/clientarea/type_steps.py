"""A plan that is full, and the steps of changing one mailbox's type in it, for tests of pages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from django.test import Client as Browser

from billing.models import Product, Quote, Service
from clientarea.visits import SEEN_AT
from clients.models import Client, User
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing_makers import make_billed_service, make_priced_product
from tests.clientarea.addresses import of

TODAY, DUE = date(2026, 1, 20), date(2026, 2, 10)
BASIC, ENHANCED = Mailbox.Type.BASIC, Mailbox.Type.ENHANCED
HELD = {"basic_mailboxes": 2, "enhanced_mailboxes": 1}
SWAPPED = {"basic_mailboxes": 1, "enhanced_mailboxes": 2}


def make_full_plan(client: Client, vendor: Sandbox) -> Service:
    """Return two Basic mailboxes at 1.50 and one Enhanced at 3.00, paid from 10 January on."""
    product = make_priced_product(
        "0.00",
        options={"basic_mailboxes": "1.50", "enhanced_mailboxes": "3.00"},
        quota_pool_gb=100,
    )
    service = make_billed_service(
        client=client,
        product=product,
        choices=HELD,
        next_due=DUE,
        domain="acme.test",
        vendor=vendor,
    )
    makers.make_mailbox(service, "ben", vendor=vendor)
    makers.make_mailbox(service, "eve", vendor=vendor, account_type=ENHANCED)
    return service


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    session = browser.session
    session[SEEN_AT] = int(datetime.now(tz=UTC).timestamp())
    session.save()
    return browser


def text(response: Any) -> str:
    html = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.split())


def box(browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED) -> Any:
    """Choose a type in the dialog; return the box with its price."""
    return browser.get(of("price", service, mailbox), {"account_type": kind})


def save(
    browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED, **more: str
) -> Any:
    values = {"account_type": str(kind), "quota_gb": "5", "display_name": "", "password": ""}
    return browser.post(of("manage", service, mailbox), values | more, follow=True)


def agree(browser: Browser, service: Service, mailbox: Mailbox, kind: int = ENHANCED) -> Any:
    """Look at the price and save."""
    box(browser, service, mailbox, kind)
    return save(browser, service, mailbox, kind, quote=newest_quote())


def newest_quote() -> str:
    return str(Quote.objects.get(confirmed_at=None).pk)


def units(service: Service) -> dict[str, int]:
    return dict(service.selections.exclude(option=None).values_list("key", "quantity"))


def type_of(mailbox: Mailbox) -> int:
    return Mailbox.objects.get(pk=mailbox.pk).account_type


def set_product(service: Service, **fields: Any) -> None:
    Product.objects.filter(pk=service.product_id).update(**fields)
