"""Pricing needs no database, no settings and no clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import billing.pricing
import core.money

MODULES = [*Path(billing.pricing.__file__).parent.glob("*.py"), Path(core.money.__file__)]
PURE = {
    "__future__",
    "billing.pricing",
    "calendar",
    "collections.abc",
    "core.money",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "hashlib",
    "json",
    "math",
}
CLOCKS = {"today", "now", "utcnow", "float", "datetime"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_imports_nothing_that_knows_more_than_numbers_and_dates(path: Path) -> None:
    module = ast.parse(path.read_text())

    imported = {
        node.module.removesuffix("." + node.module.split(".")[-1])
        if (node.module or "").startswith("billing.pricing.")
        else node.module
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module
    } | {
        alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for alias in node.names
    }

    assert imported <= PURE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_it_asks_no_clock_and_uses_no_float(path: Path) -> None:
    module = ast.parse(path.read_text())

    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
    }

    assert not called & CLOCKS
    assert not [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
