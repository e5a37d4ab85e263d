"""A product: what a client can hold a service of."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.product_group import ProductGroup
from provisioning.models import Feature, Server

LAST_DAY_OF_EVERY_MONTH = 28


def every_feature() -> list[str]:
    """Return the default of `Product.features`."""
    return list(Feature.values)


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> ProductQuerySet:
        """Products that a client can order from the shop's pages."""
        return self.filter(status=Product.Status.ACTIVE).exclude(group__is_hidden=True)


class Product(models.Model):
    """
    One email hosting product: how it is sold, and its module settings.

    Of the limits blank is unlimited and 0 is none. What a service may use follows from these and
    from the options its client has chosen.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("On sale")
        HIDDEN = "hidden", _("Sold by link only")
        RETIRED = "retired", _("No longer sold")

    class Strategy(models.TextChoices):
        BUNDLE = "bundle", _("Fixed bundle")
        VARIABLE = "variable", _("Variable")
        HYBRID = "hybrid", _("Hybrid")

    class AutoSetup(models.TextChoices):
        ORDER = "order", _("As soon as an order is placed")
        PAYMENT = "payment", _("When the first payment arrives")
        ACCEPT = "accept", _("When staff accept the order")
        OFF = "off", _("Never by itself")

    class ReductionPolicy(models.TextChoices):
        """What becomes of the unused part when a client takes less."""

        CREDIT = "credit", _("Credited at once")
        AT_RENEWAL = "renewal", _("Applied at renewal, nothing is credited")
        NO_CREDIT = "none", _("Applied at once, nothing is credited")

    class TypeChangePolicy(models.TextChoices):
        """How a mailbox's change of type is charged."""

        APPLY_THEN_INVOICE = "invoice", _("Applied at once, then invoiced")
        PAY_THEN_APPLY = "pay", _("Applied when it is paid")
        NEXT_RENEWAL = "renewal", _("Applied at once, charged with the next renewal")

    # How it is sold.
    group = models.ForeignKey(
        ProductGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    name = models.CharField(max_length=100, unique=True)
    tagline = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    strategy = models.CharField(max_length=8, choices=Strategy, default=Strategy.BUNDLE)
    position = models.PositiveSmallIntegerField(default=0)
    is_taxed = models.BooleanField(default=True)
    auto_setup = models.CharField(max_length=7, choices=AutoSetup, default=AutoSetup.PAYMENT)
    # First period up to this day of the month; an order from the second day on pays a month more.
    prorata_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LAST_DAY_OF_EVERY_MONTH)],
    )
    prorata_next_month_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    upgrades_to = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="upgraded_from"
    )
    has_option_changes = models.BooleanField(default=True)
    reduction_policy = models.CharField(
        max_length=7, choices=ReductionPolicy, default=ReductionPolicy.CREDIT
    )
    type_change_policy = models.CharField(
        max_length=7, choices=TypeChangePolicy, default=TypeChangePolicy.APPLY_THEN_INVOICE
    )
    # Days between the end of a service and the deletion of its mail.
    hold_days = models.PositiveSmallIntegerField(default=30)

    # Module settings.
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="products")
    basic_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    enhanced_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    # What each mailbox of a type adds to the pool; used where the pool below is blank.
    basic_quota_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    enhanced_quota_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    extra_quota_increment_gb = models.DecimalField(
        max_digits=10, decimal_places=3, default=Decimal(10)
    )
    quota_pool_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    mailbox_quota_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    aliases = models.PositiveIntegerField(null=True, blank=True)
    distribution_lists = models.PositiveIntegerField(null=True, blank=True)
    features = models.JSONField(default=every_feature)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return f"{self.name} (product #{self.pk})"
