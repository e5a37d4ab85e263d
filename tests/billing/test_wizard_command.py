"""The command that makes a product from a few answers."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Product, ProductGroup
from tests.makers import make_server

pytestmark = pytest.mark.django_db

HYBRID = (
    "--strategy=hybrid",
    "--name=Team mail",
    "--price=monthly=10.00",
    "--price=annually=100.00",
    "--basic=included=10,quota=5,monthly=1.50,annually=15.00,most=50",
    "--enhanced=quota=25,monthly=3.00,annually=30.00",
    "--sample=basic=3,enhanced=1",
)


class Terminal(StringIO):
    """Somebody who types these lines."""

    def isatty(self) -> bool:
        return True


def wizard(*arguments: str) -> str:
    """Run the command and return what it said."""
    out = StringIO()
    call_command("product_wizard", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever is put in here is typed at a terminal, line by line."""
    lines: list[str] = []

    def read(_question: str = "") -> str:
        return lines.pop(0)

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", read)
    return lines


def test_it_shows_what_a_customer_sees_and_makes_that() -> None:
    make_server()
    ProductGroup.objects.create(name="Email", slug="email")

    said = wizard(*HYBRID, "--group=Email", "--on-sale")

    product = Product.objects.get()
    assert "Additional Basic mailboxes: 1.50 USD each, up to 50" in said
    assert "Due today, without tax" in said
    assert "17.50 USD" in said
    assert "13 Basic and 1 Enhanced mailboxes, 90 GB together, unlimited aliases" in said
    assert (product.name, product.status) == ("Team mail", Product.Status.ACTIVE)
    assert product.group is not None
    assert product.prices.count() == 2
    assert sorted(option.key for option in product.options.all()) == [
        "basic_mailboxes",
        "enhanced_mailboxes",
    ]


def test_a_dry_run_shows_the_same_and_saves_nothing() -> None:
    make_server()

    said = wizard(*HYBRID, "--dry-run")

    assert "17.50 USD" in said
    assert "Nothing was saved" in said
    assert not Product.objects.exists()


def test_at_a_terminal_it_asks_for_what_was_not_said(answers: list[str]) -> None:
    make_server()
    answers += ["hybird", "variable", "", "Mail by the piece", "monthly=0"]
    answers += ["monthly=1.50,quota=5", "", "", "y"]

    said = wizard()

    product = Product.objects.get()
    assert "Basic mailboxes: 1.50 USD each" in said
    assert (product.name, product.strategy, product.status) == (
        "Mail by the piece",
        Product.Strategy.VARIABLE,
        Product.Status.DRAFT,
    )
    assert answers == []


def test_a_no_at_the_terminal_saves_nothing(answers: list[str]) -> None:
    make_server()
    answers += ["n"]

    assert "Nothing was saved" in wizard(*HYBRID)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--strategy=bundle",), "Say --name"),
        ((*HYBRID, "--basic=included"), "needs a value"),
        ((*HYBRID, "--basic=included=ten"), "no whole number"),
        ((*HYBRID, "--price=weekly=1"), "no billing cycle"),
        ((*HYBRID, "--price=quarterly=cheap"), "no number"),
        ((*HYBRID, "--server=Elsewhere"), "0 servers fit"),
        ((*HYBRID, "--group=Elsewhere"), "no product group"),
        ((*HYBRID, "--currency=XXX"), "not sold in"),
        ((*HYBRID, "--strategy=bundle"), "one price"),
        ((*HYBRID, "--price=quarterly=20"), "same billing cycles"),
    ],
)
def test_it_says_what_is_wrong(arguments: tuple[str, ...], words: str) -> None:
    make_server()

    with pytest.raises(CommandError, match=words):
        wizard(*arguments)

    assert not Product.objects.exists()
