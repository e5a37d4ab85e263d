"""Uploaded logos: decoded within bounds and written anew; nothing of the file is sent on."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from core.errors import OperationError
from core.sentences import sentence as _

LARGEST_FILE = 512_000
LONGEST_SIDE = 4096
MOST_PIXELS = 8_000_000
# Bounds of what is sent: sharp on any screen, and small enough for every login page.
SENT_SIDE = 1000
PREVIEW_SIZE = (240, 80)
# An ordinary picture has about ten passes. Each costs as much as all of its pixels, whatever its
# own length, so that a small file of thousands would keep us busy for hours.
MOST_JPEG_PASSES = 40
JPEG_PASS = b"\xff\xda"
FORMATS = ("PNG", "JPEG", "GIF")
BEGINNINGS = (b"\x89PNG", b"\xff\xd8", b"GIF8")
SVG = re.compile(rb"<svg\b|<!doctype svg", re.IGNORECASE)
SVG_WITHIN = 4096
# Pillow counts pixels, too, and refuses or warns before we can.
FLOODS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# All that a decoder says of a file that is not what it seems.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


class UnableToReadLogo(OperationError):
    """The file is no picture that can be a logo."""


@dataclass(frozen=True)
class Logo:
    """A logo as it is sent (PNG or JPEG), and a little one to show (PNG, as base64)."""

    content: bytes = field(repr=False)
    width: int
    height: int
    preview: str = field(repr=False)


def read_logo(content: bytes) -> Logo:
    """
    Decode a picture and write it anew: pixels only, no metadata, one frame, at most 1000 a side.

    :raises UnableToReadLogo: with a reason fit for the customer
    """
    _check_file(content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            # The header tells the size; nothing has been decoded yet.
            _check_size(*picture.size)
            is_photo = picture.format == "JPEG"
            if is_photo:
                picture.draft("RGB", (SENT_SIDE, SENT_SIDE))
            pixels = _pixels_of(picture)
    except FLOODS as error:
        raise _too_many_pixels() from error
    except UNREADABLE as error:
        raise UnableToReadLogo(
            _("This file cannot be read as a picture. Save it again as PNG, and try that one."),
            field="logo",
            code="unreadable",
        ) from error
    written, (width, height) = _written(pixels, is_photo=is_photo)
    return Logo(content=written, width=width, height=height, preview=_preview_of(pixels))


def _check_file(content: bytes) -> None:
    if len(content) > LARGEST_FILE:
        raise UnableToReadLogo(
            _("The file is larger than 500 KB. Use a smaller picture."),
            field="logo",
            code="too_large",
        )
    if SVG.search(content[:SVG_WITHIN]) and not content.startswith(
        (b"\x89PNG", b"\xff\xd8", b"GIF8")
    ):
        raise UnableToReadLogo(
            _(
                "SVG files can carry scripts, and webmail would show them to everybody. "
                "Save the logo as PNG."
            ),
            field="logo",
            code="svg",
        )
    if content.startswith(b"\xff\xd8") and content.count(JPEG_PASS) > MOST_JPEG_PASSES:
        raise UnableToReadLogo(
            _("This JPEG file is built in an unusual way. Save it again as PNG."),
            field="logo",
            code="too_many_passes",
        )


def _check_size(width: int, height: int) -> None:
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> UnableToReadLogo:
    return UnableToReadLogo(
        _(
            "The picture has too many pixels. Use one with at most %(side)d on each side, and "
            "8 million altogether."
        )
        % {"side": LONGEST_SIDE},
        field="logo",
        code="too_many_pixels",
    )


def _pixels_of(picture: Image.Image) -> Image.Image:
    """Return the first frame upright and within bounds, on a canvas that knows nothing else."""
    picture.load()
    _check_size(*picture.size)
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((SENT_SIDE, SENT_SIDE))
    bare = upright.convert("RGB" if picture.format == "JPEG" else "RGBA")
    canvas = Image.new(bare.mode, bare.size)
    canvas.paste(bare)
    return canvas


def _written(pixels: Image.Image, *, is_photo: bool) -> tuple[bytes, tuple[int, int]]:
    """Return the file and its size; what would be too large for the vendor becomes smaller."""
    picture = pixels
    while True:
        target = io.BytesIO()
        if is_photo:
            picture.save(target, "JPEG", quality=90, optimize=True)
        else:
            picture.save(target, "PNG", optimize=True)
        if target.tell() <= LARGEST_FILE:
            return target.getvalue(), picture.size
        picture = picture.resize((picture.width * 3 // 4 or 1, picture.height * 3 // 4 or 1))


def _preview_of(pixels: Image.Image) -> str:
    little = pixels.copy()
    little.thumbnail(PREVIEW_SIZE)
    target = io.BytesIO()
    little.quantize(128, method=Image.Quantize.FASTOCTREE).save(target, "PNG", optimize=True)
    return base64.b64encode(target.getvalue()).decode("ascii")
