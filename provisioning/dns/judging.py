"""Compare what a zone holds with what it should hold: pure functions, no question is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from provisioning.dns import spf
from provisioning.dns.lookup import Answer, Answers, AnswerStatus, Lookup
from provisioning.dns.records import MAIL_SERVERS, VENDOR_ZONE, Purpose, Wanted

NULL_MX = re.compile(r"\d+ \.?")


class Note(StrEnum):
    """What there is to say besides the verdict."""

    PRIORITY = "priority"
    FOREIGN_MX = "foreign_mx"
    ELSEWHERE = "elsewhere"
    HOST_MISSING = "host_missing"
    NULL_MX = "null_mx"
    TWO_POLICIES = "two_policies"
    NO_INCLUDE = "no_include"
    AFTER_ALL = "after_all"
    ALLOWS_ALL = "allows_all"
    OPEN_END = "open_end"
    TOO_MANY_LOOKUPS = "too_many_lookups"
    MALFORMED = "malformed"
    OTHER_KEY = "other_key"
    REVOKED = "revoked"
    SEVERAL_KEYS = "several_keys"
    NO_POLICY = "no_policy"
    ADDRESS = "address"
    FLATTENED = "flattened"


@dataclass(frozen=True)
class Verdict:
    """A verdict and its note; FOUND with a note works, but deserves a look."""

    lookup: Lookup
    note: Note | None = None


@dataclass(frozen=True)
class Check:
    """What is wanted for one purpose, what was found, and what to think of it."""

    wanted: Wanted
    found: tuple[str, ...]
    verdict: Verdict

    @property
    def lookup(self) -> Lookup:
        """Return whether what is wanted is there."""
        return self.verdict.lookup

    @property
    def note(self) -> Note | None:
        """Return what there is to say besides."""
        return self.verdict.note

    @property
    def is_fine(self) -> bool:
        """Tell whether nothing is to be done."""
        return self.verdict == FOUND


class DkimStanding(StrEnum):
    """Where a domain stands with DKIM; UNCHECKED: signed, but DNS has not answered yet."""

    DISABLED = "disabled"
    ISSUED = "issued"
    ACTIVE = "active"
    DIFFERENT = "different"
    UNCHECKED = "unchecked"


FOUND = Verdict(Lookup.FOUND)
MISSING = Verdict(Lookup.MISSING)
UNKNOWN = Verdict(Lookup.UNKNOWN)


def judge(domain: str, wanted: Iterable[Wanted], answers: Answers) -> list[Check]:
    """Compare each wanted record with the answers, in the same order."""
    return [_check(domain, each, answers) for each in wanted]


def dkim_standing(*, is_enabled: bool, check: Check | None) -> DkimStanding:
    """Return the state, from the vendor's flag and the check of its record if it issued one."""
    if not is_enabled:
        return DkimStanding.DISABLED
    standings = {
        Lookup.FOUND: DkimStanding.ACTIVE,
        Lookup.MISSING: DkimStanding.ISSUED,
        Lookup.DIFFERENT: DkimStanding.DIFFERENT,
        Lookup.UNKNOWN: DkimStanding.UNCHECKED,
    }
    return standings[check.lookup] if check else DkimStanding.UNCHECKED


def _check(domain: str, wanted: Wanted, answers: Answers) -> Check:
    name = wanted.name_in(domain)
    answer = answers.of(name, wanted.type)
    if answer.status is AnswerStatus.UNKNOWN:
        return Check(wanted, (), UNKNOWN)
    if wanted.type == "CNAME":
        return _alias_check(wanted, answer, answers, name)
    values, judge_values = _RULES[wanted.purpose]
    found = values(answer.values)
    verdict = judge_values(wanted, found, answers)
    return Check(wanted, found, verdict)


def _texts_about(*beginnings: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Return a filter: at the domain itself stand texts of many purposes."""

    def about(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in values if each.lower().lstrip("\" '").startswith(beginnings))

    return about


def _all(values: tuple[str, ...]) -> tuple[str, ...]:
    return values


def _ownership(wanted: Wanted, found: tuple[str, ...], _answers: Answers) -> Verdict:
    if not found:
        return MISSING
    return FOUND if wanted.records[0].value in found else Verdict(Lookup.DIFFERENT)


def _mx(_wanted: Wanted, found: tuple[str, ...], _answers: Answers) -> Verdict:
    if not found:
        return MISSING
    if any(NULL_MX.fullmatch(value) for value in found):
        return Verdict(Lookup.DIFFERENT, Note.NULL_MX)
    ranks = dict(_rank_and_host(value) for value in found)
    ours = {host: rank for rank, host in MAIL_SERVERS}
    if not ranks.keys() & ours.keys():
        return Verdict(Lookup.DIFFERENT, Note.ELSEWHERE)
    if ranks.keys() - ours.keys():
        return Verdict(Lookup.DIFFERENT, Note.FOREIGN_MX)
    if ours.keys() - ranks.keys():
        return Verdict(Lookup.DIFFERENT, Note.HOST_MISSING)
    return FOUND if ranks == ours else Verdict(Lookup.FOUND, Note.PRIORITY)


def _rank_and_host(value: str) -> tuple[str, int]:
    rank, _, host = value.partition(" ")
    return host.lower().rstrip("."), int(rank)


def _spf(_wanted: Wanted, found: tuple[str, ...], answers: Answers) -> Verdict:
    policies = spf.policies_in(found)
    if not found:
        return MISSING
    if not policies:
        return Verdict(Lookup.DIFFERENT, Note.MALFORMED)
    if len(policies) > 1:
        return Verdict(Lookup.DIFFERENT, Note.TWO_POLICIES)
    terms = spf.terms_of(policies[0])
    end = next((place for place, term in enumerate(terms) if term.name == "all"), None)
    ours = [place for place, term in enumerate(terms) if _is_ours(term, is_open=end is None)]
    if not ours:
        return Verdict(Lookup.DIFFERENT, Note.NO_INCLUDE)
    if end is not None and ours[0] > end:
        return Verdict(Lookup.DIFFERENT, Note.AFTER_ALL)
    return Verdict(Lookup.FOUND, _spf_note(terms, end, answers.spf_lookups))


def _spf_note(terms: list[spf.Term], end: int | None, lookups: int | None) -> Note | None:
    if lookups is not None and lookups > spf.MOST_LOOKUPS:
        return Note.TOO_MANY_LOOKUPS
    if end is not None and terms[end].qualifier == "+":
        return Note.ALLOWS_ALL
    if end is None and not any(term.name == "redirect" for term in terms):
        return Note.OPEN_END
    return None


def _is_ours(term: spf.Term, *, is_open: bool) -> bool:
    if term.value != VENDOR_ZONE:
        return False
    # Where the policy says what holds for all others, nothing is looked up elsewhere any more.
    return (term.name, term.qualifier) == ("include", "+") or (term.name == "redirect" and is_open)


def _dkim(wanted: Wanted, found: tuple[str, ...], _answers: Answers) -> Verdict:
    if not found:
        return MISSING
    expected = _key_in(wanted.records[0].value)
    keys = [_key_in(value) for value in found]
    if expected in keys:
        return FOUND if set(keys) == {expected} else Verdict(Lookup.FOUND, Note.SEVERAL_KEYS)
    if "" in keys:
        return Verdict(Lookup.DIFFERENT, Note.REVOKED)
    if keys == [None]:
        return Verdict(Lookup.DIFFERENT, Note.MALFORMED)
    return Verdict(Lookup.DIFFERENT, Note.OTHER_KEY)


def _key_in(text: str) -> str | None:
    """Return a record's public key without what cannot matter in it; None where it has none."""
    bare = re.sub(r"[\s\"'\\]+", "", text)
    pairs = (tag.partition("=") for tag in bare.split(";"))
    tags = {name.lower(): value for name, _, value in pairs}
    return tags.get("p")


def _dmarc(_wanted: Wanted, found: tuple[str, ...], _answers: Answers) -> Verdict:
    if not found:
        return MISSING
    if len(found) > 1:
        return Verdict(Lookup.DIFFERENT, Note.TWO_POLICIES)
    tags = [tag.strip().lower() for tag in found[0].split(";")]
    if "".join(tags[0].split()) != "v=dmarc1":
        return Verdict(Lookup.DIFFERENT, Note.MALFORMED)
    policies = [tag.partition("=")[2].strip() for tag in tags if re.match(r"p\s*=", tag)]
    if policies and policies[0] in {"none", "quarantine", "reject"}:
        return FOUND
    return Verdict(Lookup.DIFFERENT, Note.NO_POLICY)


def _alias_check(wanted: Wanted, answer: Answer, answers: Answers, name: str) -> Check:
    target = wanted.records[0].value
    if answer.status is AnswerStatus.FOUND:
        is_right = target in {value.lower().rstrip(".") for value in answer.values}
        return Check(wanted, answer.values, FOUND if is_right else Verdict(Lookup.DIFFERENT))
    # No alias is certain; there may be addresses in its place, and even the right ones.
    there, wanted_there = answers.of(name, "A"), answers.of(target, "A")
    if there.status is AnswerStatus.MISSING:
        return Check(wanted, (), MISSING)
    if AnswerStatus.UNKNOWN in {there.status, wanted_there.status}:
        return Check(wanted, there.values, UNKNOWN)
    is_same = set(there.values) <= set(wanted_there.values)
    same, other = Verdict(Lookup.FOUND, Note.FLATTENED), Verdict(Lookup.DIFFERENT, Note.ADDRESS)
    return Check(wanted, there.values, same if is_same else other)


Rule = Callable[[Wanted, tuple[str, ...], Answers], Verdict]
_RULES: dict[Purpose, tuple[Callable[[tuple[str, ...]], tuple[str, ...]], Rule]] = {
    Purpose.OWNERSHIP: (_all, _ownership),
    Purpose.MX: (_all, _mx),
    Purpose.SPF: (_texts_about("v=spf", "spf", "v = spf"), _spf),
    Purpose.DKIM: (_all, _dkim),
    Purpose.DMARC: (_texts_about("v=dmarc", "dmarc", "v =", "p="), _dmarc),
}
