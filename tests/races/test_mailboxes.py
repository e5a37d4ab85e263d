"""Two clicks at once on 'Add Mailbox'."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError

from billing.models import Service
from clients.actors import Actor
from provisioning import queries
from provisioning.models import Entitlement, Mailbox, MailDomain
from provisioning.operations import mailboxes
from provisioning.operations.mailboxes import MailboxSpec, UnableToAddMailbox
from provisioning.sandbox import Sandbox
from provisioning.workers import mailboxes as worker
from tests import makers
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both clicks wait for each other when they have looked whether there is room."""
    meeting = Meeting()
    taken_by = queries.address_taken_by

    def look_and_wait(domain: MailDomain, local_part: str) -> str:
        taken = taken_by(domain, local_part)
        meeting()
        return taken

    monkeypatch.setattr(queries, "address_taken_by", look_and_wait)
    return meeting


@pytest.fixture
def service(world: Sandbox) -> Service:
    """A plan of one Basic mailbox, none of it in use."""
    return makers.make_service(vendor=world, entitlement=Entitlement(basic_mailboxes=1))


def add(service: Service, local_part: str, actor: Actor, *, key: UUID | None = None) -> Mailbox:
    mail_domain = MailDomain.objects.get(pk=service.mail_domain.pk)
    spec = MailboxSpec(
        local_part=local_part,
        password="Good-enough-1",
        quota_mb=1000,
        account_type=Mailbox.Type.BASIC,
        request_key=key,
    )
    return mailboxes.add_mailbox(mail_domain=mail_domain, spec=spec, actor=actor)


def test_of_two_clicks_for_the_last_mailbox_one_succeeds(
    service: Service, world: Sandbox, counted: Meeting, actor: Actor
) -> None:
    clicks = [partial(add, service, name, actor) for name in ("anna", "ben")]

    results = together(*clicks)

    added = [result for result in results if isinstance(result, Mailbox)]
    refused = [result for result in results if isinstance(result, UnableToAddMailbox)]
    assert (len(added), len(refused)) == (1, 1)
    assert "All 1 Basic mailboxes" in refused[0].user_message
    assert list(world.mailboxes(service.domain)) == [added[0].local_part]
    assert len(world.calls("addUser")) == 1
    assert Mailbox.objects.live().count() == 1
    assert not counted.has_happened


def test_control_without_the_lock_both_clicks_take_the_last_mailbox(
    service: Service,
    world: Sandbox,
    counted: Meeting,
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch, worker, "_reserve")
    clicks = [partial(add, service, name, actor) for name in ("anna", "ben")]

    results = together(*clicks)

    assert counted.has_happened
    assert [type(result) for result in results] == [Mailbox, Mailbox]
    assert sorted(world.mailboxes(service.domain)) == ["anna", "ben"]


def test_the_same_form_sent_twice_at_once_adds_one_mailbox(
    service: Service, world: Sandbox, counted: Meeting, actor: Actor
) -> None:
    click = partial(add, service, "anna", actor, key=uuid4())

    first, second = together(click, click)

    assert first == second
    assert list(world.mailboxes(service.domain)) == ["anna"]
    assert len(world.calls("addUser")) == 1
    assert Mailbox.objects.count() == 1
    assert not counted.has_happened


def test_control_without_the_lock_the_same_form_fails_the_second_time(
    service: Service, counted: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, worker, "_reserve")
    click = partial(add, service, "anna", actor, key=uuid4())

    results = together(click, click)

    assert counted.has_happened
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Mailbox"]
    assert any(isinstance(result, IntegrityError) for result in results)
