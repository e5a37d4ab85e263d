"""QR codes, drawn as one path of an SVG."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode

QUIET = 4


@dataclass(frozen=True)
class QrCode:
    """A code `size` modules wide with its margin; `path` draws the dark ones in those units."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    """Return the code of a text, readable with a seventh of it damaged."""
    code = qrcode.QRCode(border=QUIET, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix: list[list[bool]] = code.get_matrix()
    runs = [
        f"M{start} {y}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for start, length in _runs(row)
    ]
    return QrCode(size=len(matrix), path="".join(runs))


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Return where dark modules stand side by side: the first one's place and how many."""
    runs: list[tuple[int, int]] = []
    for x, is_dark in enumerate(row):
        if is_dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif is_dark:
            runs.append((x, 1))
    return runs
