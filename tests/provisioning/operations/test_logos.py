"""Logos: honest pictures arrive, hostile files are refused or come out harmless, in little time."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from provisioning.operations.logos import (
    LARGEST_FILE,
    PREVIEW_SIZE,
    Logo,
    UnableToReadLogo,
    read_logo,
)
from tests import pictures

SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
EXIF = Image.Exif()
EXIF[0x010E] = "secret place"
TURNED = Image.Exif()
TURNED[0x0112] = 6

HONEST = {
    "PNG": (pictures.png(), "PNG"),
    "JPEG": (pictures.jpeg(), "JPEG"),
    "GIF": (pictures.gif(), "PNG"),
    "progressive JPEG": (pictures.jpeg(progressive=True), "JPEG"),
    "CMYK JPEG": (pictures.encoded(pictures.picture(90, 30).convert("CMYK"), "JPEG"), "JPEG"),
    "PNG with a palette": (pictures.encoded(pictures.picture(90, 30).quantize(8), "PNG"), "PNG"),
    "gray PNG of 16 bits": (pictures.encoded(Image.new("I;16", (90, 30)), "PNG"), "PNG"),
    "PNG of one pixel": (pictures.png(1, 1), "PNG"),
    "long and thin PNG": (pictures.png(4000, 3), "PNG"),
    "animated GIF": (pictures.gif_of_many_frames(20), "PNG"),
}
REFUSED = {
    "empty file": (b"", "unreadable"),
    "no picture": (b"hello " * 100, "unreadable"),
    "HTML": (b"<html>" + pictures.PAYLOAD, "unreadable"),
    "SVG": (SVG, "svg"),
    "SVG with a beginning": (b"\xef\xbb\xbf<!-- " + b"x" * 900 + b" -->" + SVG, "svg"),
    "larger than allowed": (pictures.png() + b"\0" * LARGEST_FILE, "too_large"),
    "pixel flood": (pictures.png_of_size(60_000, 60_000, rows=400), "too_many_pixels"),
    "really 100 million pixels": (
        pictures.png_of_size(10_000, 10_000, rows=10_000),
        "too_many_pixels",
    ),
    "too wide": (pictures.png_of_size(4097, 10, rows=10), "too_many_pixels"),
    "too many pixels within the sides": (
        pictures.png_of_size(4000, 4000, rows=10),
        "too_many_pixels",
    ),
    "flood in a GIF": (pictures.gif_of_size(65_535, 65_535), "too_many_pixels"),
    "endless passes": (pictures.jpeg_of_many_passes(500), "too_many_passes"),
    "text that swells": (pictures.png_with_text(100), "unreadable"),
    "half a PNG": (pictures.png(900, 900)[:1500], "unreadable"),
    "half a JPEG": (pictures.jpeg(400, 400)[:900], "unreadable"),
    "picture of another kind": (pictures.encoded(pictures.picture(9, 9), "BMP"), "unreadable"),
    "TIFF": (pictures.encoded(pictures.picture(9, 9), "TIFF"), "unreadable"),
    "WebP": (pictures.encoded(pictures.picture(9, 9), "WEBP"), "unreadable"),
    "icon": (pictures.encoded(pictures.picture(64, 64), "ICO"), "unreadable"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unreadable"),
}
# Files that are pictures and something else: they are taken, and the something else is gone.
POLYGLOTS = {
    "HTML behind a PNG": pictures.png() + pictures.PAYLOAD,
    "HTML behind a GIF": pictures.gif() + pictures.PAYLOAD,
    "HTML behind a JPEG": pictures.jpeg() + pictures.PAYLOAD,
    "HTML in a PNG's text": pictures.png()[:33]
    + pictures.chunk(b"tEXt", b"Comment\0" + pictures.PAYLOAD)
    + pictures.png()[33:],
    "HTML in a JPEG's comment": pictures.jpeg(comment=pictures.PAYLOAD),
    "HTML in a GIF's comment": pictures.encoded(
        pictures.picture(60, 20), "GIF", comment=pictures.PAYLOAD
    ),
    "SVG behind a PNG": pictures.png(9, 9) + SVG + pictures.PAYLOAD,
    "HTML in a color profile": pictures.encoded(
        pictures.picture(60, 20), "PNG", icc_profile=pictures.PAYLOAD * 9
    ),
}


def opened(logo: Logo) -> Image.Image:
    return Image.open(io.BytesIO(logo.content))


@pytest.mark.parametrize(("content", "format"), HONEST.values(), ids=HONEST)
def test_an_honest_picture_is_taken(content: bytes, format: str) -> None:
    logo = read_logo(content)

    picture = opened(logo)
    picture.load()
    assert picture.format == format
    assert picture.size == (logo.width, logo.height)
    assert len(logo.content) <= LARGEST_FILE
    assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_logo_is_refused_at_once_with_a_reason(content: bytes, code: str) -> None:
    began = time.monotonic()

    with pytest.raises(UnableToReadLogo) as refusal:
        read_logo(content)

    assert refusal.value.code == code
    assert refusal.value.field == "logo"
    assert refusal.value.user_message.endswith(".")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("content", POLYGLOTS.values(), ids=POLYGLOTS)
def test_nothing_but_pixels_is_sent_on(content: bytes) -> None:
    logo = read_logo(content)

    preview = base64.b64decode(logo.preview)
    for sent in (logo.content, preview):
        assert b"script" not in sent
        assert b"<svg" not in sent
        assert sent not in content
    assert content not in logo.content
    assert not opened(logo).info.keys() & {"comment", "Comment", "icc_profile", "exif"}


def test_where_a_photo_was_taken_stays_at_home() -> None:
    logo = read_logo(pictures.jpeg(exif=EXIF.tobytes()))

    assert b"secret place" not in logo.content
    assert not opened(logo).getexif()


def test_a_picture_that_lies_on_its_side_is_set_upright() -> None:
    logo = read_logo(pictures.jpeg(120, 40, exif=TURNED.tobytes()))

    assert (logo.width, logo.height) == (40, 120)


def test_a_large_picture_becomes_one_for_a_screen() -> None:
    logo = read_logo(pictures.png(3000, 1500))

    assert (logo.width, logo.height) == (1000, 500)
    with Image.open(io.BytesIO(base64.b64decode(logo.preview))) as preview:
        assert preview.width <= PREVIEW_SIZE[0]
        assert preview.height <= PREVIEW_SIZE[1]
    assert len(logo.preview) < 30_000


def test_a_picture_that_grows_when_written_anew_is_made_smaller() -> None:
    noise = Image.effect_noise((1000, 1000), 200).convert("RGB")
    content = pictures.encoded(noise, "JPEG", quality=40)

    logo = read_logo(content)

    assert len(content) <= LARGEST_FILE
    assert len(logo.content) <= LARGEST_FILE
    assert 100 < logo.width < 1000


def test_transparency_survives() -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))

    logo = read_logo(pictures.encoded(clear, "PNG"))

    assert opened(logo).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@given(place=st.integers(0, 5000), change=st.binary(min_size=1, max_size=8), kind=st.integers(0, 2))
@settings(max_examples=150, deadline=2000)
def test_no_damage_to_a_file_gets_past_the_reader(place: int, change: bytes, kind: int) -> None:
    honest = (pictures.png(60, 20), pictures.jpeg(60, 20), pictures.gif(60, 20))[kind]
    place %= len(honest)
    damaged = honest[:place] + change + honest[place + len(change) :]

    try:
        logo = read_logo(damaged)
    except UnableToReadLogo:
        return

    assert opened(logo).format in {"PNG", "JPEG"}


def test_the_worst_files_fit_into_little_memory() -> None:
    program = """
import resource, sys
import django
django.setup()
from tests.provisioning.operations.test_logos import HONEST, REFUSED
from provisioning.operations.logos import UnableToReadLogo, read_logo
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for content, _ in [*REFUSED.values(), *HONEST.values()]:
    try:
        read_logo(content)
    except UnableToReadLogo:
        pass
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // 1024)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={
            "DJANGO_SETTINGS_MODULE": "polarismail.settings.test",
            "PATH": "",
            "PYTHONPATH": str(root),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert int(done.stdout.split()[-1]) < 200
