"""What staff keep the automation from, in the admin and at a terminal."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from billing.automation import leases
from billing.models import AutomationJob, AutomationJobRun, AutomationRun, Service
from clients.models import Activity
from tests.billing.automation.days import START, cron, on
from tests.billing.automation.little_jobs import Put, noting
from tests.billing_makers import make_billed_service
from tests.makers import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Browser) -> Browser:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


def page(model: type[AutomationJob | AutomationRun | AutomationJobRun], pk: object = None) -> str:
    name = f"admin:{model._meta.label_lower.replace('.', '_')}"
    return reverse(f"{name}_change", args=[pk]) if pk else reverse(f"{name}_changelist")


def test_a_job_is_paused_and_goes_on_while_its_lease_stays_with_whoever_has_it(
    staff: Browser, put: Put, ran: list[str]
) -> None:
    job = noting(ran, "daily")
    put(job)
    cron(START)
    with on(START + timedelta(days=1), 8):
        lease = leases.take(job, now=timezone.now(), today=START + timedelta(days=1))
    path = page(AutomationJob, "daily")

    staff.post(path, {"is_paused": "on"})
    paused = AutomationJob.objects.get()
    staff.post(path, {"is_paused": "on"})
    staff.post(path, {})

    resumed = AutomationJob.objects.get()
    assert (paused.is_paused, resumed.is_paused) == (True, False)
    assert paused.lease_id == resumed.lease_id == lease
    assert resumed.last_done_date == START
    actions = Activity.objects.filter(object_type="billing.automationjob").order_by("pk")
    assert [line.action for line in actions] == ["automationjob.paused", "automationjob.resumed"]


def test_staff_see_what_a_run_did_and_cannot_change_it(staff: Browser) -> None:
    with on(START - timedelta(days=30)):
        make_billed_service(next_due=START)
    cron(START)
    run = AutomationRun.objects.get()
    row = AutomationJobRun.objects.get(job="create_invoices")

    shown = staff.get(page(AutomationRun, run.pk)).content.decode()
    items = staff.get(page(AutomationJobRun, row.pk)).content.decode()
    lists = [staff.get(page(model)).status_code for model in (AutomationRun, AutomationJobRun)]

    assert "create_invoices" in shown
    assert "Invoice 2026-00001" in items
    assert lists == [200, 200]
    assert staff.post(page(AutomationRun, run.pk), {}).status_code == 403


def spare(*arguments: str) -> str:
    printed = StringIO()
    call_command("service", "spare", *arguments, stdout=printed)
    return printed.getvalue()


def test_a_service_is_spared_until_a_day_and_that_is_taken_back() -> None:
    service = make_billed_service(domain="acme.test")

    said = spare("--until", "2026-12-31", "acme.test")
    until = Service.objects.get().suspension_override_until
    spare("--until", "now", "acme.test")

    assert "spared until 2026-12-31" in said
    assert str(until) == "2026-12-31"
    assert Service.objects.get().suspension_override_until is None
    lines = Activity.objects.filter(action="service.spared").order_by("pk")
    assert [line.after["until"] for line in lines] == ["2026-12-31", ""]
    assert {line.client for line in lines} == {service.client}


def test_what_is_no_day_is_refused() -> None:
    make_billed_service(domain="acme.test")

    with pytest.raises(CommandError, match="no date such as"):
        spare("--until", "soon", "acme.test")

    assert not Activity.objects.filter(action="service.spared").exists()
