"""The remaining settings of a domain, as the vendor last told them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain
from provisioning.models.setting import Setting, SettingQuerySet


class DomainSettings(Setting):
    """What stands under every outgoing message (HTML), and the time zone (an IANA name)."""

    MIRRORED: ClassVar = ("footer", "time_zone")

    mail_domain = models.OneToOneField(
        MailDomain, on_delete=models.CASCADE, related_name="domain_settings"
    )
    footer = models.TextField(blank=True)
    time_zone = models.CharField(max_length=64, blank=True)

    objects = SettingQuerySet["DomainSettings"].as_manager()

    class Meta(Setting.Meta):
        abstract = False
        verbose_name_plural = "domain settings"

    def __str__(self) -> str:
        return f"settings of mail domain #{self.mail_domain_id}"
