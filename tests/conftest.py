"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from clients import delivery
from clients.actors import Actor
from provisioning import gateway, tasks
from provisioning.sandbox import Sandbox
from provisioning.workers import runner, sweep
from tests import vendor as stand_in


def pytest_addoption(parser: pytest.Parser) -> None:
    """Give pytest an option of ours."""
    parser.addoption(
        "--run-migrations",
        action="store_true",
        help="build the test database by every migration there is, which takes its time",
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,  # noqa: ARG001
) -> None:
    """Build the tables from the models; that the migrations come to the same is tested apart."""
    is_migrated: bool = request.config.getoption("--run-migrations")
    for connection in connections.all():
        connection.settings_dict["TEST"]["MIGRATE"] = is_migrated


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Limits on guessing and the vendor's tokens live in the cache: none outlives its test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Sandbox]:
    """The vendor's stand-in with one reseller, reached in process over the wire format."""
    sandbox = Sandbox()
    sandbox.add_reseller(stand_in.USERNAME, stand_in.PASSWORD)
    settings.EMAILARRAY_TRANSPORT = lambda: stand_in.InProcess(sandbox)
    gateway.forget_connections()
    yield sandbox
    gateway.forget_connections()


@pytest.fixture
def actor() -> Actor:
    """Somebody who is nobody in particular."""
    return Actor.system("test")


@pytest.fixture
def post() -> Callable[[], list[EmailMultiAlternatives]]:
    """Send the email that waits, as the sweep would, and return what has left so far."""

    def send() -> list[EmailMultiAlternatives]:
        for email_id in delivery.due(now=timezone.now()):
            delivery.deliver(email_id)
        return [each for each in mail.outbox if isinstance(each, EmailMultiAlternatives)]

    return send


@pytest.fixture
def run_jobs() -> Callable[[], None]:
    """Do all module work that is due now, as the sweep and the workers would."""

    def run() -> None:
        for _ in range(20):
            work = sweep.find_work(now=timezone.now())
            for job_id, _action in work.jobs:
                runner.run(job_id)
            for noun, element_id in work.elements:
                tasks.settle_element(noun=noun, element_id=element_id)
            for door, name, ids in (
                (tasks.verify_domain, "mail_domain_id", work.verifications),
                (tasks.settle_mailbox, "mailbox_id", work.mailboxes),
                (tasks.change_list, "list_id", work.lists),
                (tasks.run_batch, "batch_id", work.batches),
                (tasks.run_import, "import_id", work.imports),
                (tasks.purge_mailbox, "mailbox_id", work.purges),
            ):
                for each in ids:
                    door(**{name: each})
            if not (work.jobs or work.batches or work.imports or work.verifications):
                return
        raise AssertionError("the work does not come to an end")

    return run
