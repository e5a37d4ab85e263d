"""A service: a product a client holds, tied to a domain."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from billing.models.currency import Currency
from billing.models.cycle import CYCLE_CHOICES
from billing.models.fields import AmountField
from billing.models.product import Product
from billing.models.promotion import Promotion
from billing.pricing.cycles import Cycle
from clients.models import Client, User
from core.states import ConcurrentTransitionMixin
from provisioning.models import MailDomain


class ServiceQuerySet(models.QuerySet["Service"]):
    def reachable_by(self, user: User) -> ServiceQuerySet:
        """Services of the clients this user is a member of."""
        return self.filter(client__memberships__user=user)

    def with_domain(self) -> ServiceQuerySet:
        """The same services with all that a page needs to name them, in one query."""
        return self.select_related(
            "product", "client", "currency", "mail_domain", "mail_domain__server"
        )

    def running(self) -> ServiceQuerySet:
        """Services that are owed for: active ones, and suspended ones until they end."""
        return self.filter(status__in=[Service.Status.ACTIVE, Service.Status.SUSPENDED])


class Service(ConcurrentTransitionMixin, models.Model):
    """
    One product of one client for one domain.

    `next_due_date` is the end of what is paid for, `next_invoice_date` the start of the first
    period that no invoice exists for; both blank for what is free or paid once. What a period
    costs is in the service's selections; `recurring_amount` is their sum, kept for lists.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSING = "closing", _("Closed")
        TERMINATED = "terminated", _("Terminated")
        CANCELLED = "cancelled", _("Cancelled")
        FRAUD = "fraud", _("Fraud")

    class SuspendedFor(models.TextChoices):
        """Only what was suspended for non-payment is unsuspended by a payment."""

        OVERDUE = "overdue", _("Overdue on payment")
        STAFF = "staff", _("By staff")

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="services")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="services")
    # Becomes `product` when the module has changed the package.
    wanted_product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    mail_domain = models.OneToOneField(MailDomain, on_delete=models.PROTECT, related_name="service")
    status = FSMField(max_length=10, choices=Status.choices, default=Status.PENDING, protected=True)
    suspended_for = models.CharField(max_length=7, choices=SuspendedFor, blank=True)
    # Not suspended by the automation before that day.
    suspension_override_until = models.DateField(null=True, blank=True)
    is_never_terminated = models.BooleanField(default=False)

    currency = models.ForeignKey(
        Currency, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cycle = models.CharField(max_length=12, choices=CYCLE_CHOICES, default=Cycle.FREE.value)
    anchor_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    first_payment_amount = AmountField(default=Decimal(0))
    recurring_amount = AmountField(default=Decimal(0))
    registration_date = models.DateField()
    next_due_date = models.DateField(null=True, blank=True)
    next_invoice_date = models.DateField(null=True, blank=True)
    promotion = models.ForeignKey(
        Promotion, null=True, blank=True, on_delete=models.PROTECT, related_name="services"
    )
    # Periods that the promotion still counts for; blank: every period.
    promotion_periods_left = models.PositiveSmallIntegerField(null=True, blank=True)

    activated_at = models.DateTimeField(null=True, blank=True)
    # When the mail of a closing service is deleted for good.
    closes_at = models.DateTimeField(null=True, blank=True)
    terminated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["mail_domain__domain", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["status", "next_invoice_date", "id"], name="service_to_invoice"),
        ]
        permissions: ClassVar = [
            ("purge_service", "Can delete a service's mail without keeping it for a while"),
            ("approve_termination", "Can approve what the automation would not end by itself"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(cycle__in=[Cycle.FREE.value, Cycle.ONE_TIME.value])
                | models.Q(currency__isnull=False, anchor_day__isnull=False),
                name="recurring_service_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain} (service #{self.pk})"

    @property
    def domain(self) -> str:
        """Return the domain this service is tied to."""
        return self.mail_domain.domain

    @transition(status, source=Status.PENDING, target=Status.ACTIVE)
    def activate(self, *, at: datetime) -> None:
        """CreateAccount has succeeded."""
        self.activated_at = at

    @transition(status, source=Status.ACTIVE, target=Status.SUSPENDED)
    def suspend(self, *, suspended_for: str = SuspendedFor.STAFF) -> None:
        """SuspendAccount has succeeded."""
        self.suspended_for = suspended_for

    @transition(status, source=Status.SUSPENDED, target=Status.ACTIVE)
    def unsuspend(self) -> None:
        """UnsuspendAccount has succeeded."""
        self.suspended_for = ""

    @transition(status, source=[Status.ACTIVE, Status.SUSPENDED], target=Status.CLOSING)
    def close(self, *, closes_at: datetime) -> None:
        """The account is switched off; its mail is kept until then."""
        self.closes_at = closes_at

    @transition(status, source=Status.CLOSING, target=Status.ACTIVE)
    def restore(self) -> None:
        """The account is switched on again as it was."""
        self.closes_at = None
        self.suspended_for = ""

    @transition(status, source=Status.PENDING, target=Status.CANCELLED)
    def cancel(self) -> None:
        """The order was cancelled before anything existed at the vendor."""

    @transition(
        status, source=[Status.PENDING, Status.ACTIVE, Status.SUSPENDED], target=Status.FRAUD
    )
    def mark_as_fraud(self) -> None:
        """Staff hold the order for fraud; nothing is removed by that."""

    @transition(
        status,
        source=Status.FRAUD,
        target=RETURN_VALUE(Status.PENDING, Status.ACTIVE, Status.SUSPENDED),
    )
    def clear_of_fraud(self) -> str:
        """Staff have looked: it is what its domain is."""
        if self.mail_domain.status == MailDomain.Status.SUSPENDED:
            return self.Status.SUSPENDED
        return self.Status.ACTIVE if self.activated_at else self.Status.PENDING

    @transition(
        status,
        source=[
            Status.PENDING,
            Status.ACTIVE,
            Status.SUSPENDED,
            Status.CLOSING,
            Status.CANCELLED,
            Status.FRAUD,
        ],
        target=Status.TERMINATED,
    )
    def terminate(self, *, at: datetime) -> None:
        """TerminateAccount has succeeded."""
        self.terminated_at = at
        self.closes_at = None
