"""The command that suspends, unsuspends, changes and terminates."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Service
from provisioning.models import ModuleJob
from provisioning.sandbox import Sandbox
from tests import makers

pytestmark = pytest.mark.django_db


def service_command(*arguments: str) -> str:
    out = StringIO()
    call_command("service", *arguments, stdout=out)
    return out.getvalue()


def test_a_service_is_led_through_its_life(vendor: Sandbox, run_jobs: Callable[[], None]) -> None:
    service = makers.make_service(vendor=vendor, domain="acme.test")
    larger = makers.make_product(server=service.product.server, basic_mailboxes=50)
    states = []

    for arguments in (
        ("suspend", "--reason", "Overdue on Payment", "acme.test"),
        ("unsuspend", "acme.test"),
        ("change", "--product", larger.name, "acme.test"),
        ("close", "--reason", "By phone", "--days", "9", "--confirm", "acme.test", "acme.test"),
        ("restore", "acme.test"),
        ("terminate", "--confirm", "acme.test", "acme.test"),
    ):
        assert "is queued" in service_command(*arguments)
        run_jobs()
        states.append(Service.objects.get(pk=service.pk).status)

    assert states == ["suspended", "active", "active", "closing", "active", "terminated"]
    assert Service.objects.get(pk=service.pk).product == larger
    assert vendor.domains() == {}


@pytest.mark.parametrize("confirmed", [(), ("--confirm", "other.test")])
@pytest.mark.parametrize("action", [("terminate",), ("close", "--reason", "By phone")])
def test_nothing_is_ended_without_the_domain_typed(
    vendor: Sandbox, action: tuple[str, ...], confirmed: tuple[str, ...]
) -> None:
    makers.make_service(vendor=vendor, domain="acme.test")

    with pytest.raises(CommandError, match="not confirmed"):
        service_command(*action, *confirmed, "acme.test")

    assert not ModuleJob.objects.exists()
    assert "acme.test" in vendor.domains()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("unsuspend", "nowhere.test"), "No service is live"),
        (("unsuspend", "acme.test"), "Only a suspended domain"),
        (("restore", "acme.test"), "is not closed"),
        (("change", "--product", "Nothing", "acme.test"), "no product called"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...], words: str) -> None:
    makers.make_service(domain="acme.test")

    with pytest.raises(CommandError, match=words):
        service_command(*arguments)

    assert not ModuleJob.objects.exists()
