"""The rules no linter knows. Each takes a file or text and returns what is wrong with it."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

LONGEST_FILE = 400
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "constants"}
# Tags that make a browser fetch something; a link people click may lead anywhere.
FETCHING = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|object|embed|use|image)\b[^>]*?"""
    r"""\b(?:src|srcset|href|data)\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]+"""
    r"""|(?:url\(|@import)\s*["']?\s*(?:https?:)?//[^"')\s]+"""
    r"""|\b(?:import|from)\s*\(?\s*["'](?:https?:)?//[^"']+""",
    re.IGNORECASE,
)


def too_long(text: str) -> str:
    """A file over the limit has more than one noun in it."""
    lines = len(text.splitlines())
    return f"{lines} lines, more than {LONGEST_FILE}" if lines > LONGEST_FILE else ""


def badly_named(name: str) -> str:
    """A module named after nothing collects everything."""
    path = PurePosixPath(name)
    found = NAMELESS & {*path.parts[:-1], path.stem}
    return f"named {', '.join(sorted(found))}" if found else ""


def badly_begun(text: str) -> str:
    """A module says in a docstring what lives in it, then makes annotations lazy."""
    module = ast.parse(text)
    if not module.body:
        return ""  # a package that only holds others
    if ast.get_docstring(module) is None:
        return "no docstring"
    if len(module.body) < 2 or not _is_future(module.body[1]):
        return "`from __future__ import annotations` does not follow the docstring"
    return ""


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def fetched_from_elsewhere(text: str) -> list[str]:
    """Addresses a page, style sheet or script would fetch from somebody else's machine."""
    return [match.group(0) for match in FETCHING.finditer(text)]


def settings_read(text: str) -> set[str]:
    """Names of the environment variables that this module reads through `env` or `required`."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and _asks_the_environment(call.func) and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }


def _asks_the_environment(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "env"
    return isinstance(function, ast.Name) and function.id == "required"


def reads_the_environment_itself(text: str) -> bool:
    """Whether a module looks a value up past `polarismail/env.py`."""
    return any(_looks_up(node) for node in ast.walk(ast.parse(text)))


def _looks_up(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.ctx, ast.Load) and _is_environ(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr == "getenv" or (node.attr == "get" and _is_environ(node.value))
    return False


def _is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def settings_documented(text: str) -> set[str]:
    """Names in the first column of the tables."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))


def targets(makefile: str) -> set[str]:
    """Targets people call; `needs-…` are conditions of others."""
    found = re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE)
    return {name for name in found if not name.startswith("needs-")}


def targets_explained(makefile: str) -> set[str]:
    """Targets that `make help` lists."""
    return set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
