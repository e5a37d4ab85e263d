"""DKIM and branding of a domain, as the vendor last told them."""

from __future__ import annotations

from django.db import models

from provisioning.models.mail_domain import MailDomain


class Dkim(models.Model):
    """Whether mail is signed, and the record that has to be in DNS for it."""

    mail_domain = models.OneToOneField(MailDomain, on_delete=models.CASCADE, related_name="dkim")
    is_enabled = models.BooleanField(default=False)
    host = models.CharField(max_length=253, blank=True)
    key = models.TextField(blank=True)

    class Meta:
        verbose_name = "DKIM"
        verbose_name_plural = "DKIM"

    def __str__(self) -> str:
        return f"DKIM of mail domain #{self.mail_domain_id}"


class Branding(models.Model):
    """How webmail looks to the users of a domain. `color` is six hex digits without `#`."""

    mail_domain = models.OneToOneField(
        MailDomain, on_delete=models.CASCADE, related_name="branding"
    )
    name = models.CharField(max_length=200, blank=True)
    support_email = models.CharField(max_length=320, blank=True)
    color = models.CharField(max_length=6, blank=True)
    logo_url = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "branding"

    def __str__(self) -> str:
        return f"branding of mail domain #{self.mail_domain_id}"
