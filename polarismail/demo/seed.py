"""Fill the demo through the product's own operations, so that its rows and the vendor agree."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from django.db import transaction
from django.utils import timezone

from billing.models import Product, Service
from billing.operations import ordering, services
from clients.actors import Actor
from clients.models import Activity, Client, User
from clients.operations import activity, clients, memberships
from polarismail.demo import books, cast, shop
from polarismail.demo.cast import Box, Customer, Domain, Person, Stage
from provisioning import gateway
from provisioning.models import MailDomain, ModuleJob, Server
from provisioning.operations import mailboxes, mirror, servers, verification

PATIENCE_SECONDS = 90
# Stages of domains that work, or did: verified, with mailboxes.
FILLED = {Stage.VERIFIED, Stage.SUSPENDED, Stage.LEAVING, Stage.CLOSED}
SERVER_NAME = "Demo reseller"
OTHER_RESELLER = "somebody-else"
SOWN = "demo.seeded"
MB_PER_GB = 1000


class SeedFailed(RuntimeError):
    """The demo's data could not be made; the text says at which domain."""


def sow(*, vendor_url: str, state_file: Path, say: Callable[[str], object]) -> None:
    """
    Make what is missing of the demo's data; once all of it was made, only the server's address.

    Whoever interrupts it can start again.

    :raises SeedFailed: the worker or the stand-in did not do its part
    """
    reseller = json.loads(state_file.read_text())["resellers"][0]
    server = _server(vendor_url, reseller)
    if Activity.objects.filter(action=SOWN).exists():
        return
    actor = Actor.from_user(_user(cast.STAFF, is_staff=True, is_superuser=True))
    servers.check_connection(server=server, actor=actor)
    _prepare_the_vendor(vendor_url, reseller["username"])
    books.open_books(actor=actor)
    products = shop.stock(server, actor=actor, today=timezone.localdate())
    client_of = {
        domain: _client(customer, actor)
        for customer in cast.CUSTOMERS
        for domain in customer.domains
    }
    placed = {
        domain: _place(domain, client, products[domain.plan], actor)
        for domain, client in client_of.items()
    }
    for domain, service in placed.items():
        say(f"{domain.name}: {domain.stage.name.lower()}")
        _bring_to_its_stage(domain, service, vendor_url, actor)
    with transaction.atomic():
        activity.record(action=SOWN, subject=server, name=server.name, client=None, actor=actor)


def _server(vendor_url: str, reseller: dict[str, str]) -> Server:
    """The stand-in may have another port than at the last start."""
    server, _ = Server.objects.update_or_create(
        name=SERVER_NAME,
        defaults={
            "admin_url": f"{vendor_url}/admin/json.php",
            "fallback_admin_url": "",
            "user_url": f"{vendor_url}/json.php",
            "control_panel_url": f"{vendor_url}/processlogin.php",
            "username": reseller["username"],
            "password": reseller["password"],
            "mb_per_gb": MB_PER_GB,
        },
    )
    return server


def _user(person: Person, **fields: Any) -> User:
    known = User.objects.filter(email=person.email).first()
    return known or User.objects.create_user(
        person.email,
        cast.PASSWORD,
        first_name=person.first_name,
        last_name=person.last_name,
        **fields,
    )


def _client(customer: Customer, actor: Actor) -> Client:
    known = Client.objects.filter(company=customer.company).first()
    if known:
        return known
    with transaction.atomic():
        owner = _user(customer.owner)
        client = clients.add_client(
            name=owner.name,
            email=owner.email,
            owner=owner,
            actor=actor,
            company=customer.company,
            country=customer.country,
        )
        for person in customer.others:
            memberships.add_membership(
                client=client, user=_user(person), permissions=person.permissions, actor=actor
            )
    return client


def _prepare_the_vendor(vendor_url: str, reseller: str) -> None:
    """Put there what was there before this product came: domains of our reseller and another."""
    domains = [domain for customer in cast.CUSTOMERS for domain in customer.domains]
    moved_in = [domain for domain in domains if domain.is_moved_in]
    taken = [domain for domain in domains if domain.stage is Stage.TAKEN]
    state = {
        "resellers": [{"username": OTHER_RESELLER, "password": cast.PASSWORD}],
        "domains": [
            *({"domain": domain.name, "reseller": reseller} for domain in moved_in),
            *({"domain": domain.name, "reseller": OTHER_RESELLER} for domain in taken),
        ],
        "mailboxes": [
            _mailbox_state(domain.name, box) for domain in moved_in for box in domain.boxes
        ],
    }
    _tell_the_vendor(vendor_url, "state", state)
    _tell_the_vendor(vendor_url, "dns", [{"domain": domain.name} for domain in moved_in])


def _mailbox_state(domain: str, box: Box) -> dict[str, Any]:
    hours = box.last_login_hours
    return {
        "domain": domain,
        "username": box.local_part,
        "uname": box.name,
        "account_type": box.account_type,
        "quota_gb": box.quota_gb,
        "usage_mb": box.usage_mb,
        "password": cast.PASSWORD,
        "last_login": None if hours is None else time.time() - hours * 3600,
    }


def _tell_the_vendor(vendor_url: str, knob: str, body: object) -> None:
    answer = httpx.post(f"{vendor_url}/__control/{knob}", json=body, trust_env=False, timeout=30)
    if answer.is_error:
        raise SeedFailed(f"The stand-in refused {knob}: {answer.text}")


def _place(domain: Domain, client: Client, product: Product, actor: Actor) -> Service:
    placed = Service.objects.with_domain().filter(mail_domain__domain=domain.name).first()
    return placed or ordering.place_service(
        client=client, product=product, domain=domain.name, actor=actor, adopt=domain.is_moved_in
    )


def _bring_to_its_stage(domain: Domain, service: Service, vendor_url: str, actor: Actor) -> None:
    _wait_for_jobs(service.mail_domain, may_fail=domain.stage is Stage.TAKEN)
    if domain.stage in FILLED:
        _verify(service.mail_domain, vendor_url, actor)
        _fill(domain, service.mail_domain, actor)
    if domain.stage in {*FILLED, Stage.UNVERIFIED}:
        shop.bill(domain, service, actor=actor, today=timezone.localdate())
    if domain.name == cast.SHOWCASE:
        books.keep_books(service, actor=actor, today=timezone.localdate())
    if domain.stage is Stage.SUSPENDED and service.mail_domain.status != "suspended":
        shop.suspend_for_debt(service, actor=actor, today=timezone.localdate())
    if domain.stage in {Stage.LEAVING, Stage.CLOSED}:
        shop.cancel(domain, service, actor=actor, today=timezone.localdate())
    if domain.stage is Stage.TERMINATED and service.mail_domain.status != "terminated":
        services.terminate_service(service=service, actor=actor)
    _wait_for_jobs(service.mail_domain, may_fail=domain.stage is Stage.TAKEN)


def _wait_for_jobs(mail_domain: MailDomain, *, may_fail: bool) -> None:
    _wait(mail_domain, "its jobs", lambda: not mail_domain.jobs.open().exists())
    failed = mail_domain.jobs.filter(status=ModuleJob.Status.FAILED).first()
    if failed and not may_fail:
        raise SeedFailed(f"{mail_domain.domain}: {failed}: {failed.message}")
    mail_domain.refresh_from_db()


def _wait(mail_domain: MailDomain, what: str, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise SeedFailed(f"{mail_domain.domain}: waited {PATIENCE_SECONDS} s for {what}.")
        time.sleep(0.1)


def _verify(mail_domain: MailDomain, vendor_url: str, actor: Actor) -> None:
    if mail_domain.is_verified:
        return
    _tell_the_vendor(vendor_url, "dns", {"domain": mail_domain.domain})
    verdict = verification.recheck(mail_domain=mail_domain, actor=actor)
    if verdict is not verification.Verdict.VERIFIED:
        raise SeedFailed(f"{mail_domain.domain}: {verdict.label}")
    mail_domain.refresh_from_db()


def _fill(domain: Domain, mail_domain: MailDomain, actor: Actor) -> None:
    if mail_domain.status != "active":
        return
    _wait_for_reading(mail_domain)
    existing = set(mail_domain.mailboxes.live().values_list("local_part", flat=True))
    for box in domain.boxes:
        if box.local_part not in existing:
            spec = mailboxes.MailboxSpec(
                local_part=box.local_part,
                password=cast.PASSWORD,
                quota_mb=box.quota_gb * MB_PER_GB,
                account_type=box.account_type,
                display_name=box.name,
            )
            mailboxes.add_mailbox(mail_domain=mail_domain, spec=spec, actor=actor)
    if domain.name == cast.SHOWCASE:
        disabled = mail_domain.mailboxes.live().get(local_part=cast.DISABLED)
        mailboxes.disable_mailbox(mailbox=disabled, actor=actor)
        _add_addresses(mail_domain)
        _read_again(mail_domain)


def _wait_for_reading(mail_domain: MailDomain) -> None:
    def is_read() -> bool:
        mail_domain.refresh_from_db(fields=["mirrored_at"])
        return mail_domain.mirrored_at is not None

    _wait(mail_domain, "the first reading", is_read)


def _read_again(mail_domain: MailDomain) -> None:
    began_at = timezone.now()

    def is_read() -> bool:
        # Asked again and again: one that an interrupted start asked for may never come.
        mirror.refresh(mail_domain)
        mail_domain.refresh_from_db(fields=["mirrored_at"])
        return mail_domain.mirrored_at is not None and mail_domain.mirrored_at >= began_at

    _wait(mail_domain, "a fresh reading", is_read)


def _add_addresses(mail_domain: MailDomain) -> None:
    """Aliases, forwards and lists, as somebody would have made them at the vendor's own panel."""
    name = mail_domain.domain
    with gateway.vendor(mail_domain.server, mail_domain) as vendor:
        known = {alias.name for alias in vendor.aliases.list(name)}
        for alias, target in cast.ALIASES:
            if alias not in known:
                vendor.aliases.add(name, alias, f"{target}@{name}")
        forwards = {(forward.username, forward.target) for forward in vendor.forwards.list(name)}
        for local_part, target in cast.FORWARDS:
            if (local_part, target) not in forwards:
                vendor.forwards.add(name, local_part, target)
        lists = {each.name for each in vendor.lists.list(name)}
        for list_name, members in cast.LISTS.items():
            if list_name not in lists:
                vendor.lists.add(name, list_name)
            present = set(vendor.lists.members(name, list_name))
            for member in members:
                if f"{member}@{name}" not in present:
                    vendor.lists.add_member(name, list_name, f"{member}@{name}")
