"""What DKIM, branding and the other settings of a domain share: one row that mirrors the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import models

from clients.actors import Actor
from provisioning.models.mail_domain import MailDomain

Row = TypeVar("Row", bound="Setting")


class SettingQuerySet(models.QuerySet[Row]):
    def unsettled(self, *, before: datetime) -> SettingQuerySet[Row]:
        """Settings with a write that the vendor has not clearly answered."""
        return self.filter(unsettled_since__lte=before)


class Setting(models.Model):
    """
    One setting of a domain, as the vendor last told it.

    `wanted` holds a change from the moment it is claimed until its outcome is known; so long
    `unsettled_since` is set. `settled_at` tells a reading of the vendor that began earlier to
    leave the row alone. `MIRRORED` names the fields that a reading fills.
    """

    MIRRORED: ClassVar[tuple[str, ...]] = ()

    mail_domain = models.OneToOneField(
        MailDomain, on_delete=models.CASCADE, related_name="%(class)s"
    )
    wanted = models.JSONField(default=dict, blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    unsettled_since = models.DateTimeField(null=True, blank=True, editable=False)
    unsettled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    unsettled_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    class Meta:
        abstract = True

    @property
    def is_unsettled(self) -> bool:
        """Tell whether a write still waits for a clear answer."""
        return self.unsettled_since is not None

    @property
    def asker(self) -> Actor:
        """Return who asked for the change that is under way."""
        user = self.unsettled_by
        name = user.name if user else "module queue"
        return Actor.restore(user=user, on_behalf_of=self.unsettled_for, name=name)

    def begin(self, actor: Actor, wanted: Mapping[str, object], *, at: datetime) -> None:
        """Mark that the vendor is being told of a change, and who asked for it."""
        self.wanted = dict(wanted)
        self.unsettled_since = at
        self.unsettled_by = actor.user
        self.unsettled_for = actor.on_behalf_of

    def settle(self, *, at: datetime) -> None:
        """Forget the change that was under way; what the fields say is confirmed."""
        self.wanted = {}
        self.settled_at = at
        self.unsettled_since = None
        self.unsettled_by = None
        self.unsettled_for = None

    def is_older_than(self, reading_began_at: datetime) -> bool:
        """Tell whether a reading begun then knows better than this row."""
        if self.is_unsettled:
            return False
        return self.settled_at is None or self.settled_at < reading_began_at

    def mirrored(self) -> dict[str, Any]:
        """Return what the vendor has said of this setting, by field."""
        return {name: getattr(self, name) for name in self.MIRRORED}

    def adopt(self, remote: Mapping[str, Any]) -> None:
        """Let the row say what the vendor says."""
        for name in self.MIRRORED:
            setattr(self, name, remote[name])
