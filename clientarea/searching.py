"""One search over all addresses of a service, in one query however much it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, CharField, Expression, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Service
from provisioning.models import DistributionListMember, Feature, Mailbox, MailDomain

# Rows of kind, rank, id, name, text and extra.
Arm = QuerySet[Any, tuple[Any, ...]]
NOTHING = Value("", output_field=CharField())
SHOWN = 8
LONGEST_TERM = 100


@dataclass(frozen=True)
class Hit:
    """One thing that was found; without a `url` it has no page of its own."""

    title: str
    text: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """The first hits of one kind; `more_url` leads to all of them, where there are more."""

    key: str
    label: Promise
    icon: str
    hits: list[Hit]
    more_url: str


@dataclass(frozen=True)
class Result:
    """What was found for a term."""

    term: str
    groups: list[Group]

    @property
    def count(self) -> int:
        """Return how many hits are shown."""
        return sum(len(group.hits) for group in self.groups)


@dataclass(frozen=True)
class _Found:
    """One row of the one query; what `text` and `extra` hold is up to the kind."""

    pk: int
    name: str
    text: str
    extra: str


@dataclass(frozen=True)
class _Kind:
    label: Promise
    icon: str
    feature: Feature
    rows: Callable[[MailDomain, str], Arm]
    hit: Callable[[Service, _Found], Hit]
    list_url: str


def search(service: Service, term: str) -> Result:
    """Find mailboxes, aliases, forwards, lists and their members; nothing for an empty term."""
    term = " ".join(term.split())[:LONGEST_TERM]
    domain = service.mail_domain
    kinds = {key: kind for key, kind in KINDS.items() if kind.feature in domain.features}
    if not term or not kinds:
        return Result(term, [])
    first, *others = [kind.rows(domain, term) for kind in kinds.values()]
    found: dict[str, list[_Found]] = {key: [] for key in kinds}
    for key, _rank, pk, name, text, extra in first.union(*others, all=True).order_by(
        "kind", "rank", "found_name", "found_text"
    ):
        found[key].append(_Found(pk, name, text, extra))
    groups = [_group(service, term, key, kinds[key], rows) for key, rows in found.items() if rows]
    return Result(term, groups)


def _group(service: Service, term: str, key: str, kind: _Kind, rows: list[_Found]) -> Group:
    more = _url(kind.list_url, service) if len(rows) > SHOWN else ""
    return Group(
        key=key,
        label=kind.label,
        icon=kind.icon,
        hits=[kind.hit(service, row) for row in rows[:SHOWN]],
        more_url=f"{more}?{urlencode({'search': term})}" if more else "",
    )


def _url(name: str, service: Service, **ids: int) -> str:
    """Return the address of a page, or nothing where there is no such page."""
    try:
        return reverse(f"clientarea:{name}", kwargs={"service_id": service.pk, **ids})
    except NoReverseMatch:
        return ""


def _arm(
    rows: QuerySet[Any],
    matching: Q,
    term: str,
    *,
    kind: str,
    name: str = "local_part",
    text: Expression | F,
    extra: Expression | F = NOTHING,
) -> Arm:
    """
    Return the first rows that match, those that begin with the term before the others.

    One more is read than is shown: it tells that there are more. Each arm of the query is cut
    short by itself, or the largest would crowd out the rest.
    """
    begins = {f"{name}__istartswith": term.split("@", maxsplit=1)[0]}
    rank = Case(When(**begins, then=Value(0)), default=Value(1), output_field=IntegerField())
    first = rows.filter(matching).annotate(place=rank).order_by("place", name)[: SHOWN + 1]
    arm: Arm = (
        rows.filter(pk__in=first.values("pk"))
        .order_by()
        .annotate(
            kind=Value(kind, output_field=CharField()),
            rank=rank,
            found_id=F("pk"),
            found_name=F(name),
            found_text=text,
            extra=extra,
        )
        .values_list("kind", "rank", "found_id", "found_name", "found_text", "extra")
    )
    return arm


def _named(domain: MailDomain, term: str) -> Q:
    """Return the condition that an address of the domain holds the term."""
    name, at, rest = term.partition("@")
    if not at:
        return Q(local_part__icontains=term)
    is_here = domain.domain.lower().startswith(rest.lower())
    return Q(local_part__iendswith=name) if is_here else Q(pk=None)


def _mailboxes(domain: MailDomain, term: str) -> Arm:
    matching = _named(domain, term) | Q(display_name__icontains=term)
    rows = domain.mailboxes.existing()
    return _arm(rows, matching, term, kind="mailboxes", text=F("display_name"), extra=F("status"))


def _aliases(domain: MailDomain, term: str) -> Arm:
    matching = _named(domain, term) | Q(target__icontains=term)
    return _arm(domain.aliases.all(), matching, term, kind="aliases", text=F("target"))


def _forwards(domain: MailDomain, term: str) -> Arm:
    matching = _named(domain, term) | Q(target__icontains=term)
    return _arm(domain.forwards.all(), matching, term, kind="forwards", text=F("target"))


def _lists(domain: MailDomain, term: str) -> Arm:
    rows = domain.distribution_lists.all()
    return _arm(rows, _named(domain, term), term, kind="lists", text=NOTHING)


def _members(domain: MailDomain, term: str) -> Arm:
    return _arm(
        DistributionListMember.objects.filter(
            distribution_list__mail_domain=domain, is_wanted=True
        ),
        Q(address__icontains=term),
        term,
        kind="members",
        name="address",
        text=F("distribution_list__local_part"),
        extra=Cast("distribution_list", CharField()),
    )


def _mailbox_hit(service: Service, found: _Found) -> Hit:
    address = f"{found.name}@{service.domain}"
    if found.extra == Mailbox.Status.TRASHED:
        url = _url("mailboxes-deleted", service)
        return Hit(address, found.text, url, note=_("Recently deleted"))
    return Hit(address, found.text, _url("mailboxes-manage", service, mailbox_id=found.pk))


def _alias_hit(service: Service, found: _Found) -> Hit:
    text = _("leads to %(target)s") % {"target": found.text}
    url = _url("aliases-edit", service, alias_id=found.pk)
    return Hit(f"{found.name}@{service.domain}", text, url)


def _forward_hit(service: Service, found: _Found) -> Hit:
    text = _("sends copies to %(target)s") % {"target": found.text}
    url = _url("forwards", service)
    place = urlencode({"search": found.name})
    return Hit(f"{found.name}@{service.domain}", text, f"{url}?{place}" if url else "")


def _list_hit(service: Service, found: _Found) -> Hit:
    url = _url("distribution-lists-edit", service, list_id=found.pk)
    return Hit(f"{found.name}@{service.domain}", "", url)


def _member_hit(service: Service, found: _Found) -> Hit:
    text = _("on list %(name)s") % {"name": f"{found.text}@{service.domain}"}
    url = _url("distribution-lists-edit", service, list_id=int(found.extra))
    return Hit(found.name, text, url)


KINDS = {
    "mailboxes": _Kind(
        gettext_lazy("Mailboxes"), "mail", Feature.ACCOUNTS, _mailboxes, _mailbox_hit, "mailboxes"
    ),
    "aliases": _Kind(
        gettext_lazy("Aliases"), "at-sign", Feature.ALIASES, _aliases, _alias_hit, "aliases"
    ),
    "forwards": _Kind(
        gettext_lazy("Forwarding"),
        "corner-up-right",
        Feature.FORWARDING,
        _forwards,
        _forward_hit,
        "forwards",
    ),
    "lists": _Kind(
        gettext_lazy("Distribution Lists"),
        "users",
        Feature.DISTRIBUTION_LISTS,
        _lists,
        _list_hit,
        "distribution-lists",
    ),
    "members": _Kind(
        gettext_lazy("Members of lists"),
        "user",
        Feature.DISTRIBUTION_LISTS,
        _members,
        _member_hit,
        "distribution-lists",
    ),
}
