"""Read a file of new mailboxes: bytes in, lines of named cells out. Nothing is looked up."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import OperationError
from core.sentences import sentence as _
from core.spreadsheets import original

LARGEST_BYTES = 1_000_000
MOST_ROWS = 500
LONGEST_HEAD = 10_000

TYPE, USER, DOMAIN, PASSWORD, QUOTA, NAME = "type", "user", "domain", "password", "quota", "name"
COLUMNS = (TYPE, USER, PASSWORD, QUOTA, NAME)
WITH_DOMAIN = (TYPE, USER, DOMAIN, PASSWORD, QUOTA, NAME)
# What people, and other programs, call the columns.
HEADINGS = {
    TYPE: ("type", "account type", "mailbox type"),
    USER: ("user", "username", "user name", "address", "email", "email address", "mailbox"),
    DOMAIN: ("domain",),
    PASSWORD: ("password",),
    QUOTA: ("quota", "quota gb", "quota in gb"),
    NAME: ("name", "display name", "full name"),
}
COLUMN_OF = {heading: column for column, names in HEADINGS.items() for heading in names}
# Columns of files that we wrote ourselves; they are no surprise when one comes back.
OURS = {"line", "reason", "status", "used gb", "last login"}
TYPES = {"1": 1, "basic": 1, "2": 2, "enhanced": 2}
DELIMITERS = (",", ";")
NUMBER = re.compile(r"\d+([.,]\d+)?")
DOMAIN_NAME = re.compile(r"[^\s@,;]+\.[^\s@,;.]{2,}")


class UnableToReadFile(OperationError):
    """The file as a whole cannot be read; no line of it was kept."""


@dataclass(frozen=True)
class Line:
    """One line by the names of its columns; `extra` tells that it has more cells than columns."""

    number: int
    cells: dict[str, str] = field(repr=False)
    has_extra_cells: bool = False

    def cell(self, column: str) -> str:
        """Return a cell without the white space around it; a password is returned as it is."""
        text = self.cells.get(column, "")
        return text if column == PASSWORD else original(text.strip())


@dataclass(frozen=True)
class MailboxFile:
    """What a file says; `ignored` are the headings that mean nothing to us."""

    lines: list[Line]
    ignored: list[str]


def parse(content: bytes) -> MailboxFile:
    """
    Read a CSV file: UTF-8 or latin-1, commas or semicolons, with a heading or without.

    :raises UnableToReadFile: too large, too long, empty, or no CSV file
    """
    if len(content) > LARGEST_BYTES:
        raise UnableToReadFile(_("The file is larger than 1 MB. Split it."))
    text = _decoded(content)
    rows = _rows(text, _delimiter_of(text))
    if not rows:
        raise UnableToReadFile(_("The file is empty."))
    ignored: list[str] = []
    columns: Sequence[str]
    headings = _headings(rows[0][1])
    if headings is None:
        columns = _columns_by_place(rows)
    else:
        columns = headings
        typed = rows.pop(0)[1]
        ignored = [
            cell.strip()
            for cell, column in zip(typed, columns, strict=True)
            if cell.strip() and not column and _plain(cell) not in OURS
        ]
    if not rows:
        raise UnableToReadFile(_("The file has headings, and no line below them."))
    if len(rows) > MOST_ROWS:
        raise UnableToReadFile(
            _("The file has %(count)d lines; up to %(most)d are read at a time. Split it.")
            % {"count": len(rows), "most": MOST_ROWS}
        )
    return MailboxFile([_line(number, cells, columns) for number, cells in rows], ignored)


def _decoded(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnableToReadFile(
            _("This is a spreadsheet program's own file. Save it there as CSV and try again.")
        )
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise UnableToReadFile(_("This is not a CSV file."))
    return text


def _delimiter_of(text: str) -> str:
    """Return what separates the cells: whatever makes more sense of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def sense(delimiter: str) -> tuple[bool, int]:
        cells = next(csv.reader([first[:LONGEST_HEAD]], delimiter=delimiter), []) or [""]
        begins_well = _plain(cells[0]) in TYPES or _headings(cells) is not None
        return begins_well, len(cells)

    return max(DELIMITERS, key=sense)


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the lines that are not blank, each with the number it has in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise UnableToReadFile(
            _(
                "Line %(number)d cannot be read: a quotation mark is not closed, or something "
                "stands after it."
            )
            % {"number": number}
        ) from error
    return rows


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", heading.lower()).split())


def _headings(cells: Sequence[str]) -> list[str] | None:
    """Return the columns that a first line names, blank where unknown; None where it is data."""
    if _plain(cells[0]) in TYPES:
        return None
    columns = [COLUMN_OF.get(_plain(cell), "") for cell in cells]
    if USER not in columns or sum(bool(column) for column in columns) < min(len(cells), 2):
        return None
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        raise UnableToReadFile(_("Two columns of the first line have the same heading."))
    return columns


def _columns_by_place(rows: Sequence[tuple[int, list[str]]]) -> Sequence[str]:
    """Tell whether a file without headings has the domain in its third column."""
    wide = [cells for _number, cells in rows if len(cells) > len(COLUMNS)]
    thirds = [cells[2].strip() for _number, cells in rows if len(cells) > 2]  # noqa: PLR2004
    all_may_be = all(not third or DOMAIN_NAME.fullmatch(third) for third in thirds)
    # All of them may be left blank; then the quota shows that the cells are one place further on.
    is_there = any(thirds) or all(NUMBER.fullmatch(cells[4].strip()) for cells in wide)
    return WITH_DOMAIN if wide and all_may_be and is_there else COLUMNS


def _line(number: int, cells: Sequence[str], columns: Sequence[str]) -> Line:
    named = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
    has_extra = any(cell.strip() for cell in cells[len(columns) :])
    return Line(number, named, has_extra)
