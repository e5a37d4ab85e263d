"""The module log: every request to the vendor, with secrets masked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from provisioning.models.mail_domain import MailDomain
from provisioning.models.server import Server


class ModuleLog(models.Model):
    """One HTTP exchange. Masked by field name and by value before it gets here."""

    created_at = models.DateTimeField(auto_now_add=True)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="log")
    mail_domain = models.ForeignKey(
        MailDomain, null=True, blank=True, on_delete=models.CASCADE, related_name="log"
    )
    action = models.CharField(max_length=40)
    host = models.CharField(max_length=253)
    request = models.JSONField(default=dict)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.TextField(blank=True)
    outcome = models.CharField(max_length=32)
    duration_ms = models.PositiveIntegerField()
    # The request or task in which this happened.
    correlation_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = "module log entry"
        verbose_name_plural = "module log"
        indexes: ClassVar = [models.Index(fields=["created_at"], name="module_log_by_age")]

    def __str__(self) -> str:
        return f"{self.action}: {self.outcome} (log #{self.pk})"
