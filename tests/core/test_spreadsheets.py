"""Cells of CSV files: harmless in a spreadsheet, and the same text again when read back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheets import harmless, original

CALCULATED = ("=", "+", "-", "@", "\t", "\r")
CORPUS = [
    "=1+1",
    '=HYPERLINK("http://evil.test","Click")',
    "=cmd|' /C calc'!A0",
    "+1-800-555",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
    "''=1+1",
    "'quoted'",
    "plain",
    "",
    'with "quotes", commas; and\nnew lines',
    "Jürgen Groß",
]


@pytest.mark.parametrize("text", CORPUS)
def test_a_cell_is_never_a_formula_and_comes_back_as_it_was(text: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([harmless(text)])

    cell = next(csv.reader(io.StringIO(file.getvalue(), newline="")), [""])[0]

    assert not cell.startswith(CALCULATED)
    assert original(cell) == text


@given(st.text(alphabet="'=+-@\t\r a1"))
def test_any_mixture_comes_back_as_it_was(text: str) -> None:
    assert not harmless(text).startswith(CALCULATED)
    assert original(harmless(text)) == text


@pytest.mark.parametrize("text", ["plain", "'quoted'", "anna@acme.test", "a=b"])
def test_what_does_no_harm_is_left_alone(text: str) -> None:
    assert harmless(text) == text
