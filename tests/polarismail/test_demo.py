"""The demo's parts, before anything of it runs."""

from __future__ import annotations

import json
import socket
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client as Browser
from django.urls import reverse

from polarismail.demo import __main__ as demo
from polarismail.demo import banner, cast
from polarismail.demo.parts import Parts, broker_binary
from polarismail.demo.ports import HOST, free_port

PLANS = {plan.name: plan for plan in cast.PLANS}
DOMAINS = [domain for customer in cast.CUSTOMERS for domain in customer.domains]


def parts(folder: Path, *, broker: Path | None = Path("/bin/true")) -> Parts:
    return Parts(
        folder=folder,
        web_port=8000,
        broker_port=6001,
        vendor_port=6002,
        dns_port=6003,
        broker=broker,
    )


def test_children_see_the_demos_servers_whatever_the_caller_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody/else")
    monkeypatch.setenv("REDIS_URL", "redis://somebody.else/0")

    environment = parts(tmp_path).environment()

    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/polarismail.sqlite3"
    assert environment["REDIS_URL"] == "redis://127.0.0.1:6001/0"
    assert environment["DNS_RESOLVERS"] == "127.0.0.1:6003"
    assert environment["DEBUG"] == "0"


def test_the_reseller_keeps_the_password_only_this_user_can_read(tmp_path: Path) -> None:
    parts(tmp_path).write_state_file()
    first = json.loads((tmp_path / "reseller.json").read_text())

    parts(tmp_path).write_state_file()

    assert json.loads((tmp_path / "reseller.json").read_text()) == first
    assert len(first["resellers"][0]["password"]) >= 20
    assert (tmp_path / "reseller.json").stat().st_mode & 0o777 == 0o600


def test_the_screen_shows_every_log_in_and_says_what_is_embedded(tmp_path: Path) -> None:
    text = banner.text(parts(tmp_path))

    assert all(person.email in text for person in cast.people())
    assert cast.PASSWORD in text
    assert "http://localhost:8000/" in text
    assert "http://127.0.0.1:6002/__control/" in text
    assert "SQLite" in text
    assert "Valkey" in text
    assert "no real mail" in text


def test_the_screen_does_not_claim_a_server_that_does_not_run(tmp_path: Path) -> None:
    text = banner.text(parts(tmp_path, broker=None))

    assert "Valkey" not in text
    assert "share a process" in text


def test_the_embedded_server_is_found_and_can_be_run() -> None:
    binary = broker_binary()

    assert binary is not None
    assert binary.name == "valkey-server"


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        demo.only_one(tmp_path),
        pytest.raises(demo.UnableToStart, match="already running"),
        demo.only_one(tmp_path),
    ):
        pass

    with demo.only_one(tmp_path):
        pass


@pytest.mark.enable_socket
def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    port = free_port()

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.bind((HOST, port))
        holder.listen()
        with pytest.raises(demo.UnableToStart, match=f"Port {port} is in use"):
            demo.run(tmp_path, web_port=port, in_one_process=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port_is_refused(tmp_path: Path, port: int) -> None:
    with pytest.raises(demo.UnableToStart, match="is no port"):
        demo.run(tmp_path, web_port=port, in_one_process=False)


def test_everybody_and_every_domain_is_made_up() -> None:
    assert all(person.email.endswith(".test") for person in cast.people())
    assert all(domain.name.endswith(".test") for domain in DOMAINS)
    assert max(Counter(person.email for person in cast.people()).values()) == 1
    assert max(Counter(domain.name for domain in DOMAINS).values()) == 1


def test_there_is_a_service_of_every_stage() -> None:
    assert {domain.stage for domain in DOMAINS} == set(cast.Stage)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_a_domains_mailboxes_fit_its_plan(domain: cast.Domain) -> None:
    plan = PLANS[domain.plan]
    types = Counter(box.account_type for box in domain.boxes)

    assert plan.basic is None or types[cast.BASIC] <= plan.basic
    assert plan.enhanced is None or types[cast.ENHANCED] <= plan.enhanced
    assert plan.pool_gb is None or sum(box.quota_gb for box in domain.boxes) <= plan.pool_gb
    assert all(box.usage_mb <= box.quota_gb * 1000 for box in domain.boxes)


def test_the_showcase_has_what_its_additions_point_to() -> None:
    showcase = next(domain for domain in DOMAINS if domain.name == cast.SHOWCASE)
    names = {box.local_part for box in showcase.boxes}
    members = {member for members in cast.LISTS.values() for member in members}

    assert {cast.DISABLED, *members} <= names
    assert {target for _, target in cast.ALIASES} <= names
    assert {local_part for local_part, _ in cast.FORWARDS} <= names
    assert not names & {*cast.LISTS, *(alias for alias, _ in cast.ALIASES)}


@pytest.mark.django_db
def test_newcomers_find_the_shop_from_the_log_in_page_and_the_banner(tmp_path: Path) -> None:
    shown = Browser().get(reverse("account_login")).content.decode()

    assert 'href="/order/"' in shown
    assert "/order/" in banner.text(parts(tmp_path))


@pytest.mark.django_db
def test_the_admin_names_the_icon() -> None:
    shown = Browser().get("/django-admin/login/", follow=True).content.decode()

    assert 'rel="icon"' in shown
