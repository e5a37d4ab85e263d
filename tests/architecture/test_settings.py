"""Every setting is read in one place and explained."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.tree import own_python, read, tracked

READERS = [name for name in own_python() if name.startswith("polarismail/")]
PRODUCT = [name for name in own_python() if not name.startswith(("tests/", "benchmarks/"))]
# A password handed to one run of a command is no setting of the installation.
MAY_READ = {"polarismail/env.py", "provisioning/management/commands/add_server.py"}


def test_every_setting_is_explained_and_every_explained_one_exists() -> None:
    used = {setting for name in READERS for setting in rules.settings_read(read(name))}
    documented = rules.settings_documented(read("docs/settings.md"))

    # PORT is make's.
    assert used | {"PORT"} == documented


def test_what_is_read_and_what_is_explained_are_both_found() -> None:
    module = 'A = env.str("BRAND", default="")\nB = required("KEY")\nC = other("NOT_THIS")\n'
    page = "| Setting | Default |\n|---|---|\n| `BRAND` | none |\n\nSee `KEY`.\n"

    assert rules.settings_read(module) == {"BRAND", "KEY"}
    assert rules.settings_documented(page) == {"BRAND"}


def test_the_environment_is_read_in_one_place() -> None:
    readers = {name for name in PRODUCT if rules.reads_the_environment_itself(read(name))}

    assert readers == MAY_READ


@pytest.mark.parametrize(
    "text",
    ['os.environ["KEY"]', 'os.environ.get("KEY")', 'os.getenv("KEY")', 'x = os.environ["A"]'],
)
def test_a_second_reader_of_the_environment_is_found(text: str) -> None:
    assert rules.reads_the_environment_itself(text)


def test_giving_the_environment_on_is_no_reading() -> None:
    assert not rules.reads_the_environment_itself('os.environ.setdefault("A", "b")\nx = os.environ')


def test_the_example_of_an_installation_sets_only_what_exists() -> None:
    lines = read("deploy/polarismail.env.example").splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}

    assert "SECRET_KEY" in names
    assert names - {"DJANGO_SETTINGS_MODULE"} <= rules.settings_documented(read("docs/settings.md"))


def test_no_secret_and_no_database_is_tracked() -> None:
    assert not tracked(".key", ".pem", ".env", ".sqlite3")
