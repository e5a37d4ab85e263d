"""A server: one reseller account at the vendor, and how to reach it."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import URLValidator
from django.db import models

from provisioning.models.encrypted_field import EncryptedTextField


def url_field(*, default: str, blank: bool = False) -> models.CharField[str, str]:
    """Return a column for an address of the vendor, http or https."""
    validator = URLValidator(schemes=["https", "http"])
    return models.CharField(max_length=200, default=default, blank=blank, validators=[validator])


class Server(models.Model):
    """The address and credentials of one EmailArray reseller account."""

    class Health(models.TextChoices):
        UNTESTED = "untested", "Not tested yet"
        OK = "ok", "Answering"
        DOWN = "down", "Not answering"
        REFUSED = "refused", "Refuses the log-in"

    class HandOff(models.TextChoices):
        POST = "post", "POST: nothing secret in the address"
        GET = "get", "GET: as the vendor documents it"

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)
    admin_url = url_field(default="https://cfcp.emailarray.com/admin/json.php")
    fallback_admin_url = url_field(default="https://cp.emailarray.com/admin/json.php", blank=True)
    user_url = url_field(default="https://cp.emailarray.com/json.php")
    control_panel_url = url_field(default="https://cp.emailarray.com/processlogin.php")
    control_panel_hand_off = models.CharField(max_length=4, choices=HandOff, default=HandOff.POST)
    username = models.CharField(max_length=254)
    password = EncryptedTextField()
    max_domains = models.PositiveIntegerField(
        null=True, blank=True, help_text="Blank: as many as the vendor allows."
    )
    mb_per_gb = models.PositiveIntegerField(
        default=1000, help_text="How many of the vendor's megabytes make one gigabyte."
    )
    health = models.CharField(max_length=8, choices=Health, default=Health.UNTESTED)
    health_message = models.CharField(max_length=300, blank=True)
    health_checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} (server #{self.pk})"
