"""Every file keeps to the rules, and every rule can find a file that does not."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.tree import own_python, read, tracked


def test_every_python_file_is_short_well_named_and_well_begun() -> None:
    problems = {name: found for name in own_python() if (found := _problems(name, read(name)))}

    assert problems == {}


def _problems(name: str, text: str) -> list[str]:
    rule_by_rule = (rules.too_long(text), rules.badly_named(name), rules.badly_begun(text))
    return [problem for problem in rule_by_rule if problem]


def test_one_line_over_the_limit_is_found() -> None:
    assert not rules.too_long("x = 1\n" * rules.LONGEST_FILE)
    assert rules.too_long("x = 1\n" * (rules.LONGEST_FILE + 1))


@pytest.mark.parametrize(
    "name", ["billing/utils.py", "core/common/__init__.py", "clients/helpers.py", "constants.py"]
)
def test_a_name_that_says_nothing_is_found(name: str) -> None:
    assert rules.badly_named(name)


def test_a_name_that_says_something_is_left_alone() -> None:
    assert not rules.badly_named("provisioning/models/mail_domain.py")


@pytest.mark.parametrize(
    "text",
    [
        "from __future__ import annotations\n\nimport os\n",
        '"""What lives here."""\n\nimport os\n',
        '"""What lives here."""\n',
        "import os\n",
    ],
)
def test_a_bad_beginning_is_found(text: str) -> None:
    assert rules.badly_begun(text)


def test_pages_fetch_nothing_from_elsewhere() -> None:
    files = tracked(".html", ".css", ".js", ".svg")
    problems = {
        name: found for name in files if (found := rules.fetched_from_elsewhere(read(name)))
    }

    assert files
    assert problems == {}


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/htmx.js"></script>',
        "<link rel=stylesheet href=//cdn.example/bootstrap.css>",
        '<img\n  alt=""\n  src="http://pictures.example/one.png">',
        "body { background: url(https://pictures.example/one.png) }",
        '@import "//fonts.example/inter.css";',
        'import Chart from "https://cdn.example/chart.js";',
        'const chart = await import("https://cdn.example/chart.js");',
    ],
)
def test_something_fetched_from_elsewhere_is_found(text: str) -> None:
    assert len(rules.fetched_from_elsewhere(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.com/">Read more</a>',
        '<link rel="stylesheet" href="/static/base.css">',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    ],
)
def test_links_people_click_are_left_alone(text: str) -> None:
    assert rules.fetched_from_elsewhere(text) == []


def test_nothing_of_ours_needs_the_node_world() -> None:
    assert not tracked("package.json", "package-lock.json", "yarn.lock")
