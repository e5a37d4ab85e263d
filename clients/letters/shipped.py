"""The words that emails are shipped with, and what can be put into each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

FOLDER = Path("emails", "letters")
SAMPLE = "sample.json"
# These can stand in every email.
EVERYWHERE = ("brand_name", "support_email")


class UnknownLetter(LookupError):
    """No email of that name is shipped."""


@dataclass(frozen=True)
class Wording:
    """What an email says: both with placeholders."""

    subject: str
    body: str


@cache
def letter_names() -> tuple[str, ...]:
    """Return the names of all emails, sorted."""
    return tuple(sorted(path.parent.name for path in _folder().glob(f"*/{SAMPLE}")))


@cache
def sample_of(letter: str) -> Mapping[str, Any]:
    """
    Return an example of everything that can be put into an email, by placeholder.

    A text is a placeholder, a boolean or a list of such mappings a section.

    :raises UnknownLetter: there is no such email
    """
    sample: dict[str, Any] = json.loads(_read(letter, SAMPLE))
    return sample


@cache
def shipped(letter: str, language: str) -> Wording:
    """
    Return the shipped words, in the installation's own language where there are no others.

    :raises UnknownLetter: there is no such email
    """
    languages = (language, settings.LANGUAGE_CODE)
    written = next((each for each in languages if _path(letter, f"{each}.mustache").exists()), "")
    subject, _, body = _read(letter, f"{written}.mustache").partition("\n")
    return Wording(subject=subject.strip(), body=body.strip() + "\n")


def _read(letter: str, name: str) -> str:
    try:
        return _path(letter, name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnknownLetter(letter) from None


def _path(letter: str, name: str) -> Path:
    return _folder() / letter / name


def _folder() -> Path:
    return Path(settings.TEMPLATES[0]["DIRS"][0]) / FOLDER
