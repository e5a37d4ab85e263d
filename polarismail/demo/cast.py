"""Who and what the demo shows: plain data, every name made up, every domain a `.test` one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

PASSWORD = "Polaris-demo-2026"  # noqa: S105  # printed on screen, opens nothing but the demo

# The vendor's numbers for the types of mailboxes.
BASIC, ENHANCED = 1, 2


class Stage(Enum):
    """
    What becomes of a domain.

    LEAVING ends with its period, CLOSED can be restored; TAKEN is in somebody else's account at the
    vendor.
    """

    VERIFIED = auto()
    UNVERIFIED = auto()
    SUSPENDED = auto()
    LEAVING = auto()
    CLOSED = auto()
    TERMINATED = auto()
    TAKEN = auto()


@dataclass(frozen=True)
class Person:
    """Somebody who logs in; `note` is what the screen says about them."""

    first_name: str
    last_name: str
    email: str
    note: str = ""
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A mailbox; usage and log-in (so many hours ago) are those of one that was moved in."""

    local_part: str
    name: str
    account_type: int = BASIC
    quota_gb: int = 5
    usage_mb: int = 0
    last_login_hours: int | None = None


@dataclass(frozen=True)
class Domain:
    """
    A service to be placed, and how far it comes.

    A domain that is moved in was in the reseller account before; its mailboxes have been in use.
    It is paid for, by the month or year, for so many days to come; below 0 it is late.
    """

    name: str
    plan: str
    stage: Stage
    boxes: tuple[Box, ...] = ()
    is_moved_in: bool = False
    is_yearly: bool = False
    due_in_days: int = 25


@dataclass(frozen=True)
class Customer:
    """A client with its owner, its other users and its services."""

    company: str
    country: str
    owner: Person
    domains: tuple[Domain, ...]
    others: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A product; `None` is unlimited."""

    name: str
    description: str
    basic: int | None
    enhanced: int | None
    pool_gb: int | None
    mailbox_gb: int | None
    aliases: int | None
    lists: int | None


STAFF = Person("Ines", "Varga", "staff@northwind-hosting.test", "staff, may do everything")

PLANS = (
    Plan("Starter", "Two mailboxes for a small website.", 2, 0, 10, 5, 5, 0),
    Plan("Business", "Mailboxes for a team, with room to grow.", 20, 5, 200, 25, 50, 10),
    Plan("Unlimited", "As many mailboxes as it takes.", None, None, None, 50, None, None),
)

CUSTOMERS = (
    Customer(
        company="Lindenhof Bakery",
        country="DE",
        owner=Person("Clara", "Brandt", "clara@lindenhof-bakery.test", "Lindenhof Bakery, owner"),
        others=(
            Person(
                "Jonas",
                "Keller",
                "jonas@lindenhof-bakery.test",
                "Lindenhof Bakery, may look at services and open webmail",
                ("products", "mailboxsso"),
            ),
        ),
        domains=(
            Domain(
                "lindenhof-bakery.test",
                "Business",
                Stage.VERIFIED,
                (
                    Box("clara", "Clara Brandt", ENHANCED, 25, 11_840, 1),
                    Box("jonas", "Jonas Keller", ENHANCED, 15, 6_210, 3),
                    Box("orders", "Orders", BASIC, 10, 9_420, 1),
                    Box("hello", "Lindenhof Bakery", BASIC, 5, 1_830, 2),
                    Box("invoices", "Invoices", BASIC, 10, 4_050, 20),
                    Box("amelie", "Amelie Roth", BASIC, 5, 2_260, 5),
                    Box("tarek", "Tarek Haddad", BASIC, 5, 640, 26),
                    Box("sofia", "Sofia Nowak", BASIC, 5, 3_110, 9),
                    Box("wholesale", "Wholesale", BASIC, 10, 5_700, 30),
                    Box("events", "Events and catering", BASIC, 5, 410, 75),
                    Box("newsletter", "Newsletter", BASIC, 5, 4_870, 140),
                    Box("apprentice", "Apprentice", BASIC, 2, 0),
                ),
                is_moved_in=True,
                is_yearly=True,
                due_in_days=9,
            ),
            Domain("lindenhof-catering.test", "Starter", Stage.UNVERIFIED),
        ),
    ),
    Customer(
        company="Studio Ahorn Architects",
        country="AT",
        owner=Person(
            "Mira", "Sandoval", "mira@studio-ahorn.test", "Studio Ahorn Architects, owner"
        ),
        domains=(
            Domain(
                "studio-ahorn.test",
                "Starter",
                Stage.VERIFIED,
                (
                    Box("mira", "Mira Sandoval"),
                    Box("office", "Studio Ahorn"),
                ),
            ),
            Domain(
                "ahorn-archive.test",
                "Business",
                Stage.SUSPENDED,
                (Box("archive", "Project archive", BASIC, 10, 8_900, 700),),
                is_moved_in=True,
                due_in_days=-21,
            ),
        ),
    ),
    Customer(
        company="Harbor Yoga",
        country="NL",
        owner=Person("Tom", "Visser", "tom@harbor-yoga.test", "Harbor Yoga, owner"),
        domains=(
            Domain("harbor-yoga.test", "Business", Stage.TAKEN),
            Domain(
                "harbor-studio.test",
                "Starter",
                Stage.LEAVING,
                (Box("tom", "Tom Visser"), Box("desk", "Front desk")),
                due_in_days=12,
            ),
            Domain(
                "harbor-shop.test",
                "Starter",
                Stage.CLOSED,
                (Box("orders", "Orders"), Box("returns", "Returns")),
                due_in_days=8,
            ),
            Domain("harbor-retreats.test", "Starter", Stage.TERMINATED),
        ),
    ),
)

# What the first domain has beside its mailboxes.
SHOWCASE = "lindenhof-bakery.test"
DISABLED = "apprentice"
ALIASES = (("info", "hello"), ("rechnung", "invoices"), ("jobs", "clara"))
FORWARDS = (("wholesale", "orders@lindenhof-bakery.test"), ("events", "clara@studio-ahorn.test"))
LISTS = {"team": ("clara", "jonas", "amelie", "tarek", "sofia"), "shop": ("orders", "hello")}


def people() -> tuple[Person, ...]:
    """Return everybody who can log in, staff first."""
    customers = (person for each in CUSTOMERS for person in (each.owner, *each.others))
    return (STAFF, *customers)
