"""Mailboxes from a file: tried dry first, then each line made exactly once."""

from __future__ import annotations

import pytest
from django.db import connection

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning.models import Alias, Mailbox, MailboxImport, MailboxImportRow
from provisioning.operations import imports
from provisioning.operations.mailboxes import password_problems
from provisioning.queries import usage_of
from provisioning.sandbox import Sandbox
from tests import makers
from tests.provisioning.operations.import_steps import GOOD, read, run, statuses, told

pytestmark = pytest.mark.django_db

Status = MailboxImport.Status
Rows = MailboxImportRow.Status


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return makers.make_service(domain="acme.test", vendor=vendor)


@pytest.fixture
def owner() -> Actor:
    return Actor.from_user(makers.make_user(email="ada@people.test"))


# The dry run


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gold,anna,,5,Anna", "Basic or Enhanced"),
        ("1,,,5,Nobody", "user name is missing"),
        ("1,.anna,,5,Anna", "begin and end"),
        ("1,a..b,,5,Anna", "Two dots"),
        ("1,postmaster,,5,Post", "reserved"),
        ("1,anna@other.test,,5,Anna", "end in @acme.test"),
        ("1,anna,other.test,generate,5,Anna", "end in @acme.test"),
        ("1,anna,short,5,Anna", "The password needs at least 8 characters"),
        ("1,anna, Secret-Word-1,5,Anna", "begins or ends with a space"),
        ("1,anna,,-5,Anna", "number of GB"),
        ("1,anna,,0.55,Anna", "number of GB"),
        ("1,anna,,NaN,Anna", "number of GB"),
        ("1,anna,,26,Anna", "up to 25 GB"),
        (f"1,anna,,5,{'x' * 101}", "up to 100 printable"),
        ("1,anna,,5,Anna,more", "more cells than columns"),
        ("1,taken,,5,Taken", "taken@acme.test is already a mailbox"),
        ("1,sales,,5,Sales", "already an alias"),
        ("1,gone,,5,Gone", "was deleted lately"),
    ],
)
def test_the_dry_run_says_what_is_wrong_with_a_line(
    service: Service, actor: Actor, line: str, words: str
) -> None:
    makers.make_mailbox(service, "taken")
    makers.make_mailbox(service, "gone", status=Mailbox.Status.TRASHED)
    Alias.objects.create(mail_domain=service.mail_domain, local_part="sales", target="x@y.test")

    work = read(service, actor, line)

    status, message = told(work)[1]
    assert status == Rows.SKIPPED
    assert words in message
    assert work.rows.get().password == ""


def test_the_dry_run_makes_nothing_and_asks_the_vendor_nothing(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.forget_calls()

    work = read(service, actor, f"1,anna,{GOOD},5,Anna", "2,Ben@ACME.test,generate,0.5,Ben")

    assert work.status == Status.REVIEW
    assert statuses(work) == [Rows.WAITING, Rows.WAITING]
    assert not Mailbox.objects.exists()
    assert not vendor.calls()
    assert work.rows.get(number=2).local_part == "ben"


def test_the_dry_run_counts_room_along(service: Service, actor: Actor) -> None:
    makers.make_mailbox(service, "taken", account_type=2)
    lines = [f"2,user{number},,5,User" for number in range(5)]

    work = read(service, actor, *lines, "1,basic,,5,Basic", "1,user0,,5,Twice")

    verdicts = told(work)
    assert [verdicts[number][0] for number in range(1, 8)] == ["waiting"] * 4 + [
        "skipped",
        "waiting",
        "skipped",
    ]
    assert "All 5 Enhanced mailboxes" in verdicts[5][1]
    assert verdicts[7][1] == "Line 1 has the same user name."


def test_the_dry_run_counts_storage_along(service: Service, actor: Actor) -> None:
    work = read(service, actor, *(f"1,user{number},,25,User" for number in range(5)))

    assert [status for status, _message in told(work).values()] == ["waiting"] * 4 + ["skipped"]
    assert "0 GB of your plan's 100 GB are left" in told(work)[5][1]


def test_the_effect_on_the_plan_is_told_before(service: Service, actor: Actor) -> None:
    makers.make_mailbox(service, "taken", quota_mb=5000)
    work = read(service, actor, "1,anna,,5,A", "2,ben,,10,B", "2,carl,,10,C", "9,bad,,10,D")

    after = imports.after_import(imports.progress_of(work), usage_of(service.mail_domain))

    assert (after.basic.used, after.enhanced.used) == (2, 2)
    assert after.quota.promised_mb == 30_000


def test_no_password_is_readable_in_the_database(service: Service, actor: Actor) -> None:
    read(service, actor, f"1,anna,{GOOD},5,Anna")

    with connection.cursor() as cursor:
        cursor.execute("SELECT password, cells FROM provisioning_mailboximportrow")
        stored = str(cursor.fetchall())
    assert GOOD not in stored
    assert "anna" in stored


# The run


def test_good_lines_become_mailboxes_and_bad_ones_do_not(
    service: Service, vendor: Sandbox, owner: Actor
) -> None:
    work = read(service, owner, f"1,anna,{GOOD},5,Anna Example", "9,bad,,5,Bad", "2,ben,,0.5,Ben")

    run(work, owner)

    there = vendor.mailboxes("acme.test")
    assert (work.status, set(there)) == (Status.FINISHED, {"anna", "ben"})
    assert vendor.accepts_password("acme.test", "anna", GOOD)
    assert (there["ben"]["account_type"], there["ben"]["quota_gb"]) == (2, 0.5)
    assert Mailbox.objects.get(local_part="anna").display_name == "Anna Example"
    assert statuses(work) == [Rows.DONE, Rows.SKIPPED, Rows.DONE]
    assert Activity.objects.filter(action="mailbox.added", actor=owner.user).count() == 2
    assert Activity.objects.get(action="mailboxes.imported").after == {"lines": 2}


def test_a_typed_password_is_erased_with_its_line_and_a_made_up_one_is_handed_over_once(
    service: Service, vendor: Sandbox, owner: Actor
) -> None:
    work = run(read(service, owner, f"1,anna,{GOOD},5,A", "1,ben,generate,5,B"), owner)

    handed_over = imports.take_passwords(mailbox_import=work, actor=owner)

    [(address, password)] = handed_over
    assert address == "ben@acme.test"
    assert vendor.accepts_password("acme.test", "ben", password)
    assert not password_problems(password)
    assert password[0].isalnum()
    assert set(work.rows.values_list("password", flat=True)) == {""}
    with pytest.raises(imports.UnableToHandOverPasswords, match="handed over or erased"):
        imports.take_passwords(mailbox_import=work, actor=owner)


def test_nobody_else_gets_the_passwords(service: Service, owner: Actor) -> None:
    work = run(read(service, owner, "1,ben,generate,5,B"), owner)
    other = Actor.from_user(makers.make_user())

    with pytest.raises(imports.UnableToHandOverPasswords, match="Only the person"):
        imports.take_passwords(mailbox_import=work, actor=other)

    assert imports.progress_of(work).unread == 1


def test_started_twice_it_runs_once(service: Service, vendor: Sandbox, owner: Actor) -> None:
    work = run(read(service, owner, "1,anna,,5,A"), owner)

    run(work, owner)

    assert len(vendor.calls("addUser")) == 1
    assert Activity.objects.filter(action="mailboxes.imported").count() == 1


def test_an_import_without_a_good_line_is_not_started(service: Service, actor: Actor) -> None:
    work = read(service, actor, "9,bad,,5,Bad")

    with pytest.raises(imports.UnableToStartImport, match="No line"):
        imports.start_import(mailbox_import=work, actor=actor)


def test_a_refused_line_says_why_and_the_others_go_on(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    work = read(service, actor, "1,anna,,5,A", "1,ben,,5,B")
    vendor.faults.add(action="addUser", kind="reject", sentence="Password is too simple", count=1)

    run(work, actor)

    assert statuses(work) == [Rows.FAILED, Rows.DONE]
    assert "Password is too simple" in told(work)[1][1]
    assert work.rows.get(number=1).password == ""


def test_limits_are_enforced_again_at_the_time(service: Service, actor: Actor) -> None:
    work = read(service, actor, *(f"2,user{number},,5,U" for number in range(5)))
    makers.make_mailbox(service, "quicker", account_type=2)

    run(work, actor)

    assert statuses(work) == [Rows.DONE] * 4 + [Rows.FAILED]
    assert service.mail_domain.mailboxes.of_type(2).count() == 5
