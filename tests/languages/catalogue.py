"""The catalogues in `locale`: `python -m tests.languages.catalogue` brings them up to date."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.architecture.tree import ROOT
from tests.languages.extraction import Message, all_messages

LANGUAGES = ("de",)
# The same catalogue makes the same file, whenever that is.
_WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


def folder(language: str) -> Path:
    """Return where a language's catalogue is kept."""
    return ROOT / "locale" / language / "LC_MESSAGES"


def catalogue(language: str) -> Catalog:
    """Return a catalogue as it is written."""
    with (folder(language) / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def key(message: Message) -> str | tuple[str, str]:
    """Return what a catalogue calls a text."""
    return (message.text, message.plural) if message.plural else message.text


def strings(texts: object) -> list[str]:
    """Return a text's forms, be there one or two."""
    return [str(each) for each in texts] if isinstance(texts, tuple | list) else [str(texts or "")]


def update(language: str) -> list[str]:
    """Write what is new and leave out what is gone; return the texts without a translation."""
    old = catalogue(language)
    new = Catalog(
        locale=language,
        project="polarismail",
        version="1",
        creation_date=_WRITTEN_AT,
        revision_date=_WRITTEN_AT,
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        fuzzy=False,
        header_comment="# Kept up to date by `make messages`.",
    )
    missing = []
    for message in all_messages():
        known = old.get(message.text, context=message.context or None)
        is_same = known is not None and known.id == key(message)
        translated = strings(known.string) if known is not None and is_same else [""]
        if not all(translated):
            missing.append(message.text)
        written = tuple(translated) if message.plural else translated[0]
        new.add(key(message), written if all(translated) else None, context=message.context or None)
    _write(language, new)
    return missing


def _write(language: str, new: Catalog) -> None:
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, new, width=0, no_location=True)
    write_mo(mo, new)
    folder(language).mkdir(parents=True, exist_ok=True)
    (folder(language) / "django.po").write_bytes(po.getvalue())
    (folder(language) / "django.mo").write_bytes(mo.getvalue())


def main() -> int:
    """Update every catalogue; say what is to be translated, and fail where something is."""
    django.setup()
    missing = 0
    for language in LANGUAGES:
        for text in update(language):
            missing += 1
            sys.stdout.write(f"{language}: {text}\n")
    if missing:
        sys.stdout.write(f"{missing} texts wait in locale/*/LC_MESSAGES/django.po.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
