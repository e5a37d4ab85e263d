"""Footers: what may be in one, and how it reads as text."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.operations.footers import (
    ALLOWED,
    UnableToUseFooter,
    clean_footer,
    from_text,
    is_plain,
    to_text,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("Acme & Co", "Acme &amp; Co"),
        ("<b>Acme</b><br>", "<b>Acme</b><br>"),
        ("<BR/>", "<br>"),
        ("<p>open", "<p>open</p>"),
        ("<b><i>crossed</b></i>", "<b><i>crossed</i></b>"),
        ("closed</div> only", "closed only"),
        (
            '<a href="https://acme.test/?a=1&amp;b=2">x</a>',
            '<a href="https://acme.test/?a=1&amp;b=2">x</a>',
        ),
        ("<a href=mailto:help@acme.test>mail</a>", '<a href="mailto:help@acme.test">mail</a>'),
    ],
)
def test_what_is_allowed_is_written_anew(typed: str, kept: str) -> None:
    assert clean_footer(typed) == kept


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("<script>alert(1)</script>", "script"),
        ('<img src="https://tracker.test/x.gif">', "img"),
        ("<b onclick=alert(1)>x</b>", "onclick"),
        ('<p style="position:fixed">x</p>', "style"),
        ('<a href="javascript:alert(1)">x</a>', "begins with https"),
        ('<a href=" jav&#x09;ascript:alert(1)">x</a>', "begins with https"),
        ("<a href>x</a>", "begins with https"),
        ("<!-- <script> -->", "comment"),
        ("<!doctype html>", "comment"),
        ("<?php echo 1 ?>", "comment"),
        ("<style>b{}</style>", "style"),
        ("<iframe src=//evil.test>", "iframe"),
        ("<svg><b>x</b></svg>", "svg"),
        ("x" * 5001, "characters"),
    ],
)
def test_what_is_not_allowed_is_refused_and_named(typed: str, named: str) -> None:
    with pytest.raises(UnableToUseFooter, match=named) as refusal:
        clean_footer(typed)

    assert refusal.value.field == "footer"


@given(st.text(st.sampled_from("<>/=\"'ab&;! \n-?scriptonhref:"), max_size=60))
def test_nothing_gets_through_but_known_tags(typed: str) -> None:
    kept = ""
    with contextlib.suppress(UnableToUseFooter):
        kept = clean_footer(typed)

    tags = re.findall(r"<[^>]*>?", kept)
    known = "|".join(ALLOWED)
    for tag in tags:
        assert re.fullmatch(rf"</?({known})>|<a href=\"(https?://|mailto:|tel:)[^\"<>]+\">", tag)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"])))
def test_plain_text_comes_back_as_it_was_typed(line: str) -> None:
    typed = f"Acme {line}\nsecond line".strip()

    html = from_text(typed)

    assert to_text(html) == "\n".join(" ".join(part.split()) for part in typed.split("\n"))
    assert clean_footer(html) == html


def test_html_is_told_from_plain_text() -> None:
    assert is_plain("")
    assert is_plain("Acme<br>\nSecond line")
    assert not is_plain("<b>Acme</b>")
    assert not is_plain('<a href="https://acme.test/">acme.test</a>')


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ('<a href="https://acme.test/">Acme</a>', "Acme (https://acme.test/)"),
        ('<a href="mailto:a@acme.test">a@acme.test</a>', "a@acme.test"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\n\nTwo"),
        ("a &lt;b&gt; c", "a <b> c"),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    assert to_text(html) == text
