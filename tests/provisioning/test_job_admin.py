"""The module queue in the staff pages: tried again, or adopted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse

from clients.actors import Actor
from clients.models import User
from provisioning.models import MailDomain, ModuleJob
from provisioning.operations import lifecycle
from provisioning.sandbox import Sandbox
from tests import makers
from tests.vendor import USERNAME

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser() -> User:
    return makers.make_user(email="root@people.test", is_staff=True, is_superuser=True)


def act(user: User, job: ModuleJob, action: str) -> str:
    browser = Browser()
    browser.force_login(user)
    fields = {"action": action, "_selected_action": [job.pk]}
    address = reverse("admin:provisioning_modulejob_changelist")
    return browser.post(address, fields, follow=True).content.decode()


@pytest.fixture
def found(vendor: Sandbox, actor: Actor, run_jobs: Callable[[], None]) -> ModuleJob:
    """A creation that has found its domain at the vendor already."""
    domain = makers.make_service(status="pending", domain="acme.test").mail_domain
    vendor.add_domain("acme.test", reseller=USERNAME)
    job = lifecycle.request_creation(mail_domain=domain, actor=actor)
    run_jobs()
    return job


def test_a_domain_found_at_the_vendor_is_adopted_by_staff(
    superuser: User, found: ModuleJob, vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    html = act(superuser, found, "adopt")
    run_jobs()

    found.refresh_from_db()
    adoption = ModuleJob.objects.exclude(pk=found.pk).get()
    assert "Adopting acme.test." in html
    assert found.status == ModuleJob.Status.CANCELLED
    assert adoption.status == ModuleJob.Status.SUCCEEDED
    assert adoption.requested_by == superuser
    assert MailDomain.objects.get().status == MailDomain.Status.ACTIVE
    assert vendor.calls("addDomain") == []


@pytest.mark.parametrize("cause", ["taken", "unreachable", "limit_reached"])
def test_nothing_else_that_failed_is_adopted(superuser: User, found: ModuleJob, cause: str) -> None:
    ModuleJob.objects.update(cause=cause)

    html = act(superuser, found, "adopt")

    assert "Only a domain that exists at the vendor already can be adopted." in html
    assert ModuleJob.objects.get().status == ModuleJob.Status.FAILED


@pytest.mark.parametrize("action", ["adopt", "retry"])
def test_who_may_only_look_at_the_queue_sets_nothing_going(found: ModuleJob, action: str) -> None:
    clerk = makers.make_user(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_modulejob"))

    act(clerk, found, action)

    assert ModuleJob.objects.get().status == ModuleJob.Status.FAILED
