"""The gateway: one log-in for many calls, no secret on record, no transaction across the wire."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.db import connection, transaction
from pytest_django import Settings

from clients.actors import Actor
from core.db import TransactionAcrossTheWire
from provisioning import gateway, module
from provisioning.models import ModuleLog, Server
from provisioning.models.encrypted_field import Undecryptable
from provisioning.operations import servers
from provisioning.sandbox import Sandbox
from tests import makers
from tests import vendor as stand_in

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def test_many_calls_need_one_log_in(vendor: Sandbox) -> None:
    server = makers.make_server()

    for _ in range(5):
        with gateway.vendor(server) as client:
            client.domains.list()

    assert len(vendor.calls("login")) == 1
    assert len(vendor.calls("getAllDomains")) == 5


def test_a_token_lies_encrypted_in_the_cache() -> None:
    store = gateway.CacheTokenStore()

    store.set("server", "9f2c7a51d0e84b6f", 60)

    assert b"9f2c7a51d0e84b6f" not in cache.get("server")
    assert store.get("server") == "9f2c7a51d0e84b6f"


def test_a_token_under_a_lost_key_is_no_token(settings: Settings) -> None:
    store = gateway.CacheTokenStore()
    store.set("server", "9f2c7a51d0e84b6f", 60)

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert store.get("server") is None


def test_a_changed_password_does_not_meet_the_old_token(vendor: Sandbox) -> None:
    server = makers.make_server()
    before = gateway.config_of(server).server_key

    server.password = "another"

    assert gateway.config_of(server).server_key != before
    assert vendor.calls() == []


def test_an_expired_session_is_renewed_once(vendor: Sandbox) -> None:
    server = makers.make_server()
    with gateway.vendor(server) as client:
        client.domains.list()
    vendor.expire_sessions()

    with gateway.vendor(server) as client:
        client.domains.list()

    assert len(vendor.calls("login")) == 2


@pytest.mark.django_db(transaction=True)
def test_no_call_is_made_with_a_transaction_open(vendor: Sandbox) -> None:
    server = makers.make_server()

    with (
        pytest.raises(TransactionAcrossTheWire),
        transaction.atomic(),
        gateway.vendor(server) as client,
    ):
        client.domains.list()

    assert vendor.calls() == []


def test_every_exchange_is_on_record_and_no_secret_is(
    vendor: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service = makers.make_service(vendor=vendor)
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)

    webmail = module.webmail_sign_on(mailbox)
    panel = module.control_panel_sign_on(mailbox)

    secrets = [
        *webmail.fields.values(),
        panel.fields["p"],
        stand_in.PASSWORD,
    ]
    record = str(list(ModuleLog.objects.values())) + caplog.text + repr(webmail) + repr(panel)
    actions = set(ModuleLog.objects.values_list("action", flat=True))
    assert {"login", "getOTPassAndToken", "getOTPass"} <= actions
    assert not [secret for secret in secrets if secret in record]
    assert ModuleLog.objects.filter(mail_domain=service.mail_domain).exists()


def test_credentials_are_ciphertext_in_the_database() -> None:
    server = makers.make_server(password="S3cret!pw")

    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM provisioning_server WHERE id = %s", [server.pk])
        stored = cursor.fetchone()[0]

    assert "S3cret!pw" not in stored
    assert Server.objects.get(pk=server.pk).password == "S3cret!pw"


def test_a_wrong_key_never_hands_out_ciphertext(settings: Settings) -> None:
    server = makers.make_server()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(Undecryptable, match="ENCRYPTION_KEYS"):
        Server.objects.get(pk=server.pk)


def test_a_rotated_key_still_reads_what_the_old_one_wrote(settings: Settings) -> None:
    server = makers.make_server(password="S3cret!pw")
    old = settings.ENCRYPTION_KEYS

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *old]

    assert Server.objects.get(pk=server.pk).password == "S3cret!pw"


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda _vendor: None, "Logged in."),
        (
            lambda vendor: vendor.add_reseller(stand_in.USERNAME, "changed"),
            "refused the user name or password",
        ),
        (
            lambda vendor: vendor.faults.add(action="*", kind="drop_before", count=0),
            "No usable answer",
        ),
        (
            lambda vendor: vendor.faults.add(
                action="getAdminStats", kind="reject", sentence="Access denied", count=0
            ),
            "not allowed to count",
        ),
    ],
)
def test_test_connection_says_what_to_look_at(
    vendor: Sandbox, actor: Actor, prepare: Callable[[Sandbox], None], words: str
) -> None:
    server = makers.make_server()
    prepare(vendor)

    report = servers.check_connection(server=server, actor=actor)

    server.refresh_from_db()
    assert words in report.message
    assert (server.health == Server.Health.OK) == report.ok
    assert stand_in.PASSWORD not in report.message
