"""An upgrade: a change of what a service has, with what it costs."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from billing.models.fields import AmountField
from billing.models.product import Product
from billing.models.quote import Quote
from billing.models.service import Service
from clients.models import User
from core.states import ConcurrentTransitionMixin
from provisioning.models import Mailbox


class Upgrade(ConcurrentTransitionMixin, models.Model):
    """
    One confirmed change of product, cycle, options or a mailbox's type: whole or not at all.

    `old` and `new` are `{"product": id, "cycle": …, "selections": {key: {value, quantity, unit
    price}}}`. `amount` is signed: what is due, or what is given back, without tax.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", _("Product")
        OPTIONS = "options", _("Options")
        MAILBOX = "mailbox", _("Type of a mailbox")

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "unpaid", _("Waiting for payment")
        SCHEDULED = "scheduled", _("At renewal")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="upgrades")
    quote = models.OneToOneField(
        Quote, null=True, blank=True, on_delete=models.SET_NULL, related_name="upgrade"
    )
    kind = models.CharField(max_length=7, choices=Kind)
    status = FSMField(
        max_length=9, choices=Status.choices, default=Status.AWAITING_PAYMENT, protected=True
    )
    old = models.JSONField()
    new = models.JSONField()
    new_product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.SET_NULL, related_name="upgrades"
    )
    amount = AmountField()
    recurring_difference = AmountField()
    # Its lines go on the next bill of the service, and are not on it yet.
    is_charged_at_renewal = models.BooleanField(default=False)
    # The lines as they were confirmed.
    items = models.JSONField(default=list)
    requested_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_by_name = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            # One open change at a time; a mailbox's type waits for nobody.
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(
                    status__in=["unpaid", "scheduled", "applying"], kind__in=["product", "options"]
                ),
                name="one_open_upgrade_per_service",
            ),
            models.UniqueConstraint(
                fields=["mailbox"],
                condition=models.Q(status__in=["unpaid", "applying"], kind="mailbox"),
                name="one_open_upgrade_per_mailbox",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of service #{self.service_id} (upgrade #{self.pk})"

    @transition(
        status,
        source=[Status.AWAITING_PAYMENT, Status.SCHEDULED, Status.FAILED],
        target=Status.APPLYING,
    )
    def apply(self) -> None:
        """It is paid, or its day has come: the module changes the package."""
        self.error = ""

    @transition(status, source=Status.AWAITING_PAYMENT, target=Status.SCHEDULED)
    def schedule(self) -> None:
        """It is applied when the next period begins."""

    @transition(status, source=Status.APPLYING, target=Status.APPLIED)
    def finish(self, *, at: datetime) -> None:
        """The change is in effect."""
        self.applied_at = at

    @transition(status, source=Status.APPLYING, target=Status.FAILED)
    def fail(self, *, error: str) -> None:
        """The module could not change the package; staff decide."""
        self.error = error[:500]

    @transition(
        status,
        source=[Status.AWAITING_PAYMENT, Status.SCHEDULED, Status.FAILED],
        target=Status.CANCELLED,
    )
    def cancel(self) -> None:
        """It was withdrawn, or not paid in time."""
