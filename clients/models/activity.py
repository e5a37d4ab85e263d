"""The activity log: who did what, on whose behalf."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from clients.models.client import Client
from clients.models.user import User


class Activity(models.Model):
    """
    One line of the audit record, written in the transaction of the change it tells of.

    `actor_kind` says what acted; `actor` is the user, if it was one; `on_behalf_of` is the user
    whose place a member of staff took. `before` and `after` hold changed fields only, no secrets.
    """

    class ActorKind(models.TextChoices):
        USER = "user", "User"
        STAFF = "staff", "Staff"
        SYSTEM = "system", "System"

    created_at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    actor_name = models.CharField(max_length=254)
    on_behalf_of = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="activities_for_me"
    )
    client = models.ForeignKey(
        Client, null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=254)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "activities"
        indexes: ClassVar = [
            models.Index(fields=["client", "-id"], name="activity_of_client"),
            models.Index(fields=["object_type", "object_id", "-id"], name="activity_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.object_name} (#{self.pk})"
