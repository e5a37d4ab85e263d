"""What the DNS pages call records and verdicts, and what they advise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provisioning.dns import Check, DkimStanding, Importance, Lookup, Note, Purpose
from provisioning.operations.dns import DnsReport

TITLES: Mapping[Purpose, Promise] = {
    Purpose.OWNERSHIP: _("Ownership"),
    Purpose.MX: _("Incoming mail (MX)"),
    Purpose.SPF: _("Who may send (SPF)"),
    Purpose.DKIM: _("Signature (DKIM)"),
    Purpose.DMARC: _("Policy (DMARC)"),
    Purpose.AUTODISCOVER: _("Outlook set-up"),
    Purpose.AUTOCONFIG: _("Thunderbird set-up"),
    Purpose.WEBMAIL: _("Webmail address"),
    Purpose.IMAP: _("IMAP address"),
    Purpose.SMTP: _("SMTP address"),
    Purpose.POP: _("POP address"),
}
PURPOSES: Mapping[Purpose, Promise] = {
    Purpose.OWNERSHIP: _("Proves that the domain is yours."),
    Purpose.MX: _("Tells other mail servers where to deliver mail for this domain."),
    Purpose.SPF: _("Lists the servers that may send mail in the name of this domain."),
    Purpose.DKIM: _("Lets receivers verify the signature of your mail."),
    Purpose.DMARC: _(
        "Says what receivers should do with mail that fails the checks. This is a proposal to "
        "begin with; a stricter policy is fine."
    ),
    Purpose.AUTODISCOVER: _("Lets Outlook find its settings."),
    Purpose.AUTOCONFIG: _("Lets Thunderbird find its settings."),
    Purpose.WEBMAIL: _("Opens webmail under your own domain."),
    Purpose.IMAP: _("A name of your own for reading mail."),
    Purpose.SMTP: _("A name of your own for sending mail."),
    Purpose.POP: _("A name of your own for fetching mail."),
}
NOTES: Mapping[Note, Promise] = {
    Note.PRIORITY: _("Works; the priorities differ from ours, which hardly matters."),
    Note.FOREIGN_MX: _(
        "Another provider's server is listed as well, so part of your mail goes there. "
        "Remove it once you have moved."
    ),
    Note.ELSEWHERE: _("Mail still goes to another provider. Replace these records by ours."),
    Note.HOST_MISSING: _("One of the two servers is missing; add it, so that one can stand in."),
    Note.NULL_MX: _("This record says that the domain takes no mail at all. Remove it."),
    Note.TWO_POLICIES: _(
        "There are two; receivers then ignore both. Put everything into one record."
    ),
    Note.NO_INCLUDE: _(
        "Our servers are not in it. Add include:emailarray.com to the record you have."
    ),
    Note.AFTER_ALL: _(
        "Our part stands behind “all”, where nobody reads it. Move it to the front of “all”."
    ),
    Note.ALLOWS_ALL: _("Works, but “+all” lets everybody send in your name. Use “~all”."),
    Note.OPEN_END: _("Works, but says nothing of other senders. End it with “~all”."),
    Note.TOO_MANY_LOOKUPS: _(
        "It needs more than ten DNS lookups; receivers give up there and ignore it. "
        "Remove includes that you do not need any more."
    ),
    Note.MALFORMED: _("It is not written as it should be. Compare it with the one expected."),
    Note.OTHER_KEY: _("This is another key, or only a part of it. Replace it by the one expected."),
    Note.REVOKED: _("The key in this record is empty, which means that it was withdrawn."),
    Note.SEVERAL_KEYS: _("Works as long as receivers pick the right one. Remove the others."),
    Note.NO_POLICY: _("The record names no policy. Add p=none, p=quarantine or p=reject."),
    Note.ADDRESS: _("There is an address in place of the alias. It may stop working any day."),
    Note.FLATTENED: _("Works; an address that is ours today stands in place of the alias."),
}
IMPORTANCES: Mapping[Importance, Promise] = {
    Importance.REQUIRED: _("Required"),
    Importance.RECOMMENDED: _("Recommended"),
    Importance.OPTIONAL: _("Optional"),
}
OTHERWISE: Mapping[Lookup, Promise | str] = {
    Lookup.FOUND: "",
    Lookup.MISSING: "",
    Lookup.DIFFERENT: _("Another value is published. Replace it by the one expected."),
    Lookup.UNKNOWN: _("No name server answered, so we cannot tell. Check again in a while."),
}
DKIM_BADGES: Mapping[DkimStanding, tuple[str, Promise]] = {
    DkimStanding.DISABLED: ("", _("Disabled")),
    DkimStanding.ISSUED: ("is-warn", _("Key issued, not in DNS")),
    DkimStanding.ACTIVE: ("is-good", _("Published and active")),
    DkimStanding.DIFFERENT: ("is-bad", _("Published, but different")),
    DkimStanding.UNCHECKED: ("is-info", _("Enabled, DNS not checked yet")),
}


@dataclass(frozen=True)
class Line:
    """One check as the page shows it; `look` is a class and `icon` the sign of the badge."""

    check: Check
    title: Promise
    purpose: Promise
    importance: Promise
    badge: Promise
    look: str
    icon: str
    note: Promise | str


def lines_of(report: DnsReport) -> list[Line]:
    """Return the checks of a report in words."""
    return [_line(check, is_read=report.read_at is not None) for check in report.checks]


def in_place(report: DnsReport) -> tuple[int, int]:
    """Return how many of the records that matter are in place, and how many there are."""
    matter = [
        check for check in report.checks if check.wanted.importance is not Importance.OPTIONAL
    ]
    return sum(check.lookup is Lookup.FOUND for check in matter), len(matter)


def _line(check: Check, *, is_read: bool) -> Line:
    look, icon, badge = _badge(check, is_read=is_read)
    if check.note is not None:
        note: Promise | str = NOTES[check.note]
    else:
        note = OTHERWISE[check.lookup] if is_read else ""
    purpose = check.wanted.purpose
    return Line(
        check=check,
        title=TITLES[purpose],
        purpose=PURPOSES[purpose],
        importance=IMPORTANCES[check.wanted.importance],
        badge=badge,
        look=look,
        icon=icon,
        note=note,
    )


def _badge(check: Check, *, is_read: bool) -> tuple[str, str, Promise]:
    is_required = check.wanted.importance is Importance.REQUIRED
    is_optional = check.wanted.importance is Importance.OPTIONAL
    trouble = "is-bad" if is_required else "is-warn"
    if check.lookup is Lookup.FOUND:
        if check.note is None:
            return "is-good", "check", _("Found")
        return "is-warn", "triangle-alert", _("Found, with a remark")
    if check.lookup is Lookup.DIFFERENT:
        return trouble, "triangle-alert", _("Different")
    if check.lookup is Lookup.MISSING:
        return ("", "minus", _("Not set")) if is_optional else (trouble, "x", _("Missing"))
    return "", "circle-question-mark", _("No answer") if is_read else _("Not checked yet")
