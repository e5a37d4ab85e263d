"""What a person reads of a page, and which of it the pseudo-language has not touched."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.languages.pseudo import CLOSE, OPEN

_UNREAD = {"script", "style"}
_READ_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "data-copied", "data-confirm"}
# Elements whose text is what somebody or some machine wrote.
_VERBATIM = {"pre", "code", "samp", "kbd", "textarea"}
_WORD = re.compile(r"[^\W\d_]{2,}")


class Reader(HTMLParser):
    """Collects a page's texts; `texts` keeps them in order, attributes among them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._skipped or tag in _UNREAD | _VERBATIM or values.get("name") == "time_zone":
            if tag not in {"input", "img", "br", "hr", "meta", "link", "source"}:
                self._skipped.append(tag)
            return
        self.texts += [value for name, value in attrs if name in _READ_ATTRIBUTES and value]
        if tag == "input" and values.get("type") in {"submit", "button"}:
            self.texts.append(values.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped and tag in self._skipped:
            while self._skipped.pop() != tag:
                continue

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._skipped:
            self.texts.append(data.strip())


def plain_words(html: str, *, data: re.Pattern[str]) -> list[str]:
    """Return the texts with words outside the brackets, `data` being what may stand there."""
    reader = Reader()
    reader.feed(html)
    found = []
    depth = 0
    for text in reader.texts:
        outside = []
        for char in text:
            depth += (char == OPEN) - (char == CLOSE)
            outside.append(char if depth == 0 else " ")
        left = data.sub(" ", "".join(outside))
        if _WORD.search(left):
            found.append(text)
    return found
