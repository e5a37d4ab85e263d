"""The encrypted text columns; the plain one under the name that migrations know it by."""

from __future__ import annotations

from typing import Any

from clients.models.encrypted_field import EncryptedTextField, Undecryptable, cipher

__all__ = ["EncryptedTextField", "ErasableTextField", "Undecryptable", "cipher"]


class ErasableTextField(EncryptedTextField):
    """Encrypted, but nothing is stored as nothing: what was erased can be told by a query."""

    def get_prep_value(self, value: Any) -> Any:
        return value if value == "" else super().get_prep_value(value)

    def from_db_value(self, value: str | None, *arguments: object) -> str | None:
        return super().from_db_value(value, *arguments) if value else value
