"""A mail domain: what the vendor has confirmed about one customer's domain."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from clients.models import Client
from core.states import ConcurrentTransitionMixin
from provisioning.models.server import Server

# The vendor deletes a domain whose ownership record has not appeared by then.
VERIFICATION_WINDOW = timedelta(hours=24)


class Feature(models.TextChoices):
    """The parts of the mail service that a product can switch off."""

    ACCOUNTS = "accounts", "Accounts"
    ALIASES = "aliases", "Aliases"
    FORWARDING = "forwarding", "Forwarding"
    DISTRIBUTION_LISTS = "lists", "Distribution Lists"
    DKIM = "dkim", "DKIM Setup"
    BRANDING = "branding", "Branding"


@dataclass(frozen=True)
class Entitlement:
    """
    What a domain may use. `None` is unlimited, 0 is none of it.

    Counts are mailboxes, aliases and lists; quotas are gigabytes.
    """

    basic_mailboxes: int | None = None
    enhanced_mailboxes: int | None = None
    quota_pool_gb: Decimal | None = None
    mailbox_quota_gb: Decimal | None = None
    aliases: int | None = None
    distribution_lists: int | None = None
    features: tuple[str, ...] = tuple(Feature.values)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; decimals as text, so that they come back exactly."""
        return {
            key: str(value) if isinstance(value, Decimal) else value
            for key, value in asdict(self).items()
        } | {"features": list(self.features)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Entitlement:
        """Read what `to_json` wrote."""

        def gigabytes(key: str) -> Decimal | None:
            return None if data[key] is None else Decimal(data[key])

        return cls(
            basic_mailboxes=data["basic_mailboxes"],
            enhanced_mailboxes=data["enhanced_mailboxes"],
            quota_pool_gb=gigabytes("quota_pool_gb"),
            mailbox_quota_gb=gigabytes("mailbox_quota_gb"),
            aliases=data["aliases"],
            distribution_lists=data["distribution_lists"],
            features=tuple(data["features"]),
        )


class MailDomainQuerySet(models.QuerySet["MailDomain"]):
    def live(self) -> MailDomainQuerySet:
        """Domains that exist at the vendor or are meant to."""
        return self.exclude(status=MailDomain.Status.TERMINATED)

    def held_by_vendor(self) -> MailDomainQuerySet:
        """Domains in use at the vendor; a closing one keeps what was known when it was closed."""
        return self.filter(
            status__in=[
                MailDomain.Status.UNVERIFIED,
                MailDomain.Status.ACTIVE,
                MailDomain.Status.SUSPENDED,
            ]
        )


class MailDomain(ConcurrentTransitionMixin, models.Model):
    """
    One domain on one server, with what it may use.

    `status` says what the vendor has confirmed; what is wanted is the business of the job.
    Transitions check and set; they neither save nor call out. The operation holds the row lock.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        UNVERIFIED = "unverified", _("Waiting for its DNS record")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSING = "closing", _("Closed, can be restored")
        TERMINATED = "terminated", _("Terminated")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="mail_domains")
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="mail_domains")
    domain = models.CharField(max_length=253)
    status = FSMField(max_length=10, choices=Status.choices, default=Status.PENDING, protected=True)

    basic_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    enhanced_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    quota_pool_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    mailbox_quota_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    max_aliases = models.PositiveIntegerField(null=True, blank=True)
    max_distribution_lists = models.PositiveIntegerField(null=True, blank=True)
    features = models.JSONField(default=list, blank=True)

    # Set before addDomain is sent: from then on a domain found at the vendor is our own doing.
    add_sent_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField(null=True, blank=True)
    times_added = models.PositiveSmallIntegerField(default=0)
    verification_record = models.CharField(max_length=255, blank=True)
    verification_reason = models.CharField(max_length=300, blank=True)
    verification_checked_at = models.DateTimeField(null=True, blank=True)
    next_verification_at = models.DateTimeField(null=True, blank=True)
    # When somebody last had the vendor asked by hand.
    rechecked_at = models.DateTimeField(null=True, blank=True)
    # How many hours after its addition it was last told that the record is missing; 0: not yet.
    verification_notice_hours = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.CharField(max_length=200, blank=True)
    # Switched off at the vendor with all its mail, until it is restored or removed.
    closed_at = models.DateTimeField(null=True, blank=True)
    terminated_at = models.DateTimeField(null=True, blank=True)

    # The mirror: when the vendor was last read, and when a reading was last asked for.
    mirrored_at = models.DateTimeField(null=True, blank=True)
    mirror_tried_at = models.DateTimeField(null=True, blank=True)
    mirror_requested_at = models.DateTimeField(null=True, blank=True)
    mirror_error = models.CharField(max_length=300, blank=True)
    # When an alias, forward, list or member was last taken out: its row is gone, and a reading
    # that began before would bring it back.
    taken_out_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MailDomainQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["domain"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["domain"],
                condition=~models.Q(status="terminated"),
                name="one_live_mail_domain_per_name",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "next_verification_at"], name="verification_due")
        ]

    def __str__(self) -> str:
        return f"{self.domain} (mail domain #{self.pk})"

    @property
    def entitlement(self) -> Entitlement:
        """Return what this domain may use."""
        return Entitlement(
            basic_mailboxes=self.basic_mailboxes,
            enhanced_mailboxes=self.enhanced_mailboxes,
            quota_pool_gb=self.quota_pool_gb,
            mailbox_quota_gb=self.mailbox_quota_gb,
            aliases=self.max_aliases,
            distribution_lists=self.max_distribution_lists,
            features=tuple(self.features),
        )

    @entitlement.setter
    def entitlement(self, entitlement: Entitlement) -> None:
        self.basic_mailboxes = entitlement.basic_mailboxes
        self.enhanced_mailboxes = entitlement.enhanced_mailboxes
        self.quota_pool_gb = entitlement.quota_pool_gb
        self.mailbox_quota_gb = entitlement.mailbox_quota_gb
        self.max_aliases = entitlement.aliases
        self.max_distribution_lists = entitlement.distribution_lists
        self.features = list(entitlement.features)

    @property
    def verification_deadline(self) -> datetime | None:
        """Return when the vendor drops this domain if its record has not appeared."""
        return self.added_at + VERIFICATION_WINDOW if self.added_at else None

    @property
    def is_verified(self) -> bool:
        """Tell whether the vendor has accepted the ownership record."""
        return self.status in {self.Status.ACTIVE, self.Status.SUSPENDED, self.Status.CLOSING}

    @transition(status, source=[Status.PENDING, Status.UNVERIFIED], target=Status.UNVERIFIED)
    def await_verification(self, *, record: str, reason: str, at: datetime) -> None:
        """The vendor holds the domain and waits for its ownership record."""
        self.verification_record = record
        self.verification_reason = reason[:300]
        self.verification_checked_at = at

    @transition(status, source=[Status.PENDING, Status.UNVERIFIED], target=Status.ACTIVE)
    def activate(self, *, at: datetime) -> None:
        """The vendor holds the domain and has accepted its ownership record."""
        self.verified_at = at
        self.verification_checked_at = at
        self.next_verification_at = None
        self.verification_reason = ""

    @transition(status, source=Status.UNVERIFIED, target=Status.PENDING)
    def drop(self) -> None:
        """The vendor has deleted the unverified domain; nothing of ours is there any more."""
        self.add_sent_at = None
        self.added_at = None
        self.verification_record = ""
        self.verification_notice_hours = 0
        self.next_verification_at = None

    @transition(status, source=Status.ACTIVE, target=Status.SUSPENDED)
    def suspend(self, *, at: datetime, reason: str) -> None:
        """The vendor confirmed SuspendAccount."""
        self.suspended_at = at
        self.suspension_reason = reason

    @transition(status, source=Status.SUSPENDED, target=Status.ACTIVE)
    def unsuspend(self) -> None:
        """The vendor confirmed UnsuspendAccount."""
        self.suspended_at = None
        self.suspension_reason = ""

    @transition(status, source=[Status.ACTIVE, Status.SUSPENDED], target=Status.CLOSING)
    def close(self, *, at: datetime) -> None:
        """The vendor confirmed that the domain is switched off for good, unless restored."""
        self.closed_at = at

    @transition(status, source=Status.CLOSING, target=Status.ACTIVE)
    def restore(self) -> None:
        """The vendor confirmed that the closed domain is switched on again."""
        self.closed_at = None
        self.suspended_at = None
        self.suspension_reason = ""

    @transition(
        status,
        source=[
            Status.PENDING,
            Status.UNVERIFIED,
            Status.ACTIVE,
            Status.SUSPENDED,
            Status.CLOSING,
        ],
        target=Status.TERMINATED,
    )
    def terminate(self, *, at: datetime) -> None:
        """The vendor confirmed that the domain is gone."""
        self.terminated_at = at
        self.next_verification_at = None
