"""Two orders at once for the last place on a server."""

from __future__ import annotations

from functools import partial

import pytest

from billing.models import Product, Service
from billing.operations import ordering
from billing.operations.ordering import UnableToPlaceService
from clients.actors import Actor
from provisioning.models import MailDomain, ModuleJob, Server
from provisioning.sandbox import Sandbox
from tests import makers
from tests.races.together import Meeting, together
from tests.races.unguarded import without_locks

pytestmark = [pytest.mark.servers, pytest.mark.enable_socket, pytest.mark.usefixtures("world")]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Both orders wait for each other when they have looked whether there is room."""
    meeting = Meeting()
    check = vars(ordering)["_check_room_on"]

    def check_and_wait(server: Server) -> None:
        check(server)
        meeting()

    monkeypatch.setattr(ordering, "_check_room_on", check_and_wait)
    return meeting


@pytest.fixture
def product(world: Sandbox) -> Product:  # noqa: ARG001
    """A product of a server that takes one domain, and has none."""
    return makers.make_product(server=makers.make_server(max_domains=1))


def order(product: Product, domain: str, actor: Actor) -> Service:
    fresh = Product.objects.get(pk=product.pk)
    return ordering.place_service(
        client=makers.make_client(), product=fresh, domain=domain, actor=actor
    )


@pytest.mark.usefixtures("nobody_works")
def test_of_two_orders_for_the_last_place_one_succeeds(
    product: Product, counted: Meeting, actor: Actor
) -> None:
    orders = [partial(order, product, name, actor) for name in ("one.test", "two.test")]

    results = together(*orders)

    placed = [result for result in results if isinstance(result, Service)]
    refused = [result for result in results if isinstance(result, UnableToPlaceService)]
    assert (len(placed), len(refused)) == (1, 1)
    assert "is full" in refused[0].user_message
    assert MailDomain.objects.get().domain == placed[0].domain
    assert ModuleJob.objects.count() == 1
    assert not counted.has_happened


@pytest.mark.usefixtures("nobody_works")
def test_control_without_the_lock_both_orders_take_the_last_place(
    product: Product, counted: Meeting, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, ordering, "_place")
    orders = [partial(order, product, name, actor) for name in ("one.test", "two.test")]

    results = together(*orders)

    assert counted.has_happened
    assert [result for result in results if isinstance(result, UnableToPlaceService)] == []
    assert MailDomain.objects.count() == 2
