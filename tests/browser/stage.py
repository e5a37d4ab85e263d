"""A believable set of services in every state, and the address of every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.urls import reverse
from django.utils import timezone

from billing.models import Service
from clients.models import User
from core.sentences import sentence
from provisioning.models import (
    Alias,
    DistributionList,
    DistributionListMember,
    Entitlement,
    Forward,
    Mailbox,
    MailboxBatch,
    MailboxBatchItem,
    MailDomain,
)
from provisioning.sandbox import Sandbox
from tests.browser import domain_states
from tests.browser.addresses_on_stage import address_pages, fill_addresses
from tests.browser.billing_on_stage import billing_pages, fill_billing
from tests.browser.history_on_stage import fill_history, history_pages
from tests.makers import (
    make_client,
    make_job,
    make_mailbox,
    make_product,
    make_server,
    make_service,
    make_unverified,
    make_user,
)

PEOPLE = (
    "anna", "ben", "carla", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas", "karim",
    "lea", "marco", "nadia", "oskar", "paula", "quentin", "rosa", "sven", "tara", "umberto",
    "vera", "wim", "xenia", "yusuf", "zoe", "accounts", "hello", "support-and-customer-care",
)  # fmt: skip
FULL = sentence(
    "All %(limit)d %(type)s mailboxes of your plan are in use. Upgrade to add more."
) % {"limit": 8, "type": "Enhanced"}


@dataclass(frozen=True)
class Stage:
    """The user who logs in, and the services on their shelf."""

    user: User
    service: Service
    empty: Service
    unverified: Service
    suspended: Service
    pending: Service
    refused: Service
    dropped: Service
    terminated: Service
    mailbox: Mailbox
    batch: MailboxBatch

    def path(self, name: str, service: Service | None = None, **ids: int) -> str:
        """Return the address of a page of a service, the well-filled one unless named."""
        chosen = service or self.service
        return reverse(f"clientarea:{name}", kwargs={"service_id": chosen.pk, **ids})

    @property
    def pages(self) -> dict[str, str]:
        """Return every page for somebody logged in, by a name fit for a file."""
        box = self.mailbox.pk
        bulk = f"{self.path('batch-start')}?selected={box}&action"
        return {
            "home": reverse("clientarea:home"),
            "services": reverse("clientarea:services"),
            "services-none": f"{reverse('clientarea:services')}?search=nowhere",
            "service": self.path("service"),
            "service-empty": self.path("service", self.empty),
            "service-unverified": self.path("service", self.unverified),
            "service-suspended": self.path("service", self.suspended),
            "service-pending": self.path("service", self.pending),
            "service-refused": self.path("service", self.refused),
            "service-dropped": self.path("service", self.dropped),
            "service-terminated": self.path("service", self.terminated),
            "accounts": self.path("mailboxes"),
            "accounts-new": f"{self.path('mailboxes')}?new={self.mailbox.pk}",
            "accounts-none": f"{self.path('mailboxes')}?search=nobody",
            "accounts-empty": self.path("mailboxes", self.empty),
            "accounts-unverified": self.path("mailboxes", self.unverified),
            "accounts-suspended": self.path("mailboxes", self.suspended),
            "add": self.path("mailboxes-add"),
            "manage": self.path("mailboxes-manage", mailbox_id=box),
            "password": self.path("mailboxes-password", mailbox_id=box),
            "delete": self.path("mailboxes-delete", mailbox_id=box),
            "bulk-type": f"{bulk}=set_type",
            "bulk-type-changes": f"{bulk}=set_type&account_type=1",
            "bulk-delete": f"{bulk}=delete",
            "bulk-delete-all": f"{self.path('batch-start')}?all=30&action=delete",
            "batch": self.path("batch", batch_id=self.batch.pk),
            "dkim": self.path("dkim"),
            "dkim-off": self.path("dkim", self.empty),
            "dkim-disable": self.path("dkim-disable"),
            "dns": self.path("dns"),
            "dns-empty": self.path("dns", self.empty),
            "dns-mail": self.path("dns-mail"),
            "branding": self.path("branding"),
            "branding-empty": self.path("branding", self.empty),
            "branding-reset": self.path("branding-reset"),
            "domain-settings": self.path("domain-settings"),
            "domain-settings-empty": self.path("domain-settings", self.empty),
            **address_pages(self.path, self.service, self.empty),
            **history_pages(self.path, self.empty),
            **billing_pages(self.service.client),
            "change-password": reverse("account_change_password"),
            "not-found": "/nowhere/",
        }


OUTSIDE = {
    "login": "account_login",
    "reset": "account_reset_password",
    "reset-done": "account_reset_password_done",
    "reset-key-done": "account_reset_password_from_key_done",
    "inactive": "account_inactive",
}


def set_stage(vendor: Sandbox, *, control_panel_url: str = "") -> Stage:
    """Fill the database; the open services exist at the stand-in too."""
    user = make_user(email="ada@people.test", first_name="Ada", last_name="Keller")
    client = make_client(owner=user, name="Acme")
    panel = {"control_panel_url": control_panel_url} if control_panel_url else {}
    server = make_server(**panel)
    product = make_product(
        server=server,
        name="Business Mail",
        basic_mailboxes=24,
        enhanced_mailboxes=8,
        quota_pool_gb=Decimal(300),
    )
    service = make_service(client=client, product=product, domain="acme.test", vendor=vendor)
    mailbox = _fill(service, vendor)
    domain_states.dress(service)
    fill_billing(service)
    fill_history(service, user)
    shelf = partial(make_service, client=client, product=product)
    empty = shelf(
        domain="fresh-start.test",
        vendor=vendor,
        entitlement=Entitlement(basic_mailboxes=5, enhanced_mailboxes=0),
    )
    domain_states.bare(empty)
    suspended = shelf(domain="late-payer.test", status="suspended", vendor=vendor)
    make_mailbox(suspended, "kim", vendor=vendor)
    pending = shelf(domain="on-its-way.test", status="pending")
    make_job(pending)
    refused = shelf(domain="already-elsewhere.test", status="pending")
    failed = make_job(refused)
    failed.fail(at=timezone.now(), cause="exists_at_vendor", message="It exists already.")
    failed.save()
    dropped = shelf(domain="was-never-proved.test", status="pending")
    MailDomain.objects.filter(pk=dropped.mail_domain_id).update(times_added=3)
    return Stage(
        user=user,
        service=service,
        empty=empty,
        unverified=make_unverified(
            domain="a-rather-long-name-for-a.example.test", client=client, product=product
        ),
        suspended=suspended,
        pending=pending,
        refused=refused,
        dropped=dropped,
        terminated=shelf(domain="gone.test", status="terminated"),
        mailbox=mailbox,
        batch=_batch(service),
    )


def _fill(service: Service, vendor: Sandbox) -> Mailbox:
    now = timezone.now()
    for number, name in enumerate(PEOPLE):
        make_mailbox(
            service,
            name,
            vendor=vendor,
            account_type=2 if number % 5 == 0 else 1,
            status="disabled" if number == 4 else "active",
            display_name=f"{name.title()} Example" if number % 3 else "",
            quota_mb=10000 if number % 4 else 5000,
            usage_mb=(number * 733) % 5000 if number != 2 else 9800,
            last_login_at=None if number % 7 == 3 else now - timedelta(days=number, hours=2),
        )
    making = make_mailbox(service, "bob", status="creating", quota_mb=5000)
    Mailbox.objects.filter(pk=making.pk).update(unsettled_since=now)
    mailbox = service.mail_domain.mailboxes.get(local_part="anna")
    Alias.objects.create(
        mail_domain=service.mail_domain, local_part="sales", target=mailbox.address
    )
    Forward.objects.create(
        mail_domain=service.mail_domain, local_part="anna", target="anna@elsewhere.test"
    )
    everybody = DistributionList.objects.create(
        mail_domain=service.mail_domain, local_part="everybody"
    )
    DistributionListMember.objects.create(distribution_list=everybody, address=mailbox.address)
    fill_addresses(service)
    return mailbox


def _batch(service: Service) -> MailboxBatch:
    batch = MailboxBatch.objects.create(
        mail_domain=service.mail_domain,
        action=MailboxBatch.Action.SET_TYPE,
        account_type=2,
        requested_by_name="Ada Keller",
        finished_at=timezone.now(),
    )
    for number, mailbox in enumerate(service.mail_domain.mailboxes.order_by("pk")[:6]):
        is_failed = number == 3
        MailboxBatchItem.objects.create(
            batch=batch,
            mailbox=mailbox,
            status="failed" if is_failed else "done",
            message=FULL if is_failed else "",
        )
    return batch
