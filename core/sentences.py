"""Sentences that remember how they were made, so that each reader gets them in their language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self, Union

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

Value = Union[str, int, float, "Sentence"]
Values = Mapping[str, Value]

# What every stored sentence begins with; no text of another kind does.
_SIGN = '{"sentence": '


class Sentence(str):
    """
    A translated text that can be said again in another language, or stored and said later.

    As a string it is the text in the language that was active when it was made. Values are put in
    with `%` and a mapping, once; a `float` among them is written as its reader's language does,
    and a sentence among them is translated with the sentence it stands in.
    """

    __slots__ = ("_count", "_one", "_other", "_values")

    _one: str
    _other: str
    _count: int
    _values: Values

    def __new__(
        cls, one: str, other: str = "", count: int = 0, values: Values | None = None
    ) -> Self:
        text = ngettext(one, other, count) if other else gettext(one)
        if values is not None:
            text %= {name: _in_words(value) for name, value in values.items()}
        sentence = super().__new__(cls, text)
        sentence._one, sentence._other, sentence._count = one, other, count
        sentence._values = values or {}
        return sentence

    def __mod__(self, values: Any) -> Sentence:
        """Return the sentence with these values in their places."""
        return Sentence(self._one, self._other, self._count, values)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sentence, (self._one, self._other, self._count, self._values or None)

    def again(self) -> Sentence:
        """Return the same in the language that is active now."""
        return Sentence(self._one, self._other, self._count, self._values or None)

    def stored(self) -> str:
        """Return the form that `told` understands."""
        return json.dumps(self.parts(), ensure_ascii=False)

    def parts(self) -> dict[str, Any]:
        """Return what it was made of, as JSON knows it."""
        parts: dict[str, Any] = {"sentence": self._one}
        if self._other:
            parts |= {"other": self._other, "count": self._count}
        if self._values:
            parts["values"] = {
                name: value.parts() if isinstance(value, Sentence) else value
                for name, value in self._values.items()
            }
        return parts


def sentence(text: str) -> Sentence:
    """Translate a text; imported as `_`, so that it is found for the catalogue."""
    return Sentence(text)


def counted(one: str, other: str, count: int) -> Sentence:
    """Translate a text that depends on a number; imported as `ngettext`, to be found."""
    return Sentence(one, other, count)


def told(stored: str) -> str:
    """Return what was stored in the language that is active now; plain text as it is."""
    return _from_parts(json.loads(stored)) if stored.startswith(_SIGN) else stored


def _from_parts(parts: Mapping[str, Any]) -> Sentence:
    values = {
        name: _from_parts(value) if isinstance(value, dict) else value
        for name, value in parts.get("values", {}).items()
    }
    return Sentence(
        parts["sentence"], parts.get("other", ""), parts.get("count", 0), values or None
    )


def _in_words(value: Value) -> str | int:
    if isinstance(value, Sentence):
        return value.again()
    if isinstance(value, float):
        return number_format(f"{value:.2f}".rstrip("0").rstrip("."))
    return value
