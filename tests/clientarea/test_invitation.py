"""An invitation's link, as the person sees it who was sent it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from clients import expiry
from clients.models import Activity, Client, Invitation, Membership, User
from tests import makers

Post = Callable[[], list[EmailMultiAlternatives]]
EMAIL = "mia@people.test"
FRESH = {"first_name": "Mia", "last_name": "Hahn", "password": "a much better secret 77"}


@pytest.fixture
def client(owner: User) -> Client:
    """The owner's client."""
    return makers.make_client(owner=owner, name="Acme Ltd")


@pytest.fixture
def link(customer: Browser, client: Client, post: Post) -> str:  # noqa: ARG001
    """The address in the invitation of `EMAIL`."""
    customer.post("/users/invite/", {"email": EMAIL, "role": "mail"})
    return link_in(post()[-1])


def link_in(message: EmailMultiAlternatives) -> str:
    found = re.search(r"http://testserver(\S+)", str(message.body))
    assert found is not None
    return found[1]


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


def test_somebody_new_chooses_a_password_and_is_in(link: str, client: Client) -> None:
    browser = Browser()

    shown = page(browser, link)
    home = browser.post(link, FRESH, follow=True)

    user = User.objects.get(email=EMAIL)
    assert "You are invited to Acme Ltd" in shown
    assert "Manage mailboxes" in shown
    assert "Welcome to Acme Ltd." in home.content.decode()
    assert home.redirect_chain[-1][0] == "/"
    assert user.check_password(FRESH["password"])
    assert user.name == "Mia Hahn"
    assert not user.memberships.get(client=client).is_owner
    assert client.invitations.get().status == Invitation.Status.ACCEPTED


def test_a_link_works_once(link: str) -> None:
    Browser().post(link, FRESH)

    again = Browser().post(link, FRESH | {"password": "some other secret 88"})

    assert again.status_code == 410
    assert "no longer works" in again.content.decode()
    assert User.objects.get(email=EMAIL).check_password(FRESH["password"])


def test_the_page_is_the_same_whether_the_address_has_a_login(link: str) -> None:
    def shown() -> str:
        return re.sub(r'value="[A-Za-z0-9]{64}"', "", page(Browser(), link))

    before = shown()
    makers.make_user(email=EMAIL)

    assert shown() == before


def test_a_login_that_exists_is_not_taken_over(link: str, client: Client) -> None:
    user = makers.make_user(email=EMAIL)

    answer = Browser().post(link, FRESH)

    user.refresh_from_db()
    assert answer.status_code == 422
    assert user.check_password(makers.PASSWORD)
    assert not client.memberships.filter(user=user).exists()
    assert client.invitations.get().status == Invitation.Status.PENDING


def test_who_has_a_login_logs_in_and_accepts(link: str, client: Client) -> None:
    user, browser = makers.make_user(email=EMAIL), Browser()
    way = page(browser, link)
    logged_in = browser.post(
        "/account/login/", {"login": EMAIL, "password": makers.PASSWORD, "next": link}
    )

    shown = page(browser, logged_in["Location"])
    not_yet = client.memberships.filter(user=user).exists()
    browser.post(link)

    assert f"/account/login/?next={link}" in way
    assert logged_in["Location"] == link
    assert "Accept" in shown
    assert not not_yet
    assert client.memberships.get(user=user).permissions == [
        "mailboxsso",
        "managemailboxes",
        "products",
    ]


def test_another_login_is_told_so_and_gets_nothing(link: str, client: Client) -> None:
    other, browser = makers.make_user(email="otto@people.test"), Browser()
    browser.force_login(other)

    shown = page(browser, link)
    sent = browser.post(link)

    assert "is for another address" in shown
    assert EMAIL not in shown
    assert "Acme Ltd" not in shown
    assert sent.status_code == 403
    assert not client.memberships.filter(user=other).exists()


def test_a_password_that_is_too_weak_is_explained(link: str) -> None:
    answer = Browser().post(link, FRESH | {"password": "mia12"})

    assert answer.status_code == 422
    assert "too short" in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_after_seven_days_it_is_over(link: str, client: Client) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        opened = Browser().get(link)
        sent = Browser().post(link, FRESH)
        expiry.expire_invitations(now=timezone.now())

    assert (opened.status_code, sent.status_code) == (410, 410)
    assert client.invitations.get().status == Invitation.Status.EXPIRED
    assert not User.objects.filter(email=EMAIL).exists()
    assert Activity.objects.filter(action="invitation.expired").count() == 1


def test_how_long_it_works_is_a_setting(
    customer: Browser, client: Client, post: Post, settings: Settings
) -> None:
    settings.INVITATION_DAYS = 1
    customer.post("/users/invite/", {"email": EMAIL, "role": "mail"})
    link = link_in(post()[-1])

    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert Browser().get(link).status_code == 410
    assert client.invitations.count() == 1


def test_sent_again_the_older_link_has_ended(
    link: str, customer: Browser, client: Client, post: Post
) -> None:
    invitation = client.invitations.get()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=5))

    customer.post(f"/invitations/{invitation.pk}/resend/")
    newer = link_in(post()[-1])

    assert newer != link
    assert Browser().get(link).status_code == 410
    assert Browser().get(newer).status_code == 200


@pytest.mark.parametrize("ended", ["cancelled", "closed"])
def test_taken_back_or_of_a_closed_client_it_is_over(
    link: str, customer: Browser, client: Client, ended: str
) -> None:
    if ended == "cancelled":
        customer.post(f"/invitations/{client.invitations.get().pk}/cancel/")
    else:
        Client.objects.update(status=Client.Status.CLOSED)

    assert Browser().get(link).status_code == 410
    assert Browser().post(link, FRESH).status_code == 410
    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.django_db
def test_a_made_up_link_looks_like_one_that_ended() -> None:
    answer = Browser().get("/invitation/made-up/")

    assert answer.status_code == 410
    assert "no longer works" in answer.content.decode()


def test_the_token_is_not_in_the_database(link: str) -> None:
    token = link.strip("/").rpartition("/")[2]

    stored = Invitation.objects.get()

    assert token not in str(vars(stored))
    assert len(stored.token_hash) == 64


def test_who_has_access_already_keeps_it_as_it_is(link: str, client: Client) -> None:
    user, browser = makers.make_user(email=EMAIL), Browser()
    Membership.objects.create(user=user, client=client, permissions=["emails"])
    browser.force_login(user)

    browser.post(link)

    assert client.memberships.get(user=user).permissions == ["emails"]
    assert client.invitations.get().status == Invitation.Status.ACCEPTED
