"""The activity of one service: filtered by kind and person, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from clientarea.activity_words import KINDS, details_of, icon_of, sentence
from clientarea.forms.lists import number_in
from clients.models import Activity
from clients.models.activity import ActivityQuerySet
from provisioning.models import MailDomain
from provisioning.operations import undo

SHOWN = 50
SYSTEM = "system"


@dataclass(frozen=True)
class ActivityQuery:
    """What the address of the page asks for; `before` and `after` are ids of lines."""

    kind: str = ""
    person: str = ""
    before: int | None = None
    after: int | None = None

    @classmethod
    def read(cls, query: QueryDict) -> ActivityQuery:
        """Read the query string; nonsense in it means the default."""
        kind, person = query.get("kind", ""), query.get("person", "")
        is_person = person == SYSTEM or number_in(person) is not None
        return cls(
            kind=kind if kind in KINDS else "",
            person=person if is_person else "",
            before=number_in(query.get("before", "")),
            after=number_in(query.get("after", "")),
        )

    @property
    def is_filtered(self) -> bool:
        """Tell whether some lines may be left out."""
        return bool(self.kind or self.person)

    def link(self, **place: int) -> str:
        """Return the query string with these filters, leading to another place."""
        values = {"kind": self.kind, "person": self.person, **place}
        return urlencode({key: value for key, value in values.items() if value != ""})

    @property
    def text(self) -> str:
        """Return the query string that leads back here."""
        place = {"before": self.before, "after": self.after}
        return self.link(**{key: value for key, value in place.items() if value is not None})


@dataclass(frozen=True)
class Entry:
    """One line as the page shows it."""

    line: Activity
    day: date
    text: str
    details: list[str]
    icon: str
    can_undo: bool


@dataclass(frozen=True)
class Page:
    """Some lines, the newest first; the links lead to those before and after them."""

    entries: list[Entry]
    newer: str
    older: str


def page_of(mail_domain: MailDomain, query: ActivityQuery, *, may_undo: bool) -> Page:
    """Return the lines asked for; which can be undone is looked up where it `may_undo`."""
    found = _filtered(Activity.objects.within(mail_domain).select_related("on_behalf_of"), query)
    if query.after is not None:
        lines = list(found.filter(pk__gt=query.after).order_by("pk")[: SHOWN + 1])
        has_newer, has_older = len(lines) > SHOWN, True
        lines = lines[:SHOWN][::-1]
    else:
        older = found if query.before is None else found.filter(pk__lt=query.before)
        lines = list(older.order_by("-pk")[: SHOWN + 1])
        has_newer, has_older = query.before is not None, len(lines) > SHOWN
        lines = lines[:SHOWN]
    undoable = undo.undoable(lines, mail_domain=mail_domain) if may_undo else set()
    return Page(
        entries=[entry_of(line, mail_domain, can_undo=line.pk in undoable) for line in lines],
        newer=query.link(after=lines[0].pk) if lines and has_newer else "",
        older=query.link(before=lines[-1].pk) if lines and has_older else "",
    )


def people_of(mail_domain: MailDomain) -> list[tuple[str, str]]:
    """Return who has done something here, by what the address calls them."""
    rows = (
        Activity.objects.within(mail_domain)
        .order_by()
        .values_list("actor_kind", "actor_id", "actor_name")
        .distinct()
    )
    people: dict[str, str] = {}
    for kind, user_id, name in rows:
        if kind == Activity.ActorKind.SYSTEM:
            people[SYSTEM] = _("Done automatically")
        elif kind == Activity.ActorKind.STAFF:
            people[str(user_id)] = _("%(name)s, staff") % {"name": name}
        else:
            people[str(user_id)] = name
    return sorted(people.items(), key=lambda each: (each[0] == SYSTEM, each[1].lower()))


def entry_of(line: Activity, mail_domain: MailDomain, *, can_undo: bool) -> Entry:
    """Return a line in the words of the page; times are those of the reader."""
    return Entry(
        line=line,
        day=timezone.localdate(line.created_at),
        text=sentence(line, mail_domain),
        details=details_of(line, mail_domain),
        icon=icon_of(line),
        can_undo=can_undo,
    )


def _filtered(lines: ActivityQuerySet, query: ActivityQuery) -> ActivityQuerySet:
    if query.kind:
        beginnings = KINDS[query.kind].beginnings
        lines = lines.filter(reduce(or_, (Q(action__startswith=each) for each in beginnings)))
    if query.person == SYSTEM:
        lines = lines.filter(actor_kind=Activity.ActorKind.SYSTEM)
    elif query.person:
        lines = lines.filter(actor=int(query.person))
    return lines
