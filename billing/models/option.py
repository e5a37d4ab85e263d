"""Configurable options of a product, and the values that can be chosen."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.product import Product


class ConfigurableOption(models.Model):
    """
    One priced choice of one product. No option is shared: a price or limit changes for one product.

    A drop-down or radio has several values; yes/no and quantity have one, which is what a unit of
    it costs. A hidden option has a fixed quantity, its `minimum`.
    """

    class Kind(models.TextChoices):
        DROPDOWN = "dropdown", _("Drop-down")
        RADIO = "radio", _("Radio buttons")
        YES_NO = "yesno", _("Yes/no")
        QUANTITY = "quantity", _("Quantity")

    class Key(models.TextChoices):
        """What an option means to the mail module; any other key means nothing to it."""

        BASIC_MAILBOXES = "basic_mailboxes", _("Basic mailboxes")
        ENHANCED_MAILBOXES = "enhanced_mailboxes", _("Enhanced mailboxes")
        EXTRA_QUOTA = "extra_quota", _("Extra quota")
        ALIASES = "total_aliases", _("Aliases")
        DISTRIBUTION_LISTS = "total_distribution_lists", _("Distribution lists")
        MAILBOX_QUOTA = "mailbox_quota_gb", _("Largest mailbox (GB)")
        QUOTA_POOL = "total_mailbox_quota_gb", _("Quota of all mailboxes (GB)")
        DEFAULT_TYPE = "default_account_type", _("Type of new mailboxes")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(max_length=50)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.QUANTITY)
    minimum = models.PositiveIntegerField(default=0)
    maximum = models.PositiveIntegerField(null=True, blank=True)
    step = models.PositiveIntegerField(default=1)
    is_required = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "key"], name="one_option_per_key"),
            models.CheckConstraint(condition=models.Q(step__gte=1), name="option_step"),
            models.CheckConstraint(
                condition=models.Q(maximum__isnull=True)
                | models.Q(maximum__gte=models.F("minimum")),
                name="option_maximum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (option #{self.pk} of product #{self.product_id})"


class OptionValue(models.Model):
    """One value of an option; `value` is what the module is given for each unit of it."""

    option = models.ForeignKey(ConfigurableOption, on_delete=models.CASCADE, related_name="values")
    name = models.CharField(max_length=100)
    value = models.CharField(max_length=50, default="1")
    position = models.PositiveSmallIntegerField(default=0)
    is_hidden = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["option", "name"], name="one_value_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (value #{self.pk})"
