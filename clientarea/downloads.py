"""Files that a page hands out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header

from core.spreadsheets import harmless

Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)
# Tells spreadsheet programs that the text is UTF-8.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class _Line:
    """Takes the one line that the CSV writer hands over, and gives it on."""

    def write(self, text: str) -> str:
        return text


def csv_file(name: str, rows: Iterable[Iterable[str]]) -> StreamingHttpResponse:
    """Hand out a CSV file line by line; no cell of it is a formula to a spreadsheet program."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    return attached(response, name)


def _lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield MARK
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def file_of(name: str, content: bytes | str, content_type: str) -> HttpResponse:
    """Hand out a file that is made in one piece."""
    return attached(HttpResponse(content, content_type=content_type), name)


def attached(response: Answer, name: str) -> Answer:
    """Have the browser save an answer under this name, and keep no copy."""
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    add_never_cache_headers(response)
    return response
