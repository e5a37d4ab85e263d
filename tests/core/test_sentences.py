"""Sentences that are kept and read later, by somebody with another language."""

from __future__ import annotations

from copy import deepcopy

from django.utils import translation

from core.sentences import Sentence, counted, sentence, told

FULL = "A mailbox of your plan can have up to %(largest)s GB."
REFUSED = "%(refusal)s The mail server said: “%(words)s”."


def test_a_sentence_is_text_in_the_language_it_was_made_in() -> None:
    with translation.override("de"):
        made = sentence("Save")

    assert made == "Speichern"
    assert f"{made}!" == "Speichern!"


def test_what_is_stored_is_told_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        stored = (sentence(FULL) % {"largest": 1234.5}).stored()

    with translation.override("en"):
        english = told(stored)
    with translation.override("de"):
        german = told(stored)

    assert english == "A mailbox of your plan can have up to 1234.5 GB."
    assert german == "Ein Postfach Ihres Tarifs kann höchstens 1234,5 GB haben."


def test_a_sentence_inside_another_is_told_with_it() -> None:
    inner = sentence("The mail server refused.")
    stored = (sentence(REFUSED) % {"refusal": inner, "words": "Not now"}).stored()

    with translation.override("de"):
        german = told(stored)

    assert german == "Der Mailserver hat abgelehnt. Der Mailserver meldet: „Not now“."


def test_a_number_decides_which_form_is_told() -> None:
    forms = [
        (counted("%(count)d mailbox", "%(count)d mailboxes", n) % {"count": n}).stored()
        for n in (1, 2)
    ]

    with translation.override("de"):
        told_forms = [told(form) for form in forms]

    assert told_forms == ["1 Postfach", "2 Postfächer"]


def test_plain_text_is_told_as_it_stands() -> None:
    assert told("550 no such user") == "550 no such user"
    assert not isinstance(told("550 no such user"), Sentence)


def test_values_that_look_like_places_are_left_alone() -> None:
    made = sentence("“%(name)s” is reserved. Choose another name.") % {"name": "100%(x)s"}

    with translation.override("en"):
        english = told(made.stored())

    assert english == "“100%(x)s” is reserved. Choose another name."


def test_a_sentence_survives_being_copied() -> None:
    made = sentence("“%(name)s” is reserved. Choose another name.") % {"name": "root"}

    copy = deepcopy(made)

    assert copy == made
    assert copy.stored() == made.stored()
