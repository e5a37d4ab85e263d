"""Pictures for tests: honest ones, and files that only look like pictures."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

PAYLOAD = b"<script>alert('polyglot')</script>"


def picture(width: int, height: int, *, seed: int = 0) -> Image.Image:
    """Return a picture with something in it."""
    image = Image.new("RGB", (width, height), (11, 110, 79))
    for place in range(min(width, height)):
        image.putpixel((place, place), (place % 256, 255, (37 * place + seed) % 256))
    return image


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    """Return a picture as a file."""
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def png(width: int = 120, height: int = 40) -> bytes:
    """Return a PNG."""
    return encoded(picture(width, height), "PNG")


def jpeg(width: int = 120, height: int = 40, **options: object) -> bytes:
    """Return a JPEG."""
    return encoded(picture(width, height), "JPEG", **options)


def gif(width: int = 120, height: int = 40) -> bytes:
    """Return a GIF."""
    return encoded(picture(width, height), "GIF")


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png_of_size(width: int, height: int, *, rows: int) -> bytes:
    """Return a PNG that says to be so large; `rows` of its black pixels are really there."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    squeeze = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(squeeze.compress(row) for _ in range(rows)) + squeeze.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def png_with_text(megabytes: int) -> bytes:
    """Return a PNG whose compressed text swells to that size."""
    squeezed = zlib.compress(b"\0" * (megabytes * 1024 * 1024), 9)
    text = chunk(b"zTXt", b"Comment\0\0" + squeezed)
    honest = png()
    return honest[:33] + text + honest[33:]


def jpeg_of_many_passes(passes: int) -> bytes:
    """Return a progressive JPEG whose last pass comes again and again."""
    honest = jpeg(2000, 2000, progressive=True)
    last = honest.rindex(b"\xff\xda")
    return honest[:last] + honest[last:-2] * passes + honest[-2:]


def gif_of_many_frames(frames: int) -> bytes:
    """Return an animation."""
    images = [picture(64, 64, seed=number) for number in range(frames)]
    return encoded(images[0], "GIF", save_all=True, append_images=images[1:])


def gif_of_size(width: int, height: int) -> bytes:
    """Return a GIF that says to be so large and holds one pixel."""
    return b"GIF89a" + struct.pack("<HH", width, height) + gif(1, 1)[10:]
