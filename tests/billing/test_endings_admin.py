"""The end of services in the staff pages: closed, restored, withdrawn, approved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from billing.models import CancellationRequest, Closing, Service, TerminationApproval
from billing.operations import approvals, cancellation
from clients.actors import Actor
from clients.models import User
from provisioning.models import ClosingSnapshot, ModuleJob
from provisioning.sandbox import Sandbox
from tests import billing_makers, makers
from tests.billing.closing_steps import fresh, is_on

pytestmark = pytest.mark.django_db
FORM = {"domain": "ACME.test", "reason": "Asked for by phone", "hold_days": ""}


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    return billing_makers.make_billed_service(domain="acme.test", vendor=vendor)


@pytest.fixture
def clerk() -> User:
    """Staff who may close services, but delete nothing at once."""
    return staff("add_closing", "view_closing", "change_closing", "view_service")


def staff(*permissions: str) -> User:
    user = makers.make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def add(user: User, **fields: Any) -> str:
    address = reverse("admin:billing_closing_add")
    return browser_of(user).post(address, FORM | fields, follow=True).content.decode()


def act(user: User, row: Model, action: str) -> str:
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    fields = {"action": action, "_selected_action": [row.pk]}
    return browser_of(user).post(address, fields, follow=True).content.decode()


def test_staff_close_a_service_by_typing_its_domain_and_restore_it(
    service: Service, clerk: User, vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    add(clerk)
    run_jobs()
    closing = Closing.objects.get()
    off = is_on(vendor)

    html = act(clerk, closing, "restore")
    run_jobs()

    assert (closing.status, closing.hold_days, closing.cause) == ("closed", 30, "staff")
    assert closing.requested_by_name == clerk.name
    assert not off
    assert "Restoring acme.test." in html
    assert is_on(vendor)
    assert fresh(service).status == Service.Status.ACTIVE


def test_staff_read_what_was_in_a_closed_domain(
    service: Service, clerk: User, run_jobs: Callable[[], None]
) -> None:
    makers.make_mailbox(service, "anna")
    add(clerk)
    run_jobs()
    snapshot = ClosingSnapshot.objects.get()
    browser = browser_of(staff("view_closingsnapshot"))

    listed = browser.get(reverse("admin:provisioning_closingsnapshot_changelist"))
    shown = browser.get(reverse("admin:provisioning_closingsnapshot_change", args=[snapshot.pk]))

    assert "acme.test" in listed.content.decode()
    assert "anna" in shown.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"domain": "acme.tst"}, "no active or suspended service"),
        ({"reason": ""}, "This field is required"),
        ({"hold_days": "0"}, "greater than or equal to 1"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_closing_is_refused_with_the_reason(
    clerk: User, fields: dict[str, str], words: str
) -> None:
    html = add(clerk, **fields)

    assert words in html
    assert not Closing.objects.exists()
    assert not ModuleJob.objects.exists()


@pytest.mark.usefixtures("service")
def test_with_the_right_to_purge_nothing_is_kept(
    vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    add(staff("add_closing", "view_closing", "purge_service"), hold_days="0")
    run_jobs()

    assert vendor.domains() == {}


@pytest.mark.usefixtures("service")
def test_what_is_being_closed_is_not_closed_again(clerk: User) -> None:
    add(clerk)

    html = add(clerk)

    assert "being closed already" in html
    assert Closing.objects.count() == 1


def test_staff_withdraw_a_clients_request(service: Service, actor: Actor) -> None:
    request = cancellation.request_cancellation(
        service=service,
        timing=CancellationRequest.Timing.END_OF_PERIOD,
        reason="Too much mail",
        actor=actor,
        on=timezone.localdate(),
    )
    looker = staff("view_cancellationrequest")
    changer = staff("view_cancellationrequest", "change_cancellationrequest")

    act(looker, request, "withdraw")
    before = CancellationRequest.objects.get().status
    html = act(changer, request, "withdraw")

    assert before == CancellationRequest.Status.OPEN
    assert "Withdrawn: acme.test goes on." in html
    assert CancellationRequest.objects.get().status == CancellationRequest.Status.WITHDRAWN


@pytest.mark.parametrize(("action", "answer"), [("approve", "approved"), ("decline", "declined")])
def test_only_who_may_answers_what_the_automation_asks(
    service: Service, actor: Actor, action: str, answer: str
) -> None:
    approval = approvals.ask(
        kind=TerminationApproval.Kind.PURGE,
        services=[service.pk],
        reason=TerminationApproval.Reason.MANY_MAILBOXES,
        on=timezone.localdate(),
        actor=actor,
    )
    looker = staff("view_terminationapproval")
    answerer = staff("view_terminationapproval", "approve_termination")

    act(looker, approval, action)
    before = TerminationApproval.objects.get().status
    html = act(answerer, approval, action)
    again = act(answerer, approval, action)

    fresh_one = TerminationApproval.objects.get()
    assert before == TerminationApproval.Status.REQUESTED
    assert "acme.test" in html
    assert (fresh_one.status, fresh_one.answered_by) == (answer, answerer)
    assert "answered already" in again
