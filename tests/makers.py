"""Makers: rows for tests, each with what the test did not care to name."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from billing.models import Product, Service
from billing.operations import selections
from clients.models import Client, EmailMessage, Membership, User
from provisioning import tasks
from provisioning.models import Entitlement, Mailbox, MailDomain, ModuleJob, Server
from provisioning.sandbox import Sandbox
from provisioning.workers import kinds
from tests import vendor as stand_in

PASSWORD = "correct horse battery"
_numbers = count(1)


def make_user(*, email: str = "", password: str = PASSWORD, **fields: Any) -> User:
    """Return a user who can log in with `PASSWORD`."""
    return User.objects.create_user(
        email or f"user{next(_numbers)}@people.test", password, **fields
    )


def make_client(*, owner: User | None = None, name: str = "Acme") -> Client:
    """Return a client with its owner."""
    client = Client.objects.create(name=name, email=f"billing{next(_numbers)}@people.test")
    Membership.objects.create(user=owner or make_user(), client=client, is_owner=True)
    return client


def make_member(*, client: Client, permissions: list[str], email: str = "") -> User:
    """Return a user who may do just that for the client."""
    user = make_user(email=email)
    Membership.objects.create(user=user, client=client, permissions=permissions)
    return user


def make_emails(client: Client, number: int, **fields: Any) -> None:
    """Make so many messages sent to the client, numbered from 0, the last one newest."""
    values: dict[str, Any] = {
        "to": client.email,
        "text": "Nothing to do.",
        "html": "<p>Nothing to do.</p>",
        "template": "login_notice",
        "status": EmailMessage.Status.SENT,
        "due_at": timezone.now(),
        "sent_at": timezone.now(),
    }
    EmailMessage.objects.bulk_create(
        EmailMessage(client=client, subject=f"Message number {n}", **(values | fields))
        for n in range(number)
    )


def make_server(**fields: Any) -> Server:
    """Return a server that leads to the stand-in."""
    values: dict[str, Any] = {
        "name": f"Stand-in {next(_numbers)}",
        "admin_url": stand_in.ADMIN_URL,
        "fallback_admin_url": stand_in.FALLBACK_ADMIN_URL,
        "user_url": stand_in.USER_URL,
        "control_panel_url": stand_in.CONTROL_PANEL_URL,
        "username": stand_in.USERNAME,
        "password": stand_in.PASSWORD,
    }
    return Server.objects.create(**(values | fields))


def make_product(*, server: Server | None = None, **fields: Any) -> Product:
    """Return a product for ten Basic and five Enhanced mailboxes that share 100 GB."""
    values: dict[str, Any] = {
        "name": f"Business Mail {next(_numbers)}",
        "basic_mailboxes": 10,
        "enhanced_mailboxes": 5,
        "quota_pool_gb": Decimal(100),
        "mailbox_quota_gb": Decimal(25),
    }
    return Product.objects.create(server=server or make_server(), **(values | fields))


def make_service(
    *,
    client: Client | None = None,
    product: Product | None = None,
    domain: str = "",
    status: str = Service.Status.ACTIVE,
    vendor: Sandbox | None = None,
    entitlement: Entitlement | None = None,
) -> Service:
    """
    Return a service in that state, its domain likewise; an active one is verified.

    With `vendor` the domain exists there as well.
    """
    client = client or make_client()
    product = product or make_product()
    now = timezone.now()
    mail_domain = MailDomain(
        client=client,
        server=product.server,
        domain=domain or f"acme{next(_numbers)}.test",
    )
    mail_domain.entitlement = entitlement or selections.entitlement_of(product)
    _advance(mail_domain, status, now)
    mail_domain.save()
    service = Service(
        client=client,
        product=product,
        mail_domain=mail_domain,
        registration_date=timezone.localdate(),
    )
    if status != Service.Status.PENDING:
        service.activate(at=now)
    if status == Service.Status.SUSPENDED:
        service.suspend()
    if status == Service.Status.TERMINATED:
        service.terminate(at=now)
    service.save()
    if vendor is not None and status in {Service.Status.ACTIVE, Service.Status.SUSPENDED}:
        is_active = status == Service.Status.ACTIVE
        vendor.add_domain(mail_domain.domain, reseller=stand_in.USERNAME, active=is_active)
    return service


def _advance(mail_domain: MailDomain, status: str, now: datetime) -> None:
    if status == Service.Status.PENDING:
        return
    mail_domain.add_sent_at = mail_domain.added_at = now
    mail_domain.activate(at=now)
    mail_domain.mirrored_at = now
    if status == Service.Status.SUSPENDED:
        mail_domain.suspend(at=now, reason="Overdue on Payment")
    if status == Service.Status.TERMINATED:
        mail_domain.terminate(at=now)


def make_unverified(*, vendor: Sandbox | None = None, **fields: Any) -> Service:
    """Return an active service whose domain waits for its ownership record."""
    service = make_service(status=Service.Status.PENDING, **fields)
    domain, now = service.mail_domain, timezone.now()
    domain.add_sent_at = domain.added_at = now
    domain.times_added = 1
    domain.await_verification(record="ea-verify=0123456789abcdef", reason="Not found", at=now)
    domain.next_verification_at = now
    domain.save()
    service.activate(at=now)
    service.save()
    if vendor is not None:
        vendor.add_domain(domain.domain, reseller=stand_in.USERNAME, verified=False)
    return service


def make_mailbox(
    service: Service,
    local_part: str = "",
    *,
    status: str = Mailbox.Status.ACTIVE,
    account_type: int = Mailbox.Type.BASIC,
    quota_mb: int = 5000,
    vendor: Sandbox | None = None,
    **fields: Any,
) -> Mailbox:
    """Return a mailbox in that state; with `vendor` it exists there as well."""
    mailbox = Mailbox(
        mail_domain=service.mail_domain,
        local_part=local_part or f"box{next(_numbers)}",
        account_type=account_type,
        quota_mb=quota_mb,
        **fields,
    )
    if status != Mailbox.Status.CREATING:
        mailbox.activate()
    if status == Mailbox.Status.DISABLED:
        mailbox.disable()
    if status == Mailbox.Status.REMOVING:
        mailbox.begin_removal()
    if status == Mailbox.Status.TRASHED:
        mailbox.trash(at=timezone.now(), purge_at=timezone.now() + timedelta(days=7))
    if status == Mailbox.Status.REMOVED:
        mailbox.remove(at=timezone.now())
    mailbox.save()
    if vendor is not None and status != Mailbox.Status.REMOVED:
        vendor.add_mailbox(
            service.domain,
            mailbox.local_part,
            account_type=account_type,
            quota_gb=quota_mb / 1000,
        )
    return mailbox


def make_job(service: Service, action: str = ModuleJob.Action.CREATE, **fields: Any) -> ModuleJob:
    """Return a waiting job."""
    values: dict[str, Any] = {"due_at": timezone.now(), "requested_by_name": "test"}
    return ModuleJob.objects.create(
        mail_domain=service.mail_domain, action=action, **(values | fields)
    )


def make_claim() -> UUID:
    """Return the name of a run that holds a job."""
    return uuid4()


def settle_all() -> None:
    """Let the time pass after which what the vendor says is final, and ask about every element."""
    for noun, kind in kinds.KINDS.items():
        long_ago = timezone.now() - timedelta(minutes=2)
        kind.rows().exclude(unsettled_since=None).update(unsettled_since=long_ago)
        for row in kind.rows().exclude(unsettled_since=None):
            tasks.settle_element(noun=noun, element_id=row.pk)
