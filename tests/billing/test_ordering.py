"""A service is always placed for a domain, and a domain is served once."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Service
from billing.operations import ordering
from billing.operations.ordering import UnableToPlaceService
from clients.actors import Actor
from clients.models import Activity, Client
from provisioning.models import MailDomain, ModuleJob
from tests import makers


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("example.com", "example.com"),
        ("  EXAMPLE.Com. ", "example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("a.b-c.example", "a.b-c.example"),
    ],
)
def test_a_domain_is_stored_as_the_wire_spells_it(typed: str, wire: str) -> None:
    assert ordering.domain_of(typed) == wire


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "localhost",
        "192.0.2.1",
        "[::1]",
        "-a.example",
        "a-.example",
        "a..example",
        "a b.example",
        "a_b.example",
        "example.com/../x",
        "example.com;rm -rf",
        "http://example.com",
        "anna@example.com",
        "x" * 64 + ".example",
        ".".join(["x" * 60] * 5),
        "example.com\n.evil",
        "exam\u200bple.com/",
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(UnableToPlaceService) as refusal:
        ordering.domain_of(typed)

    assert refusal.value.field == "domain"


@given(st.text(max_size=80))
def test_whatever_is_typed_gives_a_host_name_or_a_refusal(text: str) -> None:
    try:
        name = ordering.domain_of(text)
    except UnableToPlaceService:
        return

    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert ordering.domain_of(name) == name


@pytest.mark.django_db
def test_placing_makes_service_domain_and_job_together(actor: Actor) -> None:
    product = makers.make_product(basic_mailboxes=7)

    service = ordering.place_service(
        client=makers.make_client(), product=product, domain="acme.test", actor=actor
    )

    job = ModuleJob.objects.get()
    assert service.status == Service.Status.PENDING
    assert service.mail_domain.basic_mailboxes == 7
    assert (job.action, job.mail_domain) == ("create", service.mail_domain)
    assert Activity.objects.filter(action="service.placed").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "active", "suspended"])
def test_a_domain_that_is_served_is_refused(actor: Actor, status: str) -> None:
    makers.make_service(domain="acme.test", status=status)

    with pytest.raises(UnableToPlaceService, match="already has an email service"):
        ordering.place_service(
            client=makers.make_client(),
            product=makers.make_product(),
            domain="ACME.test",
            actor=actor,
        )

    assert Service.objects.count() == 1
    assert not ModuleJob.objects.exists()


@pytest.mark.django_db
def test_a_terminated_domain_can_be_served_again(actor: Actor) -> None:
    makers.make_service(domain="acme.test", status="terminated")

    ordering.place_service(
        client=makers.make_client(), product=makers.make_product(), domain="acme.test", actor=actor
    )

    assert MailDomain.objects.filter(domain="acme.test").count() == 2


@pytest.mark.django_db
def test_a_closed_client_is_refused(actor: Actor) -> None:
    client = makers.make_client()
    client.status = Client.Status.CLOSED

    with pytest.raises(UnableToPlaceService, match="closed"):
        ordering.place_service(
            client=client, product=makers.make_product(), domain="acme.test", actor=actor
        )

    assert not Service.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "words"),
    [({"max_domains": 1}, "is full"), ({"is_active": False}, "cannot be ordered")],
)
def test_a_server_that_takes_no_more_is_refused(
    actor: Actor, fields: dict[str, int], words: str
) -> None:
    server = makers.make_server(**fields)
    product = makers.make_product(server=server)
    makers.make_service(product=product)

    with pytest.raises(UnableToPlaceService, match=words):
        ordering.place_service(
            client=makers.make_client(), product=product, domain="acme.test", actor=actor
        )

    assert Service.objects.count() == 1


@pytest.mark.django_db
def test_the_command_places_a_service() -> None:
    client, product = makers.make_client(), makers.make_product()
    out = StringIO()

    call_command(
        "place_service", "acme.test", client=client.email, product=product.name, stdout=out
    )

    assert "acme.test" in out.getvalue()
    assert Service.objects.get().client == client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("domain", "client", "product", "words"),
    [
        ("nonsense", None, None, "not a domain name"),
        ("acme.test", "nobody@people.test", None, "0 clients"),
        ("acme.test", None, "Nothing", "no product called"),
    ],
)
def test_the_command_says_what_is_wrong(
    domain: str, client: str | None, product: str | None, words: str
) -> None:
    options = {
        "client": client or str(makers.make_client().pk),
        "product": product or str(makers.make_product().pk),
    }

    with pytest.raises(CommandError, match=words):
        call_command("place_service", domain, **options)

    assert not Service.objects.exists()
