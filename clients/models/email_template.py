"""An email template: the words of one email, where staff have their own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class EmailTemplate(models.Model):
    """
    The words of one email in one language, in place of those it is shipped with.

    `body` is plain text with the placeholders `{{ name }}`, `{{#name}}…{{/name}}` (where there is
    such a thing, or for each of several) and `{{^name}}…{{/name}}` (where there is none).
    """

    name = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    # Readers of this language are not sent this email; their history says so.
    is_disabled = models.BooleanField(_("disabled"), default=False)
    # Addresses, separated by commas, that get a copy of each.
    copy_to = models.CharField(_("copy to"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name", "language"], name="one_template_per_email_and_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def copies(self) -> list[str]:
        """Return the addresses that get a copy."""
        return [each.strip() for each in self.copy_to.split(",") if each.strip()]
