"""The footer under outgoing messages: which HTML may be in it, and how it reads as text."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from core.errors import OperationError
from core.sentences import sentence as _

LONGEST = 5000
VOID = {"br", "hr"}
ALLOWED = VOID | {"a", "b", "strong", "i", "em", "u", "p", "div", "span", "ul", "ol", "li", "small"}
BREAKING = {"br", "hr", "p", "div", "li", "ul", "ol"}
LINK = re.compile(r"(https?://|mailto:|tel:)[^\s\"'<>\\]+", re.IGNORECASE)


class UnableToUseFooter(OperationError):
    """The footer holds something that does not belong in a message."""


def clean_footer(html: str) -> str:
    """
    Return the footer written anew: allowed tags only, and no attribute but a link's address.

    :raises UnableToUseFooter: naming the first thing that is not allowed
    """
    if len(html) > LONGEST:
        raise UnableToUseFooter(
            _("A footer can have up to %(count)d characters.") % {"count": LONGEST},
            field="footer",
        )
    writer = _Writer()
    writer.feed(html.strip())
    writer.close()
    return writer.written()


def from_text(text: str) -> str:
    """Return plain text as HTML that reads the same."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    return "<br>\n".join(escape(line, quote=False) for line in lines)


def to_text(html: str) -> str:
    """Return HTML as plain text; addresses of links stand behind their words. Never fails."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def is_plain(html: str) -> bool:
    """Tell whether nothing but line breaks would be lost if this were edited as plain text."""
    return from_text(to_text(html)) == html.strip()


class _Writer(HTMLParser):
    """Writes what it understands, so that nobody else understands it otherwise."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []

    def written(self) -> str:
        while self._open:
            self._parts.append(f"</{self._open.pop()}>")
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            raise UnableToUseFooter(
                _("<%(tag)s> is not allowed in a footer.") % {"tag": tag}, field="footer"
            )
        attributes = "".join(self._attribute(tag, name, value or "") for name, value in attrs)
        self._parts.append(f"<{tag}{attributes}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while (innermost := self._open.pop()) != tag:
            self._parts.append(f"</{innermost}>")
        self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._parts.append(escape(data, quote=False))

    def handle_comment(self, data: str) -> None:
        raise UnableToUseFooter(
            _("“%(text)s” is a comment; those are not allowed in a footer.") % {"text": data[:40]},
            field="footer",
        )

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def _attribute(self, tag: str, name: str, value: str) -> str:
        if (tag, name) != ("a", "href"):
            raise UnableToUseFooter(
                _("“%(name)s” is not allowed in <%(tag)s>; only links may have an address.")
                % {"name": name, "tag": tag},
                field="footer",
            )
        if not LINK.fullmatch(value.strip()):
            raise UnableToUseFooter(
                _("A link in a footer begins with https://, http://, mailto: or tel:."),
                field="footer",
            )
        return f' href="{escape(value.strip())}"'


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BREAKING:
            self.parts.append("\n")
        if tag == "a":
            self._link = (dict(attrs).get("href") or "").removeprefix("mailto:")

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKING - VOID:
            self.parts.append("\n")
        if tag == "a" and self._link:
            if self._link not in "".join(self.parts[-2:]):
                self.parts.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        # A line break in HTML's source is a space.
        self.parts.append(" ".join(data.split("\n")))
