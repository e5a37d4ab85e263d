"""What people are told to type exists, and what exists is explained."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.architecture import rules
from tests.architecture.tree import ROOT, read, tracked

PAGES = tracked(".md")


def test_the_readme_shows_the_two_commands() -> None:
    commands = re.findall(r"^make (\w+)", read("README.md"), re.MULTILINE)

    assert commands[:2] == ["demo", "test"]


def test_every_target_is_explained() -> None:
    makefile = read("Makefile")

    assert rules.targets(makefile) == rules.targets_explained(makefile)


def test_a_target_without_an_explanation_is_found() -> None:
    makefile = ".PHONY: demo\ndemo: ## start it\n\n.PHONY: secret\nsecret:\n\n.PHONY: needs-x\n"

    assert rules.targets(makefile) - rules.targets_explained(makefile) == {"secret"}


def test_make_alone_lists_the_targets() -> None:
    make = shutil.which("make") or "make"
    listed = subprocess.run((make, "-s"), cwd=ROOT, check=True, capture_output=True, text=True)

    assert {line.split()[0] for line in listed.stdout.splitlines()} == rules.targets(
        read("Makefile")
    )


@pytest.mark.parametrize("name", PAGES)
def test_pages_name_only_targets_that_exist(name: str) -> None:
    named = set(re.findall(r"(?:`|^)(?:\w+=\S+ )*make ([a-z][a-z-]*)", read(name), re.MULTILINE))

    assert named <= rules.targets(read("Makefile"))


@pytest.mark.parametrize("name", PAGES)
def test_pages_link_only_to_files_that_exist(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", read(name))
    missing = [link for link in links if not ((ROOT / name).parent / link).exists()]

    assert missing == []


def test_the_checks_of_a_change_can_be_run() -> None:
    script = read(".ci/run")

    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert re.findall(r"^make (\S+)$", script, re.MULTILINE) == [
        "test",
        "lint",
        "types",
        "deploy-check",
    ]
    assert "set -euo pipefail" in script
