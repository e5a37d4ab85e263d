"""Account details, one's own profile, another address, several clients."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.utils import translation

from clientarea.forms.countries import COUNTRIES, countries_by_name
from clients.models import Activity, Client, User
from tests import makers

Post = Callable[[], list[EmailMultiAlternatives]]
DETAILS = {
    "name": "Ada Keller",
    "company": "Keller GmbH",
    "email": "office@keller.test",
    "country": "CH",
    "language": "de",
}
PROFILE = {
    "first_name": "Augusta",
    "last_name": "King",
    "language": "de",
    "time_zone": "Asia/Kolkata",
}
REAUTHENTICATE = "/account/reauthenticate/"


@pytest.fixture
def client(owner: User) -> Client:
    """The owner's client."""
    return makers.make_client(owner=owner, name="Acme")


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address, follow=True).content.decode().split())


def prove(browser: Browser) -> None:
    browser.post(REAUTHENTICATE, {"password": makers.PASSWORD})


def links_in(messages: list[EmailMultiAlternatives]) -> list[str]:
    found = [re.search(r"http://testserver(\S+)", str(message.body)) for message in messages]
    return [match[1] for match in found if match]


def test_details_are_saved_with_a_line_of_what_changed(customer: Browser, client: Client) -> None:
    html = customer.post("/account-details/", DETAILS, follow=True).content.decode()

    client.refresh_from_db()
    assert "The account details are saved." in html
    assert {name: getattr(client, name) for name in DETAILS} == DETAILS
    line = Activity.objects.get(action="client.changed")
    assert line.before["name"] == "Acme"
    assert line.after["country"] == "CH"


def test_details_saved_untouched_leave_no_line(customer: Browser, client: Client) -> None:
    same = {name: getattr(client, name) for name in DETAILS}

    customer.post("/account-details/", same)

    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("country", "XX"), ("language", "tlh"), ("email", "x"), ("name", "")]
)
def test_wrong_details_are_refused(
    customer: Browser, client: Client, field: str, value: str
) -> None:
    answer = customer.post("/account-details/", DETAILS | {field: value})

    client.refresh_from_db()
    assert answer.status_code == 422
    assert client.name == "Acme"


def test_details_cannot_change_what_is_not_on_the_form(customer: Browser, client: Client) -> None:
    customer.post("/account-details/", DETAILS | {"status": "closed", "id": "77"})

    client.refresh_from_db()
    assert client.status == Client.Status.ACTIVE


def test_details_need_their_permission(client: Client) -> None:
    for permissions, status in ((["emails"], 403), (["profile"], 200)):
        browser = Browser()
        browser.force_login(makers.make_member(client=client, permissions=permissions))

        answer = browser.get("/account-details/")

        assert answer.status_code == status
        assert ("/account-details/" in page(browser, "/")) == (status == 200)


def test_a_profile_is_saved_and_the_pages_follow_it(customer: Browser, owner: User) -> None:
    customer.post("/profile/", PROFILE)

    answer = customer.get("/")

    owner.refresh_from_db()
    assert owner.name == "Augusta King"
    assert (owner.language, owner.time_zone) == ("de", "Asia/Kolkata")
    assert '<html lang="de">' in answer.content.decode()
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize(
    "extra",
    [
        {"email": "new@people.test"},
        {"is_staff": "on"},
        {"is_superuser": "on"},
        {"password": "x"},
        {"permissions": "profile"},
    ],
)
def test_a_profile_cannot_change_what_is_not_on_the_form(
    customer: Browser, owner: User, extra: dict[str, str]
) -> None:
    customer.post("/profile/", PROFILE | extra)

    owner.refresh_from_db()
    assert owner.email == "ada@people.test"
    assert not owner.is_staff
    assert not owner.is_superuser
    assert owner.check_password(makers.PASSWORD)


def test_another_address_counts_once_it_is_confirmed(
    customer: Browser, owner: User, post: Post
) -> None:
    prove(customer)
    customer.post("/profile/email/", {"email": "Augusta@People.test"})
    waiting = page(customer, "/profile/")
    owner.refresh_from_db()
    before = owner.email
    link = links_in(post())[0]

    shown = page(Browser(), link)
    Browser().post(link)

    owner.refresh_from_db()
    assert before == "ada@people.test"
    assert "augusta@people.test</strong> waits to be confirmed" in waiting
    assert "augusta@people.test" in shown
    assert owner.email == "augusta@people.test"
    told = [message for message in post() if message.to == ["ada@people.test"]]
    assert "this one no longer works" in str(told[0].body)
    assert EmailAddress.objects.get(user=owner).verified
    line = Activity.objects.get(action="user.email_changed")
    assert line.before == {"email": "ada@people.test"}


def test_an_address_asked_for_is_not_verified_before_it_is_confirmed(
    customer: Browser, owner: User
) -> None:
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    prove(customer)

    customer.post("/profile/email/", {"email": "augusta@people.test"})

    fresh = EmailAddress.objects.get(email="augusta@people.test")
    assert not fresh.verified
    assert not fresh.primary
    assert EmailAddress.objects.get(email="ada@people.test").verified


def test_asking_for_a_third_address_ends_the_link_to_the_second(
    customer: Browser, owner: User, post: Post
) -> None:
    prove(customer)
    customer.post("/profile/email/", {"email": "second@people.test"})
    customer.post("/profile/email/", {"email": "third@people.test"})
    older, newer = links_in(post())

    shown = page(Browser(), older)
    Browser().post(older)
    owner.refresh_from_db()
    after_older = owner.email
    Browser().post(newer)

    owner.refresh_from_db()
    assert "This link no longer works" in shown
    assert after_older == "ada@people.test"
    assert owner.email == "third@people.test"


def test_keeping_the_old_address_ends_the_link(customer: Browser, owner: User, post: Post) -> None:
    prove(customer)
    customer.post("/profile/email/", {"email": "second@people.test"})
    link = links_in(post())[0]

    customer.post("/profile/email/keep/")
    Browser().post(link)

    owner.refresh_from_db()
    assert owner.email == "ada@people.test"
    assert "waits to be confirmed" not in page(customer, "/profile/")


def test_an_address_with_a_login_is_told_and_nobody_else(
    customer: Browser, owner: User, post: Post
) -> None:
    makers.make_user(email="taken@people.test")
    prove(customer)

    free = customer.post("/profile/email/", {"email": "free@people.test"}, follow=True)
    taken = customer.post("/profile/email/", {"email": "taken@people.test"}, follow=True)

    def shown(answer: str, email: str) -> str:
        return re.sub(r'value="[A-Za-z0-9]{64}"|X-CSRFToken": "[A-Za-z0-9]+', "", answer).replace(
            email, "it"
        )

    told = [message for message in post() if message.to == ["taken@people.test"]]
    assert shown(free.content.decode(), "free@people.test") == shown(
        taken.content.decode(), "taken@people.test"
    )
    assert "Nothing was changed" in str(told[0].body)
    assert not links_in(told)
    owner.refresh_from_db()
    assert owner.email == "ada@people.test"


def test_an_address_taken_meanwhile_is_refused(customer: Browser, owner: User, post: Post) -> None:
    prove(customer)
    customer.post("/profile/email/", {"email": "soon@people.test"})
    link = links_in(post())[0]
    makers.make_user(email="SOON@people.test")

    customer.post(link)

    owner.refresh_from_db()
    assert owner.email == "ada@people.test"


def test_another_address_needs_the_password_first(
    customer: Browser, owner: User, post: Post
) -> None:
    answer = customer.post("/profile/email/", {"email": "thief@people.test"})

    assert answer["Location"].startswith(REAUTHENTICATE)
    assert not EmailAddress.objects.filter(email="thief@people.test").exists()
    assert not post()
    owner.refresh_from_db()
    assert owner.email == "ada@people.test"


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("en", ["Afghanistan", "Åland Islands", "Albania", "Zimbabwe"]),
        ("de", ["Afghanistan", "Ägypten", "Österreich", "Pakistan"]),
    ],
)
def test_countries_stand_where_their_names_without_accents_do(
    language: str, in_order: list[str]
) -> None:
    with translation.override(language):
        names = [name for _code, name in countries_by_name()]

    places = [names.index(name) for name in in_order]
    assert places == sorted(places)
    assert len(names) == len(COUNTRIES)
