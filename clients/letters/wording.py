"""Words with placeholders: whether they can be filled, and what they come to. No logic in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pystache
from django.utils import timezone
from django.utils.formats import date_format

from core.errors import OperationError
from core.sentences import Sentence
from core.sentences import sentence as _

TAG = re.compile(r"\{\{([{#^/!>=&]?)\s*(.*?)\s*\}\}", re.DOTALL)
COMMENT = "!"
# A value is one line: it cannot make a paragraph, or a secret's place, of its own.
UNWANTED = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ue000\ue001]+")

Sample = Mapping[str, Any]


class UnusableWording(OperationError):
    """The words cannot be filled; nothing was saved."""


def check(text: str, *, sample: Sample) -> None:
    """
    See that a text has only placeholders that its email fills, and that its sections are closed.

    :raises UnusableWording: naming what is wrong, and what can be used
    """
    scopes: list[tuple[str, Sample]] = [("", sample)]
    for kind, name in TAG.findall(text):
        scope = scopes[-1][1]
        if kind == COMMENT:
            continue
        if kind == "/":
            if len(scopes) == 1 or scopes.pop()[0] != name:
                raise UnusableWording(
                    _("The section “%(name)s” ends where it was not begun.") % {"name": name}
                )
        elif kind in {"#", "^"} and name in scope:
            scopes.append((name, _inside(scope, name)))
        elif kind or not isinstance(scope.get(name), str):
            raise UnusableWording(
                _("There is no “%(tag)s” here. These can be used: %(names)s.")
                % {"tag": f"{kind}{name}", "names": ", ".join(_usable(scope))}
            )
    if len(scopes) > 1:
        raise UnusableWording(_("The section “%(name)s” has no end.") % {"name": scopes[-1][0]})
    left = TAG.sub("", text)
    if "{{" in left or "}}" in left:
        raise UnusableWording(_("A placeholder is missing one of its braces."))


def usable(sample: Sample) -> list[str]:
    """Return what can be used, as it is written: `name`, `#section`, and what is inside of it."""
    return _usable(sample)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with these values (`in_words`) in their places."""
    filled: str = _renderer().render(_parsed(text), values)
    return filled


def in_words(value: Any) -> Any:
    """
    Return a value as its reader is told it: booleans and lists of mappings stay what they are.

    Dates and times are written in the language and time zone that are active, sentences said in
    that language, anything else as its text, on one line.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [{name: in_words(each) for name, each in item.items()} for item in value]
    if value is None:
        return ""
    return UNWANTED.sub(" ", _text(value)).strip()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    return str(value.again() if isinstance(value, Sentence) else value)


def _inside(scope: Sample, name: str) -> Sample:
    value = scope[name]
    if isinstance(value, list):
        inner = {key: each for item in value for key, each in item.items()}
        return {**scope, **inner}
    return scope


def _usable(sample: Sample) -> list[str]:
    names = []
    for name, value in sample.items():
        names.append(name if isinstance(value, str) else f"#{name}")
        if isinstance(value, list):
            names += [each for each in _inside({name: value}, name) if each != name]
    return names


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    return pystache.parse(text)


@lru_cache(maxsize=1)
def _renderer() -> Any:
    # The text of an email is no HTML; what becomes HTML is escaped where it does.
    return pystache.Renderer(escape=str, missing_tags="ignore")
