"""Every text of the product that wants translation, read from code and templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation.template import templatize

from tests.architecture.tree import read, tracked

# Nobody reads these as a customer does, or they are not part of the product.
_APART = ("tests/", "benchmarks/", "deploy/", "provisioning/sandbox/", "polarismail/demo/")
# Which of a call's texts are what: the text, its plural, its context.
_CALLS = {
    "_": ("text",),
    "gettext": ("text",),
    "gettext_lazy": ("text",),
    "gettext_noop": ("text",),
    "ngettext": ("text", "plural"),
    "ngettext_lazy": ("text", "plural"),
    "pgettext": ("context", "text"),
    "pgettext_lazy": ("context", "text"),
    "npgettext": ("context", "text", "plural"),
    "npgettext_lazy": ("context", "text", "plural"),
}
_STRING = r"""(?:u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b({'|'.join(_CALLS)})\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")


class Message(NamedTuple):
    """One text as the catalogue knows it."""

    text: str
    plural: str = ""
    context: str = ""


class NotAText(Exception):
    """Something is put together before it is translated, so no catalogue can know it."""


def all_messages() -> list[Message]:
    """
    Return every text once, in the order of the files.

    :raises NotAText: where an f-string is to be translated
    """
    found: dict[Message, None] = {}
    for name in tracked(".py"):
        if not name.startswith(_APART) and "/migrations/" not in name:
            found |= dict.fromkeys(in_code(read(name)))
    for name in tracked(".html", ".txt"):
        if name.startswith("templates/"):
            found |= dict.fromkeys(in_template(read(name)))
    return list(found)


def in_code(text: str) -> Iterator[Message]:
    """
    Yield the texts of a Python file.

    :raises NotAText: where an f-string is to be translated
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            roles = _CALLS.get(node.func.id)
            if roles:
                yield from _message(roles, node.args)


def _message(roles: tuple[str, ...], arguments: list[ast.expr]) -> Iterator[Message]:
    parts = {}
    for role, argument in zip(roles, arguments, strict=False):
        if isinstance(argument, ast.JoinedStr):
            raise NotAText(ast.unparse(argument))
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            return  # a text that is translated here and written elsewhere
        parts[role] = argument.value
    yield Message(**parts)


def in_template(text: str) -> Iterator[Message]:
    """Yield the texts of a template."""
    for line in templatize(text).splitlines():
        for call, arguments in _CALL.findall(line):
            values = ast.literal_eval(f"({arguments},)")
            parts = dict(zip(_CALLS[call], values, strict=False))
            # A per cent sign is doubled for the tools that read formats.
            yield Message(**{role: str(value).replace("%%", "%") for role, value in parts.items()})
