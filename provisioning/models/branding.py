"""Branding of a domain, as the vendor last told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models

from provisioning.models.setting import Setting, SettingQuerySet


class Branding(Setting):
    """
    How webmail looks to the users of a domain. `color` is six hex digits without `#`.

    The logo itself is at the vendor. `logo_preview` is a little picture (PNG, as base64) of the
    one that was last sent from here; `is_logo_unclear` says that the vendor gave no clear answer
    when one was sent, and that nothing tells whether it has arrived.
    """

    MIRRORED: ClassVar = ("name", "support_email", "color", "logo_url")

    name = models.CharField(max_length=200, blank=True)
    support_email = models.CharField(max_length=320, blank=True)
    color = models.CharField(max_length=6, blank=True)
    logo_url = models.CharField(max_length=500, blank=True)
    logo_preview = models.TextField(blank=True, editable=False)
    is_logo_unclear = models.BooleanField(default=False, editable=False)

    objects = SettingQuerySet["Branding"].as_manager()

    class Meta(Setting.Meta):
        abstract = False
        verbose_name_plural = "branding"

    def adopt(self, remote: Mapping[str, Any]) -> None:
        """Let the row say what the vendor says; another logo than ours has no preview."""
        if remote["logo_url"] != self.logo_url:
            self.logo_preview = ""
        super().adopt(remote)

    def __str__(self) -> str:
        return f"branding of mail domain #{self.mail_domain_id}"
