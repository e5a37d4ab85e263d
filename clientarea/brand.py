"""The reseller's color, turned into shades that stay readable in light and dark."""

from __future__ import annotations

import re
from dataclasses import dataclass

Rgb = tuple[int, int, int]

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (16, 20, 30)
LIGHT_SURFACE: Rgb = (255, 255, 255)
LIGHT_CANVAS: Rgb = (244, 245, 249)
DARK_SURFACE: Rgb = (24, 28, 37)
DARK_RAISED: Rgb = (33, 38, 49)
# WCAG AA for text, with a little to spare for rounding.
READABLE = 4.6
ENOUGH = 4.5
# sRGB: dark values follow a straight line, the rest a power.
LINEAR_BELOW = 0.04045
FALLBACK = "#3b4fd8"


@dataclass(frozen=True)
class Shades:
    """Colors as `#rrggbb`: what is filled with the brand, what is written in it."""

    fill: str
    fill_hover: str
    on_fill: str
    text_light: str
    text_dark: str
    soft_light: str
    soft_dark: str


def shades_of(color: str) -> Shades:
    """Return the shades of a color given as `#rgb` or `#rrggbb`; anything else means our own."""
    base = _parse(color) or _parse(FALLBACK) or INK
    on_fill = WHITE if contrast(base, WHITE) >= READABLE else INK
    if contrast(base, on_fill) < READABLE:
        base = _until_readable(base, on_fill, toward=INK if on_fill == WHITE else WHITE)
    soft_light = _mix(base, LIGHT_SURFACE, 0.10)
    soft_dark = _mix(base, DARK_SURFACE, 0.24)
    text_light = base
    for ground in (LIGHT_SURFACE, LIGHT_CANVAS, soft_light):
        text_light = _until_readable(text_light, ground, toward=INK)
    text_dark = base
    for ground in (DARK_SURFACE, DARK_RAISED, soft_dark):
        text_dark = _until_readable(text_dark, ground, toward=WHITE)
    hover = _mix(INK, base, 0.14) if on_fill == WHITE else _mix(WHITE, base, 0.18)
    return Shades(
        fill=_hex(base),
        fill_hover=_hex(hover),
        on_fill=_hex(on_fill),
        text_light=_hex(text_light),
        text_dark=_hex(text_dark),
        soft_light=_hex(soft_light),
        soft_dark=_hex(soft_dark),
    )


def stylesheet(color: str) -> str:
    """Return the style sheet that puts the brand's shades at the pages' disposal."""
    shades = shades_of(color)
    return (
        ":root {\n"
        f"  --brand: {shades.fill};\n"
        f"  --brand-hover: {shades.fill_hover};\n"
        f"  --brand-ink: {shades.on_fill};\n"
        f"  --brand-text: light-dark({shades.text_light}, {shades.text_dark});\n"
        f"  --brand-soft: light-dark({shades.soft_light}, {shades.soft_dark});\n"
        "}\n"
    )


@dataclass(frozen=True)
class Legibility:
    """How white text reads on a color: WCAG's ratio, 1 to 21, and whether that is enough."""

    ratio: float
    is_enough: bool


def legibility_on(color: str) -> Legibility | None:
    """Return how white text reads on a color; None where it is none."""
    ground = _parse(color)
    if ground is None:
        return None
    ratio = contrast(ground, WHITE)
    return Legibility(ratio=round(ratio, 1), is_enough=ratio >= ENOUGH)


def _parse(color: str) -> Rgb | None:
    digits = color.strip().removeprefix("#")
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        return None
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _hex(color: Rgb) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in color)


def _mix(color: Rgb, ground: Rgb, share: float) -> Rgb:
    red, green, blue = (
        round(share * part + (1 - share) * other) for part, other in zip(color, ground, strict=True)
    )
    return red, green, blue


def _until_readable(color: Rgb, ground: Rgb, *, toward: Rgb) -> Rgb:
    steps = 40
    for step in range(steps + 1):
        mixed = _mix(toward, color, step / steps)
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return toward


def contrast(one: Rgb, other: Rgb) -> float:
    """Return WCAG's contrast ratio of two colors, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Rgb) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= LINEAR_BELOW else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
