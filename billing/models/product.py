"""A product: what a client can hold a service of."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models import Entitlement, Feature, Server


def every_feature() -> list[str]:
    """Return the default of `Product.features`."""
    return list(Feature.values)


class Product(models.Model):
    """Module settings of one email hosting product. Blank limit: unlimited; 0: none."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    is_hidden = models.BooleanField(default=False)
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="products")
    basic_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    enhanced_mailboxes = models.PositiveIntegerField(null=True, blank=True)
    quota_pool_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    mailbox_quota_gb = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    aliases = models.PositiveIntegerField(null=True, blank=True)
    distribution_lists = models.PositiveIntegerField(null=True, blank=True)
    features = models.JSONField(default=every_feature)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} (product #{self.pk})"

    @property
    def entitlement(self) -> Entitlement:
        """Return what a domain with this product may use."""
        return Entitlement(
            basic_mailboxes=self.basic_mailboxes,
            enhanced_mailboxes=self.enhanced_mailboxes,
            quota_pool_gb=self.quota_pool_gb,
            mailbox_quota_gb=self.mailbox_quota_gb,
            aliases=self.aliases,
            distribution_lists=self.distribution_lists,
            features=tuple(self.features),
        )
