"""A text that is read in the language of whoever reads the row."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.sentences import Sentence, told


class SentenceField(models.TextField[str, str]):
    """Holds a `Sentence` with its values, or plain text; gives it translated when it is loaded."""

    def from_db_value(self, value: str | None, *_where: object) -> str | None:
        return told(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.stored() if isinstance(value, Sentence) else value
