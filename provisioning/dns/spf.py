"""SPF: which of a domain's texts is its policy, and what the policy says of our servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

BEGINNING = "v=spf1"
# A receiver gives up after so many questions, and the whole policy counts for nothing.
MOST_LOOKUPS = 10
ASKING = {"include", "a", "mx", "ptr", "exists", "redirect"}
QUALIFIERS = "+-~?"
DEEPEST = 10


@dataclass(frozen=True)
class Term:
    """One part of a policy; `qualifier` is `+` where none is written."""

    qualifier: str
    name: str
    value: str


def is_policy(text: str) -> bool:
    """Tell whether a receiver takes this text for a policy."""
    words = text.lower().split(" ", maxsplit=1)
    return words[0] == BEGINNING


def looks_like_policy(text: str) -> bool:
    """Tell whether somebody meant this text to be a policy, although it is none."""
    return "spf1" in text.lower().replace(" ", "")[:12] and not is_policy(text)


def policies_in(texts: Iterable[str]) -> list[str]:
    """Return those of a name's texts that are policies; more than one is as bad as none."""
    return [text for text in texts if is_policy(text)]


def policy_of(texts: Iterable[str]) -> str:
    """Return the first policy, or nothing."""
    return next(iter(policies_in(texts)), "")


def terms_of(policy: str) -> list[Term]:
    """Return a policy's parts in their order."""
    terms = []
    for word in policy.lower().split()[1:]:
        qualifier = word[0] if word[0] in QUALIFIERS else "+"
        bare = word.lstrip(QUALIFIERS)
        separator = "=" if "=" in bare.split(":")[0] else ":"
        name, _, value = bare.partition(separator)
        terms.append(Term(qualifier, name.partition("/")[0], value.rstrip(".")))
    return terms


def count_lookups(policy: str, ask: Callable[[str], str | None], *, depth: int = 0) -> int | None:
    """
    Count the questions a receiver asks to check the policy; more than ten are not told apart.

    `ask` returns the policy of a name, nothing where it has none, and None where nobody answers;
    then the count is None as well.
    """
    count = 0
    for term in terms_of(policy):
        if term.name not in ASKING:
            continue
        count += 1
        if term.name in {"include", "redirect"} and "%" not in term.value and depth < DEEPEST:
            further = ask(term.value)
            inner = None if further is None else count_lookups(further, ask, depth=depth + 1)
            if inner is None:
                return None
            count += inner
        if count > MOST_LOOKUPS:
            return MOST_LOOKUPS + 1
    return count
