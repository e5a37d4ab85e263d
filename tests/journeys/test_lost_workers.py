"""A worker killed outright, after the vendor has answered and before we have recorded it."""

from __future__ import annotations

import signal

import pytest

from billing.models import Service
from clients.models import Activity
from provisioning.models import ClosingSnapshot, MailDomain, ModuleJob
from tests import makers
from tests import vendor as stand_in
from tests.journeys.house import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.enable_socket]
Status = ModuleJob.Status
INCLUDE = ("--include", "tests.journeys.doomed")


@pytest.fixture
def home(home: House) -> House:
    """With broker and vendor, and no worker yet."""
    home.start_broker()
    home.start_vendor()
    return home


def is_done(job: ModuleJob) -> bool:
    job.refresh_from_db()
    done: bool = job.status == Status.SUCCEEDED
    return done


def lose_a_worker(home: House, job: ModuleJob) -> None:
    home.start_worker(*INCLUDE, DOOMED_ACTION=job.action)
    home.sweep()
    assert home.exit_code("worker") == -signal.SIGKILL


def recover(home: House, job: ModuleJob) -> None:
    home.start_worker()

    def swept_and_done() -> bool:
        home.sweep()
        return is_done(job)

    wait_until(swept_and_done, "the job is done")


def test_a_worker_killed_after_create_leaves_one_domain_and_one_record_of_it(home: House) -> None:
    product = makers.make_product(server=home.make_server())
    service = makers.make_service(product=product, domain="acme.test", status="pending")
    job = makers.make_job(service)

    lose_a_worker(home, job)

    job.refresh_from_db()
    service.mail_domain.refresh_from_db()
    assert (job.status, service.mail_domain.status) == (Status.RUNNING, MailDomain.Status.PENDING)
    assert home.at_vendor("acme.test") is not None

    recover(home, job)

    fresh = Service.objects.get(pk=service.pk)
    assert home.done_by_vendor("addDomain") == 1
    assert list(home.control("state")["domains"]) == ["acme.test"]
    assert fresh.status == Service.Status.ACTIVE
    assert fresh.mail_domain.status == MailDomain.Status.UNVERIFIED
    assert fresh.mail_domain.times_added == 1
    assert job.attempts == 2
    assert Activity.objects.filter(action="account.create").count() == 1


def test_a_worker_killed_after_terminate_leaves_nothing_and_one_record_of_it(home: House) -> None:
    product = makers.make_product(server=home.make_server())
    service = makers.make_service(product=product, domain="acme.test")
    makers.make_mailbox(service, "anna")
    job = makers.make_job(service, ModuleJob.Action.TERMINATE)
    domains = [
        {"domain": name, "reseller": stand_in.USERNAME} for name in ("acme.test", "other.test")
    ]
    home.control("state", {"domains": domains})

    lose_a_worker(home, job)

    job.refresh_from_db()
    assert job.status == Status.RUNNING
    assert list(home.control("state")["domains"]) == ["other.test"]

    recover(home, job)

    fresh = Service.objects.get(pk=service.pk)
    assert home.done_by_vendor("removeDomain") == 1
    assert list(home.control("state")["domains"]) == ["other.test"]
    assert fresh.status == Service.Status.TERMINATED
    assert fresh.mail_domain.status == MailDomain.Status.TERMINATED
    assert not fresh.mail_domain.mailboxes.live().exists()
    assert Activity.objects.filter(action="account.terminate").count() == 1
    assert "did not have the domain any more" in job.message


def test_a_worker_killed_after_close_and_after_restore_loses_neither(home: House) -> None:
    product = makers.make_product(server=home.make_server())
    service = makers.make_service(product=product, domain="acme.test")
    makers.make_mailbox(service, "anna")
    home.control("state", {"domains": [{"domain": "acme.test", "reseller": stand_in.USERNAME}]})
    statuses = []

    for action in (ModuleJob.Action.CLOSE, ModuleJob.Action.RESTORE):
        job = makers.make_job(service, action)
        lose_a_worker(home, job)
        job.refresh_from_db()
        assert job.status == Status.RUNNING
        recover(home, job)
        statuses.append(MailDomain.objects.get(pk=service.mail_domain.pk).status)
        home.stop("worker")

    assert statuses == [MailDomain.Status.CLOSING, MailDomain.Status.ACTIVE]
    assert home.at_vendor("acme.test") is not None
    assert ClosingSnapshot.objects.count() == 1
    assert Activity.objects.filter(action="account.close").count() == 1
    assert Activity.objects.filter(action="account.restore").count() == 1
