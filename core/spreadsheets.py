"""Text in CSV files: a spreadsheet program must not take a cell for a formula."""

from __future__ import annotations

import re

# What makes a program calculate; one more apostrophe before it, and it does not.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet program calculates; `original` undoes it."""
    return f"'{text}" if FORMULA.match(text) else text


def original(cell: str) -> str:
    """Return the text that `harmless` has made a cell of."""
    return cell[1:] if GUARDED.match(cell) else cell
