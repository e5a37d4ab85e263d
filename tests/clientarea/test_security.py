"""Security: second factors, sessions, and proving who one is before a change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from clients.models import Activity, User
from tests import makers

Post = Callable[[], list[EmailMultiAlternatives]]
LOG_IN, ADD_APP = "/account/login/", "/account/2fa/app/add/"
REAUTHENTICATE, CODE = "/account/reauthenticate/", "/account/2fa/log-in/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FRESH = "a much better secret 77"


def page(browser: Browser, address: str) -> str:
    return " ".join(browser.get(address).content.decode().split())


def logged_in(user: User, *, user_agent: str = FIREFOX) -> Browser:
    browser = Browser(headers={"user-agent": user_agent})
    browser.post(LOG_IN, {"login": user.email, "password": makers.PASSWORD})
    return browser


def prove(browser: Browser) -> None:
    browser.post(REAUTHENTICATE, {"password": makers.PASSWORD})


def code_for(secret: str, *, steps_away: int = 0) -> str:
    """Compute what an authenticator app shows (RFC 6238)."""
    step = struct.pack(">Q", int(time.time()) // 30 + steps_away)
    digest = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def add_app(browser: Browser) -> str:
    """Add an authenticator app through the pages; return its key."""
    prove(browser)
    found = re.search(r'id="totp-key">([A-Z2-7]+)<', page(browser, ADD_APP))
    assert found is not None
    browser.post(ADD_APP, {"code": code_for(found[1])})
    return found[1]


def test_with_an_app_a_password_alone_does_not_let_in(owner: User) -> None:
    secret = add_app(logged_in(owner))
    browser = Browser()

    sent = browser.post(LOG_IN, {"login": owner.email, "password": makers.PASSWORD})
    before = browser.get("/").status_code
    wrong = browser.post(CODE, {"code": "000000"})
    # The code the app was added with is spent; the next one is not.
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        browser.post(CODE, {"code": code_for(secret)})
        after = browser.get("/").status_code

    assert sent["Location"] == CODE
    assert before == 302
    assert "Incorrect code" in wrong.content.decode()
    assert after == 200


def test_a_code_works_once(owner: User) -> None:
    secret = add_app(logged_in(owner))
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        code = code_for(secret)
        answers = []
        for _ in range(2):
            browser = Browser()
            browser.post(LOG_IN, {"login": owner.email, "password": makers.PASSWORD})
            answers.append(browser.post(CODE, {"code": code}).status_code)

    assert answers == [302, 200]


def test_every_way_in_asks_for_the_second_step(owner: User, post: Post) -> None:
    owner.is_staff = owner.is_superuser = True
    owner.save()
    add_app(logged_in(owner))
    post()
    Browser().post("/account/password/reset/", {"email": owner.email})
    found = re.search(r"http://testserver(\S+)", str(post()[-1].body))
    assert found is not None
    by_reset = Browser()
    address = by_reset.get(found[1], follow=True).redirect_chain[-1][0]

    by_reset.post(address, {"password1": FRESH, "password2": FRESH})
    staff = Browser()
    door = staff.get("/django-admin/login/")
    staff.post("/django-admin/login/", {"username": owner.email, "password": FRESH})

    assert by_reset.get("/").status_code == 302
    assert door.status_code == 302
    assert door["Location"].startswith(LOG_IN)
    assert staff.get("/django-admin/").status_code == 302


def test_the_secret_of_an_app_is_ciphertext_in_the_database(owner: User) -> None:
    secret = add_app(logged_in(owner))

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())

    assert secret not in stored
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1


def test_adding_an_app_gives_recovery_codes_that_let_in_once(owner: User) -> None:
    browser = logged_in(owner)
    add_app(browser)
    code = re.findall(r"<li>(\d{8})</li>", page(browser, "/account/2fa/codes/"))[0]

    answers = []
    for _ in range(2):
        other = Browser()
        other.post(LOG_IN, {"login": owner.email, "password": makers.PASSWORD})
        answers.append(other.post(CODE, {"code": code}).status_code)

    assert answers == [302, 200]
    assert "9 codes are left" in page(browser, "/security/")


def test_adding_and_removing_the_app_is_told_and_written_down(
    owner: User,
    post: Post,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    browser = logged_in(owner)

    with django_capture_on_commit_callbacks(execute=True):
        add_app(browser)
        browser.post("/account/2fa/app/remove/")

    subjects = " ".join(str(message.subject) for message in post())
    assert "Authenticator app added" in subjects
    assert "Authenticator app removed" in subjects
    actions = set(Activity.objects.values_list("action", flat=True))
    assert {"user.totp_activated", "user.totp_deactivated"} <= actions
    assert ">Off<" in page(browser, "/security/").replace("> Off <", ">Off<")


@pytest.mark.parametrize(
    "address",
    [
        ADD_APP,
        "/account/2fa/passkeys/add/",
        "/account/2fa/codes/new/",
        "/profile/email/",
        "/security/sessions/others/",
    ],
)
def test_a_change_asks_first_who_one_is(owner: User, address: str) -> None:
    browser = logged_in(owner)

    answer = browser.post(address, {"email": "thief@people.test", "code": "000000"})

    assert answer.status_code == 302
    assert answer["Location"].startswith(REAUTHENTICATE)
    assert not Authenticator.objects.exists()


def test_what_was_sent_goes_on_after_the_password(owner: User) -> None:
    here, there = logged_in(owner), logged_in(owner)
    asked = here.post("/security/sessions/others/")
    still_in = there.get("/").status_code

    here.post(asked["Location"], {"password": makers.PASSWORD})

    assert still_in == 200
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_a_proof_is_forgotten_after_five_minutes(owner: User) -> None:
    browser = logged_in(owner)
    prove(browser)
    at_once = browser.get(ADD_APP).status_code

    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        later = browser.get(ADD_APP).status_code

    assert (at_once, later) == (200, 302)


def test_the_page_lists_where_one_is_logged_in(owner: User) -> None:
    here = logged_in(owner)
    logged_in(owner, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/1")

    html = page(here, "/security/")

    assert "Firefox on Linux" in html
    assert "Safari on iPhone" in html
    assert html.count("This device") == 1


def test_one_device_is_logged_out(owner: User) -> None:
    here, there = logged_in(owner), logged_in(owner)
    session = UserSession.objects.get(session_key=there.session.session_key)
    address = reverse("clientarea:session-end", kwargs={"session_id": session.pk})
    prove(here)

    asked = page(here, address)
    still_in = there.get("/").status_code
    here.post(address)

    assert "Log out Firefox on Linux?" in asked
    assert still_in == 200
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_somebody_elses_device_is_not_found(owner: User) -> None:
    stranger = logged_in(makers.make_user())
    session = UserSession.objects.get(session_key=logged_in(owner).session.session_key)
    prove(stranger)

    answer = stranger.post(reverse("clientarea:session-end", kwargs={"session_id": session.pk}))

    assert answer.status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


def test_a_new_password_ends_every_session(owner: User) -> None:
    here, there = logged_in(owner), logged_in(owner)
    form = {"oldpassword": makers.PASSWORD, "password1": FRESH, "password2": FRESH}

    prove(here)
    here.post("/account/password/change/", form)

    assert here.get("/").status_code == 302
    assert there.get("/").status_code == 302


def test_somebody_suspended_is_out_at_the_next_click(owner: User) -> None:
    browser = logged_in(owner)
    before = browser.get("/").status_code

    owner.is_active = False
    owner.save()

    assert before == 200
    assert browser.get("/").status_code == 302
    assert logged_in(owner).get("/").status_code == 302


def test_guessing_a_password_is_stopped_and_others_get_in(owner: User) -> None:
    other = makers.make_user()
    for _ in range(5):
        Browser().post(LOG_IN, {"login": owner.email, "password": "wrong"})

    right = Browser()
    right.post(LOG_IN, {"login": owner.email, "password": makers.PASSWORD})

    assert right.get("/").status_code == 302
    assert logged_in(other).get("/").status_code == 200


def test_guessing_a_code_is_stopped(owner: User) -> None:
    secret = add_app(logged_in(owner))
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        browser = Browser()
        browser.post(LOG_IN, {"login": owner.email, "password": makers.PASSWORD})
        for _ in range(12):
            browser.post(CODE, {"code": "000000"})

        browser.post(CODE, {"code": code_for(secret)})

        assert browser.get("/").status_code == 302


@pytest.mark.parametrize(
    "place", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"]
)
def test_logging_in_leads_to_no_other_host(owner: User, place: str) -> None:
    form = {"login": owner.email, "password": makers.PASSWORD, "next": place}

    answer = Browser().post(LOG_IN, form)

    assert answer["Location"] == "/"


def test_a_visit_is_noted_at_most_every_five_minutes(owner: User) -> None:
    browser = logged_in(owner)
    session = UserSession.objects.get(user=owner)

    browser.get("/")
    unchanged = UserSession.objects.get(user=owner).last_seen_at
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        browser.get("/")

    assert unchanged == session.last_seen_at
    assert UserSession.objects.get(user=owner).last_seen_at > unchanged + timedelta(minutes=5)
