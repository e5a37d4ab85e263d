"""A language for tests: every translated text in accents and brackets, and a third longer."""

from __future__ import annotations

import gettext
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import trans_real

# It takes the place of a language that users can choose.
CODE = "de"
OPEN, CLOSE = "⟦", "⟧"
_ACCENTS = str.maketrans(
    "AEINOSUYaceilnosuyz",
    "ÅËÎÑÖŠÛÝåçéîļñöšüýž",
)
_WORD = 6
# Values, markup and entities stay as they are; values stand outside the brackets.
_VALUE = re.compile(r"(%\(\w+\)[sd]|%[sd]|\{\w*\})")
_MARKUP = re.compile(r"(<[^>]*>|&\w+;|%%)")


def pseudo(text: str) -> str:
    """Return a text as the pseudo-language writes it."""
    words = text.rpartition("\x04")[2]  # what stands before it is the context
    if not words.strip():
        return words
    parts = _VALUE.split(words)
    length = sum(len(part) for part in parts[::2])
    more = "~" * math.ceil(length * 0.3)
    # A longer text has more words, not a word as long as a line.
    parts[-1] += " ".join(more[at : at + _WORD] for at in range(0, len(more), _WORD))
    return "".join(
        part if number % 2 or not part else f"{OPEN}{_accented(part)}{CLOSE}"
        for number, part in enumerate(parts)
    )


def _accented(text: str) -> str:
    return "".join(
        part if number % 2 else part.translate(_ACCENTS)
        for number, part in enumerate(_MARKUP.split(text))
    )


class PseudoTranslation(gettext.NullTranslations):
    """Translates whatever it is asked, without a catalogue."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        """Return the language it stands in for, as Django asks for it."""
        return CODE


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Let the pseudo-language take the place of German."""
    translations = vars(trans_real)["_translations"]
    before = translations.get(CODE)
    translations[CODE] = PseudoTranslation()
    yield
    if before is None:
        del translations[CODE]
    else:
        translations[CODE] = before
