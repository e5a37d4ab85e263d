"""A client group: clients who are billed alike."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ClientGroup(models.Model):
    """What holds for all clients of a group unless a client's own profile says otherwise."""

    name = models.CharField(max_length=100, unique=True)
    color = models.CharField(max_length=7, default="#64748b")
    is_suspension_exempt = models.BooleanField(default=False)
    is_termination_exempt = models.BooleanField(default=False)
    has_separate_invoices = models.BooleanField(default=False)
    # Blank: as everywhere.
    invoice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    suspension_days = models.PositiveSmallIntegerField(null=True, blank=True)
    termination_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
