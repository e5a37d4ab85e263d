"""The recorded examples, and when an answer has the shape of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Fields of which null says "never" or "none" beside their usual type.
_MAY_BE_NULL = {"lastauth_timestamp"}


@dataclass(frozen=True)
class Example:
    """One recorded call with its answer, and the other answers it may get."""

    number: int
    action: str
    api: str
    request: tuple[tuple[str, str], ...]
    response: dict[str, Any]
    variants: dict[str, dict[str, Any]]

    def __str__(self) -> str:
        return f"G{self.number:02}-{self.api}-{self.action}"


def _read() -> list[Example]:
    recorded = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return [
        Example(
            number=number,
            action=entry["action"],
            api=entry["api"],
            request=tuple((name, value) for name, value in entry["request"]),
            response=entry["response"],
            variants={variant["label"]: variant["response"] for variant in entry["variants"]},
        )
        for number, entry in enumerate(recorded, start=1)
    ]


EXAMPLES = _read()

READS = {
    "getAdminStats",
    "getAdminBrandInfo",
    "getAccountStats",
    "getAllDomains",
    "getDomainInfo",
    "getDomainAssignedQuota",
    "getFooterDomain",
    "getAliasDomains",
    "getAllUsersDomain",
    "searchUsers",
    "getTotalUsersDomain",
    "getAllAliasesDomain",
    "getAllListsDomain",
    "getAllForwardsDomain",
    "getDKIM",
    "getDomainBrandInfo",
}


def example(action: str, api: str = "admin") -> Example:
    """Return the first example of an action."""
    return next(known for known in EXAMPLES if (known.action, known.api) == (action, api))


def differences(answer: Any, recorded: Any, at: str = "answer") -> list[str]:
    """
    Tell where an answer's shape departs from a recorded one.

    Types must be the same and every recorded field present; more fields are fine, and so is an
    empty list. Text and numbers are never taken for one another.
    """
    if isinstance(recorded, dict):
        return _object_differences(answer, recorded, at)
    if isinstance(recorded, list):
        if not isinstance(answer, list):
            return [f"{at} is no list: {answer!r}"]
        found = []
        for index, item in enumerate(answer if recorded else []):
            found += differences(item, recorded[0], f"{at}[{index}]")
        return found
    if recorded is None or (answer is None and at.rsplit(".", 1)[-1] in _MAY_BE_NULL):
        return []
    if type(answer) is not type(recorded):
        return [f"{at} is {type(answer).__name__}, not {type(recorded).__name__}: {answer!r}"]
    return []


def _object_differences(answer: Any, recorded: dict[str, Any], at: str) -> list[str]:
    if not isinstance(answer, dict):
        return [f"{at} is no object: {answer!r}"]
    found = [f"{at} lacks {name}" for name in recorded if name not in answer]
    for name, value in recorded.items():
        if name in answer:
            found += differences(answer[name], value, f"{at}.{name}")
    return found
