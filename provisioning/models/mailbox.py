"""A mailbox at the vendor, as we last knew it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from clients.actors import Actor
from core.states import ConcurrentTransitionMixin
from provisioning.models.mail_domain import MailDomain


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def existing(self) -> MailboxQuerySet:
        """Mailboxes that hold their address: all the vendor has, or may have."""
        return self.exclude(status=Mailbox.Status.REMOVED)

    def live(self) -> MailboxQuerySet:
        """Mailboxes that take up a slot, finished or not; those in the trash have given it up."""
        in_trash = models.Q(status=Mailbox.Status.TRASHED, unsettled_since=None)
        return self.existing().exclude(in_trash)

    def trashed(self) -> MailboxQuerySet:
        """Mailboxes that were deleted lately and can be restored."""
        return self.filter(status=Mailbox.Status.TRASHED)

    def of_type(self, account_type: int) -> MailboxQuerySet:
        """Mailboxes that are of this type or about to be."""
        return self.filter(
            models.Q(account_type=account_type) | models.Q(wanted_account_type=account_type)
        )

    def unsettled(self, *, before: datetime) -> MailboxQuerySet:
        """Mailboxes with a change the vendor has not clearly answered."""
        return self.filter(unsettled_since__lte=before)


class Mailbox(ConcurrentTransitionMixin, models.Model):
    """
    One mailbox. Its password is never here.

    `wanted_…` holds a change while the vendor is being told; `unsettled_since` is set from the
    moment a write is claimed until its outcome is known, so that a lost answer is always found;
    `settled_at` tells a reading of the vendor that began earlier to leave the row alone.
    """

    class Status(models.TextChoices):
        CREATING = "creating", _("Being created")
        ACTIVE = "active", _("Active")
        DISABLED = "disabled", _("Disabled")
        TRASHED = "trashed", _("Recently deleted")
        REMOVING = "removing", _("Being deleted")
        REMOVED = "removed", _("Deleted")

    class Type(models.IntegerChoices):
        BASIC = 1, "Basic"
        ENHANCED = 2, "Enhanced"

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="mailboxes")
    local_part = models.CharField(max_length=64)
    # Any number the vendor reports is kept; only Basic and Enhanced are ever chosen here.
    account_type = models.PositiveSmallIntegerField(default=Type.BASIC)
    wanted_account_type = models.PositiveSmallIntegerField(null=True, blank=True)
    quota_mb = models.PositiveIntegerField()
    wanted_quota_mb = models.PositiveIntegerField(null=True, blank=True)
    wanted_display_name = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    wants_new_password = models.BooleanField(default=False)
    # A new password whose arrival nobody could see: it has to be set again.
    password_unconfirmed_at = models.DateTimeField(null=True, blank=True)
    usage_mb = models.PositiveIntegerField(null=True, blank=True)
    # How full it was, in percent, when that was last told; 0: there is nothing to tell.
    fill_notice_percent = models.PositiveSmallIntegerField(default=0)
    display_name = models.CharField(max_length=100, blank=True)
    status = FSMField(max_length=8, choices=Status.choices, default=Status.CREATING, protected=True)
    last_login_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    unsettled_since = models.DateTimeField(null=True, blank=True)
    unsettled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    unsettled_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    missing_since = models.DateTimeField(null=True, blank=True)
    # One per filled-in form: the same click sent twice finds the first one's mailbox.
    request_key = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Deleted by the customer, disabled at the vendor, removed there at `purge_at`.
    trashed_at = models.DateTimeField(null=True, blank=True)
    purge_at = models.DateTimeField(null=True, blank=True)
    was_disabled = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["local_part"]
        verbose_name_plural = "mailboxes"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mail_domain", "local_part"],
                condition=~models.Q(status="removed"),
                name="one_live_mailbox_per_address",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["mail_domain", "status", "local_part"], name="mailbox_list"),
            models.Index(
                fields=["unsettled_since"],
                condition=models.Q(unsettled_since__isnull=False),
                name="mailbox_unsettled",
            ),
            models.Index(
                fields=["purge_at"], condition=models.Q(status="trashed"), name="mailbox_to_purge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} (mailbox #{self.pk})"

    @property
    def address(self) -> str:
        """Return the full address."""
        return f"{self.local_part}@{self.mail_domain.domain}"

    @property
    def type_label(self) -> str:
        """Return the type's name; a type we do not know is named by the vendor's number."""
        known = dict(self.Type.choices)
        return str(known.get(self.account_type, f"Type {self.account_type}"))

    @property
    def is_unsettled(self) -> bool:
        """Tell whether a write to this mailbox still waits for a clear answer."""
        return self.unsettled_since is not None

    @property
    def is_in_trash(self) -> bool:
        """Tell whether it was deleted and can be restored; the vendor has confirmed it."""
        return self.status == self.Status.TRASHED and not self.is_unsettled

    def begin(self, actor: Actor, *, at: datetime) -> None:
        """Mark that the vendor is being told of a change, and who asked for it."""
        self.unsettled_since = at
        self.unsettled_by = actor.user
        self.unsettled_for = actor.on_behalf_of

    def settle(self, *, at: datetime) -> None:
        """Forget the change that was under way; what the fields say is confirmed."""
        self.settled_at = at
        self.wanted_account_type = None
        self.wanted_quota_mb = None
        self.wanted_display_name = None
        self.wants_new_password = False
        self.unsettled_since = None
        self.unsettled_by = None
        self.unsettled_for = None

    @transition(status, source=[Status.CREATING, Status.DISABLED], target=Status.ACTIVE)
    def activate(self) -> None:
        """The vendor confirmed that the mailbox is there and may be used."""

    @transition(status, source=[Status.CREATING, Status.ACTIVE], target=Status.DISABLED)
    def disable(self) -> None:
        """The vendor confirmed that nobody can log in."""

    @transition(status, source=[Status.ACTIVE, Status.DISABLED], target=Status.TRASHED)
    def trash(self, *, at: datetime, purge_at: datetime) -> None:
        """The customer has deleted it; the vendor is told to disable it."""
        self.trashed_at = at
        self.purge_at = purge_at

    @transition(status, source=Status.TRASHED, target=Status.ACTIVE)
    def restore(self) -> None:
        """The vendor confirmed that it may be used again."""
        self.trashed_at = self.purge_at = None

    @transition(status, source=Status.TRASHED, target=Status.DISABLED)
    def restore_disabled(self) -> None:
        """It was disabled when it was deleted, and is so again."""
        self.trashed_at = self.purge_at = None

    @transition(
        status,
        source=[Status.ACTIVE, Status.DISABLED, Status.TRASHED],
        target=Status.REMOVING,
    )
    def begin_removal(self) -> None:
        """The vendor is about to be told."""

    @transition(status, source=Status.REMOVING, target=Status.ACTIVE)
    def keep_active(self) -> None:
        """The removal did not happen; the mailbox is in use."""

    @transition(status, source=Status.REMOVING, target=Status.DISABLED)
    def keep_disabled(self) -> None:
        """The removal did not happen; the mailbox is still disabled."""

    @transition(status, source=Status.REMOVING, target=Status.TRASHED)
    def keep_trashed(self) -> None:
        """The removal did not happen; the mailbox can still be restored."""

    @transition(
        status,
        source=[
            Status.CREATING,
            Status.ACTIVE,
            Status.DISABLED,
            Status.TRASHED,
            Status.REMOVING,
        ],
        target=Status.REMOVED,
    )
    def remove(self, *, at: datetime) -> None:
        """The vendor confirmed that the mailbox is not there."""
        self.removed_at = at
        self.request_key = None
