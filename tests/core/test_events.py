"""Events are handled in the transaction that made them true, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from clients.models import Client
from core import events
from core.db import TransactionAcrossTheWire, require_no_transaction

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class SomethingHappened:
    """An event of this test's own."""

    name: str


@events.reacts_to(SomethingHappened)
def note_it(event: SomethingHappened) -> None:
    Client.objects.create(name=event.name, email="a@b.test")


def test_a_handler_runs_at_once_in_the_same_transaction() -> None:
    with transaction.atomic():
        events.publish(SomethingHappened("kept"))
        seen = Client.objects.filter(name="kept").count()

    assert seen == 1


def test_what_a_handler_wrote_goes_with_the_transaction() -> None:
    with transaction.atomic():
        events.publish(SomethingHappened("gone"))
        transaction.set_rollback(True)

    assert not Client.objects.filter(name="gone").exists()


def test_nothing_is_published_without_a_transaction() -> None:
    with pytest.raises(events.PublishedOutsideTransaction):
        events.publish(SomethingHappened("never"))

    assert not Client.objects.exists()


def test_the_wire_is_closed_while_a_transaction_is_open() -> None:
    require_no_transaction()

    with transaction.atomic(), pytest.raises(TransactionAcrossTheWire):
        require_no_transaction()
