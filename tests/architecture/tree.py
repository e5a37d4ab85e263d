"""The project's files, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def tracked(*suffixes: str) -> tuple[str, ...]:
    """Return the tracked files with these endings, relative to the root."""
    # Whoever cloned it may be somebody else than who runs the tests.
    command = ("git", "-c", "safe.directory=*", "ls-files", "-z")
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = listed.stdout.split("\0")
    return tuple(name for name in names if name.endswith(suffixes) and (ROOT / name).is_file())


def read(name: str) -> str:
    """Return a file's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def own_python() -> tuple[str, ...]:
    """Return the Python files people write: all but migrations."""
    return tuple(name for name in tracked(".py") if "/migrations/" not in name)
