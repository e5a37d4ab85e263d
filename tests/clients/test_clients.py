"""Users, clients, memberships and the record of who did what."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from clients.actors import Actor
from clients.models import Activity, Membership, Permission, User
from clients.operations import activity, clients, memberships
from tests import makers

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def test_an_address_is_one_login_whatever_its_case() -> None:
    makers.make_user(email="Nora@People.test")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="NORA@people.test")

    assert User.objects.get_by_natural_key("NORA@PEOPLE.TEST").email == "nora@people.test"


def test_a_client_is_made_with_its_owner_and_a_line_that_says_who(actor: Actor) -> None:
    owner = makers.make_user()

    client = clients.add_client(name="Acme", email="a@people.test", owner=owner, actor=actor)

    membership = Membership.objects.get()
    line = Activity.objects.get()
    assert membership.is_owner
    assert all(membership.allows(permission) for permission in Permission.values)
    assert (line.action, line.actor_name, line.client) == ("client.added", "test", client)


def test_a_member_may_do_what_it_is_allowed_and_nothing_else(actor: Actor) -> None:
    client, user = makers.make_client(), makers.make_user()

    membership = memberships.add_membership(
        client=client, user=user, permissions=["managemailboxes"], actor=actor
    )

    allowed = {permission for permission in Permission.values if membership.allows(permission)}
    assert allowed == {"managemailboxes"}


@pytest.mark.parametrize("permissions", [["everything"], ["managemailboxes", "root"]])
def test_an_unknown_permission_is_refused(actor: Actor, permissions: list[str]) -> None:
    client, user = makers.make_client(), makers.make_user()

    with pytest.raises(memberships.UnableToAddMembership, match="no permission called"):
        memberships.add_membership(client=client, user=user, permissions=permissions, actor=actor)

    assert not user.memberships.exists()


def test_access_is_given_once(actor: Actor) -> None:
    client, user = makers.make_client(), makers.make_user()
    memberships.add_membership(client=client, user=user, permissions=[], actor=actor)

    with pytest.raises(memberships.UnableToAddMembership, match="can already reach"):
        memberships.add_membership(
            client=client, user=user, permissions=["managemailboxes"], actor=actor
        )

    assert user.memberships.get().permissions == []


def test_a_client_has_one_owner() -> None:
    client = makers.make_client()

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(client=client, user=makers.make_user(), is_owner=True)


def test_staff_who_act_for_a_client_leave_both_names() -> None:
    staff = makers.make_user(is_staff=True)
    owner = makers.make_user()
    client = makers.make_client(owner=owner)
    actor = Actor.restore(user=staff, on_behalf_of=owner, name=staff.name)

    line = activity.record(
        action="test.done", subject=client, name="Acme", client=client, actor=actor
    )

    assert (line.actor_kind, line.actor, line.on_behalf_of) == ("staff", staff, owner)


@pytest.mark.django_db(transaction=True)
def test_no_line_is_written_apart_from_its_change(actor: Actor) -> None:
    client = makers.make_client()

    with pytest.raises(activity.ActivityOutsideTransaction):
        activity.record(action="test.done", subject=client, name="Acme", client=client, actor=actor)

    assert not Activity.objects.exists()
