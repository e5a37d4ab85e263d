"""User Management: the owner invites, changes and removes; nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clients.models import Activity, Client, Invitation, Membership, Permission, User
from clients.models.membership import PRESETS
from tests import makers

Post = Callable[[], list[EmailMultiAlternatives]]
USERS, INVITE = "/users/", "/users/invite/"


@pytest.fixture
def client(owner: User) -> Client:
    """The owner's client."""
    return makers.make_client(owner=owner)


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


def invite(browser: Browser, email: str = "mia@people.test", role: str = "mail") -> str:
    form = {"email": email, "role": role, "permissions": ["invoices", "emails"]}
    return " ".join(browser.post(INVITE, form, follow=True).content.decode().split())


def at(name: str, **ids: int) -> str:
    return reverse(f"clientarea:{name}", kwargs=ids)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_the_list_shows_who_may_do_what(customer: Browser, client: Client) -> None:
    makers.make_member(client=client, permissions=list(PRESETS["mail"]), email="mia@people.test")
    makers.make_member(client=client, permissions=["emails"], email="otto@people.test")

    html = page(customer, USERS)

    assert "mia@people.test" in html
    assert "Mail administrator" in html
    assert "Chosen permissions" in html
    assert "View the email history" in html
    assert "Has not logged in yet" in html


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("mail", {"products", "managemailboxes", "mailboxsso"}),
        ("books", {"products", "invoices", "emails"}),
        ("chosen", {"invoices", "emails"}),
    ],
)
def test_an_invitation_holds_what_the_role_means(
    customer: Browser, client: Client, role: str, held: set[str]
) -> None:
    html = invite(customer, role=role)

    invitation = client.invitations.get()
    assert "An invitation is on its way to mia@people.test." in html
    assert set(invitation.permissions) == held
    assert "Works until" in html


def test_inviting_reads_the_same_whether_the_address_has_a_login(
    customer: Browser, client: Client
) -> None:
    makers.make_user(email="known@people.test")

    known = invite(customer, "known@people.test")
    unknown = invite(customer, "mia@people.test")

    said = "An invitation is on its way to {}."
    assert said.format("known@people.test") in known
    assert said.format("mia@people.test") in unknown
    assert client.invitations.count() == 2


def test_the_mail_names_inviter_client_and_permissions(
    customer: Browser, client: Client, post: Post
) -> None:
    invite(customer, role="books")

    message = post()[0]

    assert message.to == ["mia@people.test"]
    for part in ("Ada", client.label, "View and pay invoices", "/invitation/"):
        assert part in message.body
    assert "Manage mailboxes" not in message.body


def test_an_address_is_invited_once(customer: Browser, client: Client) -> None:
    invite(customer, "Mia@People.test")

    html = invite(customer, "mia@people.test")

    assert "is invited already" in html
    assert client.invitations.count() == 1


def test_who_has_access_is_not_invited(customer: Browser, client: Client) -> None:
    makers.make_member(client=client, permissions=["emails"], email="mia@people.test")

    html = invite(customer)

    assert "has access already" in html
    assert not client.invitations.exists()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"email": "no address", "role": "mail"}, "Enter a valid email address"),
        ({"email": "mia@people.test", "role": "chosen"}, "Choose at least one permission"),
        ({"email": "mia@people.test", "role": "everything"}, "Select a valid choice"),
        (
            {"email": "mia@people.test", "role": "chosen", "permissions": ["owner"]},
            "Select a valid choice",
        ),
    ],
)
def test_a_mistake_is_shown_and_nothing_is_sent(
    customer: Browser, client: Client, post: Post, form: dict[str, str], says: str
) -> None:
    response = customer.post(INVITE, form)

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not client.invitations.exists()
    assert not post()


def test_sending_again_makes_a_new_link_and_a_new_term(customer: Browser, client: Client) -> None:
    invite(customer)
    before = client.invitations.get()

    at_once = customer.post(at("invitation-resend", invitation_id=before.pk), follow=True)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        expired = page(logged_in(before.invited_by), USERS)
        logged_in(before.invited_by).post(at("invitation-resend", invitation_id=before.pk))

    after = client.invitations.get()
    assert "Wait a minute" in at_once.content.decode()
    assert "Expired" in expired
    assert after.token_hash != before.token_hash
    assert after.expires_at - before.expires_at > timedelta(days=7)


def test_a_cancelled_invitation_is_gone_and_the_address_can_be_invited_again(
    customer: Browser, client: Client
) -> None:
    invite(customer)
    first = client.invitations.get()

    customer.post(at("invitation-cancel", invitation_id=first.pk))
    twice = customer.post(at("invitation-cancel", invitation_id=first.pk), follow=True)
    invite(customer)

    first.refresh_from_db()
    assert first.status == Invitation.Status.CANCELLED
    assert "was accepted or cancelled before" in twice.content.decode()
    assert client.invitations.open().get() != first


def test_changed_permissions_count_at_the_next_click(customer: Browser, client: Client) -> None:
    user = makers.make_member(client=client, permissions=["emails"])
    browser, membership = logged_in(user), client.memberships.get(user=user)
    before = browser.get("/emails/").status_code

    html = customer.post(
        at("users-edit", membership_id=membership.pk), {"role": "mail"}, follow=True
    ).content.decode()

    assert before == 200
    assert browser.get("/emails/").status_code == 403
    assert "are saved" in html
    line = Activity.objects.get(action="membership.changed")
    assert line.before == {"permissions": ["emails"]}
    assert line.after == {"permissions": sorted(PRESETS["mail"])}


def test_removed_access_ends_at_the_next_click(customer: Browser, client: Client) -> None:
    service = makers.make_service(client=client)
    user = makers.make_member(client=client, permissions=["products"])
    browser, membership = logged_in(user), client.memberships.get(user=user)
    address = reverse("clientarea:service", kwargs={"service_id": service.pk})
    before = browser.get(address).status_code

    asked = page(customer, at("users-remove", membership_id=membership.pk))
    still_in = browser.get(address).status_code
    customer.post(at("users-remove", membership_id=membership.pk))

    assert (before, still_in) == (200, 200)
    assert "Remove the access of" in asked
    assert browser.get(address).status_code == 404
    assert "belongs to no account" in page(browser, "/")
    assert User.objects.filter(pk=user.pk).exists()


def test_the_owner_cannot_be_limited_or_removed(customer: Browser, client: Client) -> None:
    owners = client.memberships.get(is_owner=True)

    for name in ("users-edit", "users-remove"):
        answer = customer.post(at(name, membership_id=owners.pk), {"role": "mail"})

        assert answer.status_code == 404

    owners.refresh_from_db()
    assert owners.is_owner
    assert at("users-remove", membership_id=owners.pk) not in page(customer, USERS)


def test_a_member_with_every_permission_manages_nobody(client: Client, post: Post) -> None:
    user = makers.make_member(client=client, permissions=list(Permission.values))
    browser, own = logged_in(user), client.memberships.get(user=user)
    own.permissions = ["emails"]
    own.save()

    answers = [
        browser.get(USERS).status_code,
        browser.post(INVITE, {"email": "x@people.test", "role": "mail"}).status_code,
        browser.post(at("users-edit", membership_id=own.pk), {"role": "mail"}).status_code,
    ]

    own.refresh_from_db()
    assert answers == [403, 403, 403]
    assert own.permissions == ["emails"]
    assert not post()


def test_another_clients_users_and_invitations_are_not_found(
    customer: Browser, client: Client
) -> None:
    invite(customer)
    user = makers.make_member(client=client, permissions=["emails"])
    membership, invitation = client.memberships.get(user=user), client.invitations.get()
    stranger = logged_in(makers.make_client().memberships.get().user)

    for address in (
        at("users-edit", membership_id=membership.pk),
        at("users-remove", membership_id=membership.pk),
        at("invitation-resend", invitation_id=invitation.pk),
        at("invitation-cancel", invitation_id=invitation.pk),
    ):
        assert stranger.post(address, {"role": "mail"}).status_code == 404, address

    assert Membership.objects.filter(pk=membership.pk, permissions=["emails"]).exists()
    assert Invitation.objects.open().filter(pk=invitation.pk).exists()


def test_every_step_leaves_a_line_with_who_did_it(customer: Browser, client: Client) -> None:
    invite(customer)
    invitation = client.invitations.get()
    customer.post(at("invitation-cancel", invitation_id=invitation.pk))

    lines = Activity.objects.filter(object_type="clients.invitation").order_by("pk")

    assert [line.action for line in lines] == ["invitation.sent", "invitation.cancelled"]
    assert {line.actor_name for line in lines} == {"Ada"}
    assert {line.client for line in lines} == {client}
