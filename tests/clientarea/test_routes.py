"""Every route, asked by everybody: who is let in, sent away, refused, told there is nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from billing.models import Service
from clients.actors import Actor as Somebody
from clients.models import Activity, EmailMessage, Invitation, User
from clients.models.membership import PRESETS
from clients.operations import activity
from provisioning.models import Alias, Forward, MailboxBatch, MailboxImport
from provisioning.sandbox import Sandbox
from tests import makers
from tests.billing import documents
from tests.clientarea.routes import RULES, STAFF_ALONE, Actor, Outcome, Route, all_routes

ROUTES = all_routes()
# A person let in may still be told that something is wrong with what was sent.
LET_IN = {200, 204, 302, 400, 409, 410, 422}
# Those who are turned away ask first, so that what they ask for is still there.
TURNED_AWAY_FIRST = (
    Actor.ANONYMOUS,
    Actor.STRANGER,
    Actor.STAFF,
    Actor.BOOKKEEPER,
    Actor.MAIL_ADMINISTRATOR,
    Actor.OWNER,
)


@pytest.fixture
def browsers(service: Service, owner: User) -> dict[Actor, Browser]:
    """A browser for each actor."""
    client = service.client
    users = {
        Actor.OWNER: owner,
        Actor.MAIL_ADMINISTRATOR: makers.make_member(
            client=client, permissions=list(PRESETS["mail"])
        ),
        Actor.BOOKKEEPER: makers.make_member(client=client, permissions=list(PRESETS["books"])),
        Actor.STRANGER: makers.make_client().memberships.get().user,
        Actor.STAFF: makers.make_user(is_staff=True, is_superuser=True),
    }
    browsers = {actor: Browser() for actor in Actor}
    for actor, user in users.items():
        browsers[actor].force_login(user)
    return browsers


@pytest.fixture
def ids(
    service: Service, owner: User, vendor: Sandbox, request: pytest.FixtureRequest
) -> dict[str, int]:
    """One of everything the owner has, by what addresses call it."""
    client, domain = service.client, service.mail_domain
    mailbox = makers.make_mailbox(service, "anna", vendor=vendor)
    member = makers.make_member(client=client, permissions=["contacts"])
    invitation = Invitation.objects.create(
        client=client,
        email="mia@people.test",
        permissions=["emails"],
        token_hash="0" * 64,
        invited_by=owner,
        expires_at=timezone.now() + timedelta(days=7),
        sent_at=timezone.now(),
    )
    makers.make_emails(client, 1)
    # Documents cost more to make than all the rest; few routes ask for one.
    asks_for_paper = "billing/" in request.node.name or "route" not in request.fixturenames
    paper = documents.paper(client) if asks_for_paper else {}
    session = UserSession.objects.create(user=owner, ip="127.0.0.1", session_key="elsewhere")
    return {
        "service_id": service.pk,
        "mailbox_id": mailbox.pk,
        "alias_id": Alias.objects.create(
            mail_domain=domain, local_part="sales", target=mailbox.address
        ).pk,
        "forward_id": Forward.objects.create(
            mail_domain=domain, local_part="anna", target="anna@elsewhere.test"
        ).pk,
        "import_id": MailboxImport.objects.create(
            mail_domain=domain, requested_by=owner, requested_by_name=owner.name
        ).pk,
        "batch_id": MailboxBatch.objects.create(
            mail_domain=domain, action="enable", requested_by_name="Ada"
        ).pk,
        "membership_id": client.memberships.get(user=member).pk,
        "invitation_id": invitation.pk,
        "email_id": EmailMessage.objects.earliest("pk").pk,
        "session_id": session.pk,
        **paper,
        "activity_id": _activity(service, owner).pk,
    }


def _activity(service: Service, owner: User) -> Activity:
    with transaction.atomic():
        return activity.record(
            action="alias.added",
            subject=service.mail_domain.aliases.get(),
            name="sales@acme.test",
            client=service.client,
            actor=Somebody.from_user(owner),
            scope=service.mail_domain,
        )


def test_every_route_has_a_rule() -> None:
    without = [route.pattern for route in ROUTES if route.rule is None]

    assert not without, (
        f"Nobody has said who may use {without}. Add a line to RULES in "
        "tests/clientarea/routes.py: the beginning of the address, and what each actor may expect."
    )


def test_every_rule_has_a_route() -> None:
    patterns = [route.pattern for route in ROUTES]

    idle = [
        start
        for start in RULES
        if not any(pattern == start[:-1] or pattern.startswith(start) for pattern in patterns)
    ]

    assert idle == []


def test_a_route_without_a_rule_is_found() -> None:
    assert Route(pattern="new-page/", name="new").rule is None
    assert Route(pattern="services/<int:service_id>/new-page/", name="new").rule is None
    assert Route(pattern="users/<int:membership_id>/new/", name="new").rule is not None


STAFF_PAGES = "django-admin/"
PAGES = [route for route in ROUTES if not route.pattern.startswith(STAFF_PAGES)]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.pattern or "home")
def test_everybody_gets_what_the_rule_says(
    route: Route, browsers: dict[Actor, Browser], ids: dict[str, int]
) -> None:
    rule = route.rule
    assert rule is not None, "see test_every_route_has_a_rule"
    address, expected = route.address(ids), dict(zip(Actor, rule, strict=True))
    problems, verbs = [], set()

    for verb in ("GET", "POST"):
        is_repeated = False
        for actor in TURNED_AWAY_FIRST:
            answer = browsers[actor].generic(
                verb, address, content_type="application/x-www-form-urlencoded"
            )
            if answer.status_code == 405:
                continue
            verbs.add(verb)
            # What the first one let in has sent may have taken away what was asked for.
            is_lenient = is_repeated or not route.knows(ids)
            if not _fits(answer, expected[actor], is_lenient=is_lenient):
                problems.append(
                    f"{verb} {address} by {actor.value}: "
                    f"{answer.status_code} {answer.headers.get('Location', '')}, "
                    f"expected: {expected[actor].value}"
                )
            is_repeated = is_repeated or (verb == "POST" and expected[actor] is Outcome.IN)

    assert not problems, "\n".join(problems)
    assert verbs, f"{address} answers neither GET nor POST"


def test_the_staff_pages_are_closed_to_everybody_else(
    browsers: dict[Actor, Browser], ids: dict[str, int]
) -> None:
    addresses = [route.address(ids) for route in ROUTES if route.rule is STAFF_ALONE]

    problems = [
        f"{actor.value}: {address}"
        for address in addresses
        for actor in Actor
        if actor is not Actor.STAFF
        if not _fits(browsers[actor].get(address), Outcome.OUT, is_lenient=False)
    ]

    assert len(addresses) > 20
    assert problems == []


def _fits(answer: Any, expected: Outcome, *, is_lenient: bool) -> bool:
    status: int = answer.status_code
    is_sent_away: bool = status == 302 and "/login/" in answer.headers["Location"]
    is_let_in = status in LET_IN and not is_sent_away
    if expected is Outcome.IN:
        return is_let_in or (is_lenient and status == 404)
    return {
        Outcome.LOG_IN: is_sent_away,
        Outcome.REFUSED: status == 403,
        Outcome.NOT_FOUND: status == 404,
        Outcome.MAYBE_NOTHING: is_let_in or status == 404,
        Outcome.ANSWERED: status in LET_IN,
        Outcome.OUT: is_sent_away or status in {403, 404, 405},
    }[expected]
