"""The form that takes a file of mailboxes."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from provisioning.operations.imports import LARGEST_BYTES


class ImportFile(forms.Form):
    """A CSV file; what is in it is the operation's question."""

    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,  # said in the same words as a file of blank lines
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Split it."))
        return file

    @property
    def content(self) -> bytes:
        """Return the file, whole."""
        content: bytes = self.cleaned_data["file"].read()
        return content
