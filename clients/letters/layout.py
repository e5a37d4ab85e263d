"""The layout of an email: its plain text as HTML, by what its paragraphs look like."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import css_inline
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

ADDRESS = re.compile(r"https?://[^\s<>\"]+")
BUTTON = re.compile(r"([^:]{1,60}): (https?://\S+)")
FACT = re.compile(r"([^:]{1,40}):\s+(\S.*)")
ITEM = re.compile(r"- (.+)")
CODE = "    "
FEWEST_FACTS = 2


def html_of(text: str, *, links: Collection[str]) -> SafeString:
    """
    Return a text as HTML; everything in it is escaped.

    Paragraphs stand between blank lines. Lines that begin with `- ` are a list, those indented by
    four blanks are kept as they are, several of `Name: value` are a table, and one line
    `Words: address` is a button. Of the addresses only `links` can be followed: what a customer
    has typed never becomes a link of ours.
    """
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return mark_safe("\n".join(_block(each, links) for each in blocks if each.strip()))  # noqa: S308  # each block is escaped


def inlined(html: str) -> str:
    """Return an email with its styles at each element; those for dark screens stay a sheet."""
    inlined_html: str = _inliner().inline(html)
    return inlined_html


def addresses_in(text: str) -> set[str]:
    """Return the addresses that a text names."""
    return set(ADDRESS.findall(text))


def _block(block: str, links: Collection[str]) -> SafeString:
    lines = block.split("\n")
    if all(line.startswith(CODE) for line in lines):
        return format_html(
            '<pre class="code">{}</pre>', "\n".join(line[len(CODE) :] for line in lines)
        )
    button = BUTTON.fullmatch(block.strip())
    if button and button[2] in links:
        return format_html(
            '<p><a class="button" href="{}">{}</a></p>', button[2], button[1].strip()
        )
    items = [ITEM.fullmatch(line.rstrip()) for line in lines]
    if all(items):
        return _joined("ul", "<li>{}</li>", [(each[1],) for each in items if each], links)
    facts = [FACT.fullmatch(line.strip()) for line in lines]
    if all(facts) and len(facts) >= FEWEST_FACTS:
        row = '<tr><th scope="row">{}</th><td>{}</td></tr>'
        rows = [(each[1], each[2]) for each in facts if each]
        return _joined('table class="facts"', row, rows, links)
    return format_html("<p>{}</p>", _said(block.strip(), links, newline="<br />"))


def _joined(
    tag: str, row: str, rows: Sequence[tuple[str, ...]], links: Collection[str]
) -> SafeString:
    made = [format_html(row, *(_said(cell, links) for cell in cells)) for cells in rows]
    content = "".join(made)
    return mark_safe(f"<{tag}>{content}</{tag.split(maxsplit=1)[0]}>")  # noqa: S308  # each row is escaped


def _said(text: str, links: Collection[str], *, newline: str = " ") -> SafeString:
    parts: list[str] = []
    at = 0
    for found in ADDRESS.finditer(text):
        parts += [escape(text[at : found.start()]), _followed(found[0], links)]
        at = found.end()
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts).replace("\n", newline))  # noqa: S308  # each part is escaped


def _followed(address: str, links: Collection[str]) -> str:
    bare = address.rstrip(".,;:!?)")
    if bare not in links:
        return escape(address)
    return format_html('<a class="link" href="{}">{}</a>{}', bare, bare, address[len(bare) :])


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
