"""An import: many new mailboxes from one file, made in the background."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from provisioning.models.encrypted_field import ErasableTextField
from provisioning.models.mail_domain import MailDomain
from provisioning.models.mailbox import Mailbox
from provisioning.models.sentence_field import SentenceField


class MailboxImportQuerySet(models.QuerySet["MailboxImport"]):
    def unfinished(self) -> MailboxImportQuerySet:
        """Imports that were started, and cancelled ones whose last line has no outcome yet."""
        started = [MailboxImport.Status.RUNNING, MailboxImport.Status.CANCELLED]
        return self.filter(status__in=started, finished_at=None)

    def with_old_secrets(self, *, before: datetime) -> MailboxImportQuerySet:
        """Imports uploaded before that moment which still hold a password."""
        rows = MailboxImportRow.objects.filter(mailbox_import=models.OuterRef("pk"))
        return self.filter(models.Exists(rows.exclude(password="")), created_at__lt=before)


class MailboxImport(models.Model):
    """
    A file that was read, by whom, and how far it is.

    A worker holds a running import by `claim` until `lease_until`; without a claim, `lease_until`
    is when to go on. `pause` says why it waits, where it does.
    """

    class Status(models.TextChoices):
        REVIEW = "review", _("Not started yet")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    mail_domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="imports")
    status = models.CharField(max_length=9, choices=Status, default=Status.REVIEW)
    pause = SentenceField(blank=True)
    # Columns of the file that mean nothing to us, for the person who checks it.
    ignored_columns = models.JSONField(default=list, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by_name = models.CharField(max_length=254)
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = MailboxImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [models.Index(fields=["status", "lease_until"], name="import_to_run")]

    def __str__(self) -> str:
        return f"import #{self.pk} ({self.get_status_display()})"


class MailboxImportRow(models.Model):
    """
    One line of the file and what became of it.

    `cells` are the line as it was typed, without its password: type, user, quota, name.
    `password` is erased when the mailbox is there or will not be; one that we made up is kept
    until it has been handed over once, at most for a day. `key` finds the mailbox of a row that
    was cut off, so that none is made twice.
    """

    class Status(models.TextChoices):
        SKIPPED = "skipped", _("Left out")
        WAITING = "waiting", _("Waiting")
        CHECKING = "checking", _("Being checked")
        DONE = "done", _("Created")
        FAILED = "failed", _("Failed")

    mailbox_import = models.ForeignKey(MailboxImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    cells = models.JSONField(default=list)
    local_part = models.CharField(max_length=64, blank=True)
    account_type = models.PositiveSmallIntegerField(null=True, blank=True)
    quota_mb = models.PositiveIntegerField(null=True, blank=True)
    display_name = models.CharField(max_length=100, blank=True)
    password = ErasableTextField(blank=True, default="")
    is_password_generated = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    message = SentenceField(blank=True)
    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mailbox_import", "number"], name="one_row_per_line_of_an_import"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["mailbox_import", "status"], name="import_rows_by_status")
        ]

    def __str__(self) -> str:
        return f"line {self.number} of import #{self.mailbox_import_id}"
