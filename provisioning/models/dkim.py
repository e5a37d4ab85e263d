"""DKIM of a domain, as the vendor last told it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.setting import Setting, SettingQuerySet


class Dkim(Setting):
    """Whether mail is signed, and the record that has to be in DNS for it."""

    MIRRORED: ClassVar = ("is_enabled", "host", "key")

    is_enabled = models.BooleanField(default=False)
    host = models.CharField(max_length=253, blank=True)
    key = models.TextField(blank=True)

    objects = SettingQuerySet["Dkim"].as_manager()

    class Meta(Setting.Meta):
        abstract = False
        verbose_name = "DKIM"
        verbose_name_plural = "DKIM"

    def __str__(self) -> str:
        return f"DKIM of mail domain #{self.mail_domain_id}"

    @property
    def has_key(self) -> bool:
        """Tell whether the vendor has issued a record to publish."""
        return bool(self.host and self.key)
