"""A text column that is ciphertext in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class Undecryptable(ImproperlyConfigured):
    """A stored secret was written under a key that ENCRYPTION_KEYS no longer holds."""


def cipher() -> MultiFernet:
    """Return the cipher: the first key writes, all keys read."""
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


class EncryptedTextField(TextField):
    """
    Encrypts on the way in, decrypts on the way out; equal texts look different in the database.

    Reading under a wrong key raises `Undecryptable`: ciphertext is never handed out as the secret.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return text if text is None else cipher().encrypt(text.encode()).decode()

    def from_db_value(self, value: str | None, *_args: object) -> str | None:
        if value is None:
            return None
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise Undecryptable(
                f"{self.model._meta.label}.{self.name} cannot be read with the keys in "
                "ENCRYPTION_KEYS. Put the key it was written with back into the list."
            ) from error
