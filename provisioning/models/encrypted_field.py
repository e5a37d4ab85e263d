"""The encrypted text column, under the name that migrations know it by."""

from __future__ import annotations

from clients.models.encrypted_field import EncryptedTextField, Undecryptable, cipher

__all__ = ["EncryptedTextField", "Undecryptable", "cipher"]
