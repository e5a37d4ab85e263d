"""What the tests need of the machine, found or installed: Chromium, PostgreSQL and Pango."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from ctypes.util import find_library
from functools import cache
from pathlib import Path

PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class MachineLacks(Exception):
    """Something is missing that we may not or cannot install; the text says how to."""


@cache
def browser() -> Path:
    """
    Return a Chromium.

    :raises MachineLacks: where none is installed
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise MachineLacks(
            "The browser tests need Chromium. Install it: sudo apt-get install chromium "
            "fonts-dejavu-core"
        )
    return Path(found)


@cache
def postgresql() -> Path:
    """
    Return the folder with `initdb` and `postgres`, of the newest version there is.

    :raises MachineLacks: where PostgreSQL is not installed
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise MachineLacks(
        "The tests also run on PostgreSQL. Install it (no server need run): "
        "sudo apt-get install postgresql"
    )


def _version(folder: Path) -> float:
    return float(re.sub(r"[^\d.]", "", folder.parent.name) or 0)


def pango() -> str:
    """
    Return the library that PDF files are set with.

    :raises MachineLacks: where it is not installed
    """
    found = [find_library(name) for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")]
    if not all(found):
        raise MachineLacks(
            f"PDF files need Pango. Install it: sudo apt-get install {' '.join(PANGO)}"
        )
    return str(found[0])


def provide() -> None:
    """
    Install what is missing, where we are root on a Debian; else say what to install.

    :raises MachineLacks: naming all that is missing
    """
    missing = [
        (need, packages)
        for need, packages in (
            (browser, ("chromium", "fonts-dejavu-core")),
            (postgresql, ("postgresql",)),
            (pango, PANGO),
        )
        if _problem(need)
    ]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install(*(package for _, packages in missing for package in packages))
    problems = [problem for need, _ in missing if (problem := _problem(need))]
    if problems:
        raise MachineLacks("\n".join(problems))


def _problem(need: object) -> str:
    try:
        need()  # type: ignore[operator]
    except MachineLacks as problem:
        return str(problem)
    return ""


def _install(*packages: str) -> None:
    """Install Debian packages without a question."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages),
    ):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)
