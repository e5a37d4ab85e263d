"""What a domain's zone should hold, what it holds, and how the two compare."""

from __future__ import annotations

from provisioning.dns.judging import Check, DkimStanding, Note, dkim_standing, judge
from provisioning.dns.lookup import Answer, Answers, AnswerStatus, Lookup, look_up, read_zone
from provisioning.dns.records import (
    DnsRecord,
    Importance,
    Purpose,
    Wanted,
    dkim_record_of,
    verification_record_of,
    wanted_records,
    zone_file,
)

__all__ = [
    "Answer",
    "AnswerStatus",
    "Answers",
    "Check",
    "DkimStanding",
    "DnsRecord",
    "Importance",
    "Lookup",
    "Note",
    "Purpose",
    "Wanted",
    "dkim_record_of",
    "dkim_standing",
    "judge",
    "look_up",
    "read_zone",
    "verification_record_of",
    "wanted_records",
    "zone_file",
]
