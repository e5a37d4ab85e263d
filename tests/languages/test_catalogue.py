"""Every text is in every catalogue, translated, with the values it has to have."""

from __future__ import annotations

import gettext
import re

import pytest

from tests.architecture.tree import own_python, read
from tests.languages.catalogue import LANGUAGES, catalogue, folder, key, strings
from tests.languages.extraction import (
    Message,
    NotAText,
    all_messages,
    in_code,
    in_template,
)

VALUE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>")
MANY = 1000
HINT = "Run `make messages` and fill in what it names."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    written = {(each.id, each.context): each for each in catalogue(language) if each.id}
    wanted = {(key(each), each.context or None) for each in all_messages()}

    untranslated = [
        text for text, each in written.items() if each.fuzzy or not all(strings(each.string))
    ]

    assert len(wanted) > MANY
    assert sorted(map(str, wanted - written.keys())) == [], HINT
    assert sorted(map(str, written.keys() - wanted)) == [], HINT
    assert untranslated == [], HINT


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_the_values_of_its_text(language: str) -> None:
    wrong = []
    for each in catalogue(language):
        texts = strings(each.id)
        for number, translated in enumerate(strings(each.string)):
            if not translated:
                continue
            # A singular may say "one" in words.
            wanted = [set(VALUE.findall(text)) for text in texts] if number == 0 else []
            if set(VALUE.findall(translated)) not in [*wanted, set(VALUE.findall(texts[-1]))]:
                wrong.append(translated)

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_runs_is_what_is_written(language: str) -> None:
    with (folder(language) / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for each in catalogue(language):
        texts, forms = strings(each.id), strings(each.string)
        if not texts[0] or not all(forms):
            continue
        if each.context:
            assert compiled.pgettext(each.context, texts[0]) == forms[0], HINT
        elif len(texts) > 1:
            assert compiled.ngettext(texts[0], texts[1], 1) == forms[0], HINT
            assert compiled.ngettext(texts[0], texts[1], 2) == forms[1], HINT
        else:
            assert compiled.gettext(texts[0]) == forms[0], HINT


def test_german_says_sie() -> None:
    familiar = re.compile(r"\b(du|dich|dir|dein\w*|euch|euer|eure\w*)\b", re.IGNORECASE)

    texts = [text for each in catalogue("de") for text in strings(each.string)]

    assert [text for text in texts if familiar.search(text)] == []


def test_texts_are_found_in_code_and_templates() -> None:
    code = 'x = _("One " "text") % {}\ny = ngettext("A", "B", 3)\nz = pgettext("verb", "Open")'
    page = """{% translate "Hi" %}{% blocktranslate count n=2 trimmed %}One
      box{% plural %}{{ n }} boxes{% endblocktranslate %}{{ _("Lo") }}"""

    assert set(in_code(code)) == {
        Message("One text"),
        Message("A", "B"),
        Message("Open", context="verb"),
    }
    assert list(in_template(page)) == [
        Message("Hi"),
        Message("One box", "%(n)s boxes"),
        Message("Lo"),
    ]


def test_a_text_that_is_put_together_first_is_refused() -> None:
    with pytest.raises(NotAText):
        list(in_code('_(f"Hello {name}")'))


def test_translating_functions_go_by_names_that_are_looked_for() -> None:
    alias = re.compile(r"import (?:n?p?gettext\w*|sentence|counted) as (\w+)")
    names = {name: set(alias.findall(read(name))) for name in own_python()}

    strange = {name: found for name, found in names.items() if found - {"_", "ngettext"}}

    assert strange == {}
