"""Ask DNS what a domain's zone holds: many questions at once, answers within seconds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import dns.exception
import dns.rdatatype
import dns.resolver
from django.conf import settings

from provisioning.dns import spf
from provisioning.dns.records import DnsRecord, Wanted

# The whole of one reading; what has not been answered by then stays unknown.
DEADLINE_SECONDS = 9.0
AT_ONCE = 16
# What a zone holds is its owner's affair; what we keep of it is ours.
MOST_VALUES = 100
LONGEST_VALUE = 2000

Question = tuple[str, str]


class AnswerStatus(StrEnum):
    """Whether DNS has such a record; UNKNOWN: nobody answered, which proves nothing."""

    FOUND = "found"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Lookup(StrEnum):
    """What DNS says about what is wanted."""

    FOUND = "found"
    MISSING = "missing"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What DNS says to one question; a TXT value is whole, an MX value `<priority> <host>`."""

    status: AnswerStatus
    values: tuple[str, ...] = ()


UNKNOWN = Answer(AnswerStatus.UNKNOWN)
MISSING = Answer(AnswerStatus.MISSING)


@dataclass(frozen=True)
class Answers:
    """The answers to all questions about one domain; see `DnsReading` for `spf_lookups`."""

    by_question: Mapping[Question, Answer] = field(default_factory=dict)
    spf_lookups: int | None = None

    def of(self, name: str, type: str) -> Answer:
        """Return the answer to a question; one that was not asked is unknown."""
        return self.by_question.get((name.lower(), type), UNKNOWN)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the answers as `DnsReading.answers` keeps them."""
        return [
            {"name": name, "type": kind, "status": answer.status, "values": list(answer.values)}
            for (name, kind), answer in self.by_question.items()
        ]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]], spf_lookups: int | None) -> Answers:
        """Read what `to_json` wrote."""
        return cls(
            {
                (row["name"], row["type"]): Answer(
                    AnswerStatus(row["status"]), tuple(row["values"])
                )
                for row in rows
            },
            spf_lookups,
        )


def ask(name: str, type: str, resolver: dns.resolver.Resolver | None = None) -> Answer:
    """Ask one question; a resolver that does not answer proves nothing."""
    try:
        reply = (resolver or _resolver()).resolve(
            f"{name}.", type, lifetime=settings.DNS_TIMEOUT_SECONDS, search=False
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return MISSING
    except dns.exception.DNSException:
        return UNKNOWN
    values = [_text_of(record) for record in reply]
    return Answer(
        AnswerStatus.FOUND, tuple(value[:LONGEST_VALUE] for value in values[:MOST_VALUES])
    )


def read_zone(domain: str, wanted: Sequence[Wanted]) -> Answers:
    """Ask all that is needed to judge these records; takes ten seconds at most."""
    until = time.monotonic() + DEADLINE_SECONDS
    try:
        resolver = _resolver()
    except dns.exception.DNSException:
        return Answers()
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="dns")
    try:
        asked = partial(_ask_all, pool, resolver, until=until)
        answers = asked({(each.name_in(domain).lower(), each.type) for each in wanted})
        text = spf.policy_of(answers.get((domain.lower(), "TXT"), UNKNOWN).values)
        counting = pool.submit(_count_lookups, resolver, text, until) if text else None
        answers |= asked(_addresses_to_compare(domain, wanted, answers))
        spf_lookups = _result(counting, until) if counting else None
    finally:
        # Who is still waiting for an answer gives up by itself, within DNS_TIMEOUT_SECONDS.
        pool.shutdown(wait=False, cancel_futures=True)
    return Answers(answers, spf_lookups)


def look_up(domain: str, record: DnsRecord) -> Lookup:
    """Ask whether just this TXT record is there."""
    answer = ask(record.name_in(domain), record.type)
    if answer.status is not AnswerStatus.FOUND:
        return Lookup(answer.status)
    return Lookup.FOUND if record.value in answer.values else Lookup.DIFFERENT


def _ask_all(
    pool: ThreadPoolExecutor,
    resolver: dns.resolver.Resolver,
    questions: set[Question],
    *,
    until: float,
) -> dict[Question, Answer]:
    futures = {question: pool.submit(ask, *question, resolver) for question in sorted(questions)}
    wait(futures.values(), timeout=max(until - time.monotonic(), 0))
    return {
        question: future.result() if future.done() else UNKNOWN
        for question, future in futures.items()
    }


def _addresses_to_compare(
    domain: str, wanted: Sequence[Wanted], answers: Mapping[Question, Answer]
) -> set[Question]:
    """Where an alias is missing there may be addresses in its place, and even the right ones."""
    questions = set()
    for each in wanted:
        name = each.name_in(domain).lower()
        if each.type == "CNAME" and answers[name, "CNAME"].status is AnswerStatus.MISSING:
            questions |= {(name, "A"), (each.records[0].value, "A")}
    return questions


def _count_lookups(resolver: dns.resolver.Resolver, text: str, until: float) -> int | None:
    def policy(name: str) -> str | None:
        if time.monotonic() > until:
            return None
        answer = ask(name, "TXT", resolver)
        return None if answer.status is AnswerStatus.UNKNOWN else spf.policy_of(answer.values)

    return spf.count_lookups(text, policy)


def _result(future: Future[int | None], until: float) -> int | None:
    wait([future], timeout=max(until - time.monotonic(), 0))
    return future.result() if future.done() else None


def _text_of(record: Any) -> str:
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "replace")
    if record.rdtype == dns.rdatatype.MX:
        return f"{record.preference} {_host(record.exchange)}"
    if record.rdtype == dns.rdatatype.CNAME:
        return _host(record.target)
    return str(record.to_text())


def _host(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_RESOLVERS:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = []
    for address in settings.DNS_RESOLVERS:
        host, _, port = address.rpartition(":")
        resolver.nameservers.append(host or port)
        if host:
            resolver.port = int(port)
    return resolver
