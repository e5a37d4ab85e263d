"""An import of 500 lines, 40 of them bad, whose worker is killed outright in the middle."""

from __future__ import annotations

import csv
import io
import re
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import Service
from clients.models import Activity
from provisioning.models import Entitlement, Mailbox, MailboxImport, MailboxImportRow
from tests import makers
from tests import vendor as stand_in
from tests.journeys.house import House, Visitor, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket]

GOOD = 460
BAD = 40
BY_THEN = 150
SLOW_SECONDS = 0.02
MISTAKES = (
    "gold,bad{n},generate,5,No such type",
    "basic,.bad{n},generate,5,No such name",
    "basic,bad{n},short,5,Weak password",
    "basic,bad{n},generate,much,No such quota",
    "basic,bad{n}@other.test,generate,5,Another domain",
    "basic,person{n}1,generate,5,There already",
    "basic,postmaster,generate,5,Reserved",
    "basic,bad{n},generate,99999,Too much",
)
# A worker that was lost is noticed after two seconds, an unclear answer is final after one.
IMPATIENT = {"SETTLE_SECONDS": "1"}


def lines() -> Iterator[str]:
    yield "type;user;password;quota;name"
    for number in range(GOOD):
        kind = "enhanced" if number % 3 == 0 else "basic"
        password = f"Secret-Word-{number}" if number % 2 else "generate"
        yield f"{kind};person{number};{password};{number % 5 + 1};Person Number {number}"
    for number in range(BAD):
        yield MISTAKES[number % len(MISTAKES)].format(n=number).replace(",", ";")


@pytest.fixture
def service(home: House) -> Service:
    """A service with room for the good lines, at a vendor that takes its time."""
    home.start_broker()
    home.start_vendor()
    home.start_web()
    home.start_worker(**IMPATIENT)
    service = makers.make_service(
        product=makers.make_product(server=home.make_server()),
        domain="acme.test",
        entitlement=Entitlement(mailbox_quota_gb=Decimal(25)),
    )
    domain = {"domain": "acme.test", "reseller": stand_in.USERNAME}
    home.control("state", {"domains": [domain]})
    slow = {"action": "addUser", "kind": "slow", "seconds": SLOW_SECONDS, "count": 0}
    home.control("faults", slow)
    return service


def page(name: str, service: Service, **ids: int) -> str:
    return reverse(f"clientarea:mailboxes-import{name}", kwargs={"service_id": service.pk, **ids})


def started(visitor: Visitor, service: Service) -> MailboxImport:
    """Send the file, read the dry run, confirm it."""
    content = "\r\n".join(lines()).encode("utf-8-sig")
    sent, _seconds = visitor.post(page("", service), files={"file": ("people.csv", content)})
    review, _seconds = visitor.get(sent.headers["Location"])
    text = " ".join(review.text.split())
    assert f"{GOOD} mailboxes would be created" in text
    assert f"{BAD} lines would be left out" in text
    assert not Mailbox.objects.exists()
    work = MailboxImport.objects.get()
    visitor.post(page("-review", service, import_id=work.pk))
    return work


def done(work: MailboxImport) -> int:
    return work.rows.filter(status=MailboxImportRow.Status.DONE).count()


@pytest.mark.timeout(300)
def test_every_good_line_is_one_mailbox_and_every_bad_one_comes_back(
    home: House, service: Service
) -> None:
    with home.visitor(service.client.memberships.get().user) as visitor:
        work = started(visitor, service)
        confirmed_at = time.monotonic()
        wait_until(lambda: done(work), "the first line is done")
        first_progress = time.monotonic() - confirmed_at
        wait_until(lambda: done(work) >= BY_THEN, "the import is in the middle")

        home.stop("worker")

        by_then = done(work)
        assert BY_THEN <= by_then < GOOD
        home.start_worker(**IMPATIENT)

        def is_finished() -> bool:
            home.sweep()
            time.sleep(0.5)
            work.refresh_from_db()
            return work.finished_at is not None

        wait_until(is_finished, "the import is finished", seconds=200)
        result, _seconds = visitor.get(page("-result", service, import_id=work.pk))
        progress, _seconds = visitor.get(page("-progress", service, import_id=work.pk))

    expected = {f"person{number}" for number in range(GOOD)}
    at_vendor = home.at_vendor("acme.test")
    assert at_vendor is not None
    assert set(at_vendor["mailboxes"]) == expected
    assert home.done_by_vendor("addUser") == GOOD
    # The line that was cut off before it was sent may have left a row that was given up.
    rows = Counter(Mailbox.objects.existing().values_list("local_part", "status"))
    assert rows == Counter((name, Mailbox.Status.ACTIVE) for name in expected)
    assert Activity.objects.filter(action="mailbox.added").count() == GOOD
    statuses = Counter(work.rows.values_list("status", flat=True))
    assert statuses == {"done": GOOD, "skipped": BAD}
    typed = work.rows.filter(is_password_generated=False)
    assert set(typed.values_list("password", flat=True)) == {""}
    returned = list(csv.DictReader(io.StringIO(result.text.removeprefix("\ufeff"))))
    assert len(returned) == BAD
    assert all(line["reason"] for line in returned)
    assert "Secret-Word" not in result.text
    assert re.search(rf"{GOOD}\s+of\s+{GOOD}\s+created", progress.text)
    assert first_progress < 5  # a worker on a busy machine; a second is usual
