"""Log in, log out, forgotten passwords."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from clients.models import User
from tests import makers

LOG_IN = "/account/login/"
RESET = "/account/password/reset/"
Post = Callable[[], list[EmailMultiAlternatives]]
FRESH = "a much better secret 77"


def log_in(browser: Browser, user: User, password: str = makers.PASSWORD) -> int:
    form = {"login": user.email, "password": password}
    return browser.post(LOG_IN, form).status_code


def link_in(message: EmailMultiAlternatives) -> str:
    found = re.search(r"http://testserver(\S+)", str(message.body))
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("owner")
def test_the_right_password_leads_home() -> None:
    browser = Browser()

    response = browser.post(LOG_IN, {"login": "Ada@People.test", "password": makers.PASSWORD})

    assert response.status_code == 302
    assert response["Location"] == "/"
    assert browser.get("/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_read_the_same(owner: User) -> None:
    browser = Browser()

    wrong = browser.post(LOG_IN, {"login": owner.email, "password": "not it at all"})
    unknown = browser.post(LOG_IN, {"login": "nobody@people.test", "password": "not it at all"})

    problem = "The email address and/or password you specified are not correct."
    assert problem in wrong.content.decode()
    assert problem in unknown.content.decode()
    assert browser.get("/").status_code == 302


def test_a_page_asked_for_before_log_in_is_shown_after_it(owner: User) -> None:
    browser = Browser()
    asked = browser.get("/services/?search=x")

    response = browser.post(
        asked["Location"],
        {"login": owner.email, "password": makers.PASSWORD, "next": "/services/?search=x"},
    )

    assert asked["Location"].startswith(LOG_IN)
    assert response["Location"] == "/services/?search=x"


def test_log_out_takes_a_form_and_not_a_link(customer: Browser) -> None:
    asked = customer.get("/account/logout/")
    still_in = customer.get("/").status_code
    sent = customer.post("/account/logout/")

    assert "Log out?" in asked.content.decode()
    assert still_in == 200
    assert sent["Location"] == LOG_IN
    assert customer.get("/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail(
    owner: User, settings: Settings, post: Post
) -> None:
    settings.BRAND_NAME = "Acme Hosting"
    browser = Browser()

    sent = browser.post(RESET, {"email": owner.email}, follow=True)
    message = post()[0]
    form_page = browser.get(link_in(message), follow=True)
    address = form_page.redirect_chain[-1][0]
    done = browser.post(address, {"password1": FRESH, "password2": FRESH}, follow=True)

    assert "a link is on its way" in sent.content.decode()
    assert "Acme Hosting" in message.body
    assert "Acme Hosting" in message.subject
    assert "Password changed" in done.content.decode()
    assert log_in(Browser(), owner) == 200
    assert log_in(Browser(), owner, FRESH) == 302


def test_a_reset_link_works_once(owner: User, post: Post) -> None:
    browser = Browser()
    browser.post(RESET, {"email": owner.email})
    link = link_in(post()[0])
    address = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(address, {"password1": FRESH, "password2": FRESH})

    again = Browser().get(link, follow=True)

    assert "This link no longer works" in again.content.decode()


def test_asking_for_a_new_reset_link_ends_the_one_before(owner: User, post: Post) -> None:
    for _ in range(2):
        Browser().post(RESET, {"email": owner.email})
    older, newer = (link_in(message) for message in post())

    from_older = Browser().get(older, follow=True)
    from_newer = Browser().get(newer, follow=True)

    assert "This link no longer works" in from_older.content.decode()
    assert "Choose a new password" in from_newer.content.decode()
    assert log_in(Browser(), owner) == 302


def test_a_used_reset_link_ends_every_other_and_every_session(
    owner: User, customer: Browser, post: Post
) -> None:
    Browser().post(RESET, {"email": owner.email})
    link = link_in(post()[0])
    browser = Browser()
    address = browser.get(link, follow=True).redirect_chain[-1][0]

    browser.post(address, {"password1": FRESH, "password2": FRESH})

    assert customer.get("/").status_code == 302
    assert browser.get("/").status_code == 302


@pytest.mark.django_db
def test_a_reset_for_an_unknown_address_says_the_same_and_sends_nothing(post: Post) -> None:
    answer = Browser().post(RESET, {"email": "nobody@people.test"}, follow=True)

    assert "a link is on its way" in answer.content.decode()
    assert not post()


def test_the_password_is_changed_by_somebody_who_knows_it(customer: Browser, owner: User) -> None:
    wrong = {"oldpassword": "nope", "password1": FRESH, "password2": FRESH}
    refused = customer.post("/account/password/change/", wrong)
    kept = log_in(Browser(), owner)
    customer.post("/account/password/change/", wrong | {"oldpassword": makers.PASSWORD})

    assert "Please type your current password." in refused.content.decode()
    assert kept == 302
    assert log_in(Browser(), owner, FRESH) == 302
    assert customer.get("/").status_code == 302


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_set_password"])
def test_what_is_not_offered_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.django_db
def test_nobody_signs_up_by_themselves() -> None:
    response = Browser().post("/account/signup/", {"email": "new@people.test"})

    assert response.status_code == 404
    assert not User.objects.exists()
