"""The activity log: who did what, on whose behalf."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models.client import Client
from clients.models.user import User


class ActivityQuerySet(models.QuerySet["Activity"]):
    def within(self, scope: models.Model) -> ActivityQuerySet:
        """Lines about this object and all that belongs to it."""
        return self.filter(scope=scope_label(scope))

    def latest_of(self, rows: Iterable[models.Model], *, action: str) -> dict[str, Activity]:
        """Return the latest line of that action for each of the rows (of one model), by its id."""
        subjects = list(rows)
        if not subjects:
            return {}
        lines = self.filter(
            object_type=subjects[0]._meta.label_lower,
            object_id__in=[str(row.pk) for row in subjects],
            action=action,
        )
        return {line.object_id: line for line in lines.order_by("pk")}


class Activity(models.Model):
    """
    One line of the audit record, written in the transaction of the change it tells of.

    `actor_kind` says what acted; `actor` is the user, if it was one; `on_behalf_of` is the user
    whose place a member of staff took. `before` and `after` hold changed fields only, no secrets.
    `scope` is the larger thing that the object is part of, by its `scope_label`.
    """

    class ActorKind(models.TextChoices):
        USER = "user", _("User")
        STAFF = "staff", _("Staff")
        SYSTEM = "system", _("System")

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
    scope = models.CharField(max_length=64, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name_plural = "activities"
        indexes: ClassVar = [
            models.Index(fields=["client", "-id"], name="activity_of_client"),
            models.Index(fields=["object_type", "object_id", "-id"], name="activity_of_object"),
            models.Index(fields=["scope", "-id"], name="activity_of_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.object_name} (#{self.pk})"


def scope_label(scope: models.Model) -> str:
    """Return what lines about an object and its parts have in common."""
    return f"{scope._meta.label_lower}:{scope.pk}"
