"""The account frame's tasks as a person does them, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, Page, expect

from clients.models import User
from tests.browser.account_states import set_account_states
from tests.browser.conftest import log_in
from tests.browser.stage import Stage
from tests.clientarea.test_security import code_for
from tests.makers import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(params=["scripts", "no scripts"])
def context(
    request: pytest.FixtureRequest, browser: Browser, site: str
) -> Iterator[BrowserContext]:
    """A browser with scripts, then one without."""
    context = browser.new_context(
        base_url=site,
        java_script_enabled=request.param == "scripts",
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, stage: Stage, site: str) -> Page:
    """The owner, logged in."""
    page = context.new_page()
    log_in(page, site, stage.user)
    return page


def menu(page: Page, entry: str) -> None:
    page.locator(".account > summary").click()
    page.locator(".account .menu-panel").get_by_text(entry, exact=True).click()


def prove(page: Page) -> None:
    """Type the password where a protected page asks for it."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def link_in_the_last_mail() -> str:
    found = re.search(r"https?://\S+", str(mail.outbox[-1].body))
    assert found is not None
    return found[0]


def test_a_colleague_is_invited_comes_in_and_is_shown_out(
    page: Page, browser: Browser, stage: Stage, site: str
) -> None:
    menu(page, "User Management")
    page.get_by_role("link", name="Invite a user").click()
    page.get_by_label("Email address").fill("mia@people.test")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("#toasts")).to_contain_text("on its way to mia@people.test")

    mia = browser.new_context(base_url=site).new_page()
    mia.goto(link_in_the_last_mail())
    mia.get_by_label("First name").fill("Mia")
    mia.get_by_label("Password").fill("a much better secret 77")
    mia.get_by_role("button", name="Make my login and accept").click()
    mia.goto(stage.path("mailboxes"))
    expect(mia.get_by_role("heading", name="Accounts")).to_be_visible()

    page.reload()
    page.get_by_role("link", name="Remove mia@people.test").click()
    page.get_by_role("button", name="Remove access").click()
    expect(page.locator("#toasts")).to_contain_text("has no access any more")

    mia.reload()
    expect(mia.get_by_role("heading")).to_contain_text("There is no such page")
    mia.context.close()


def test_permissions_are_ticked_one_by_one(page: Page, stage: Stage) -> None:
    states = set_account_states(stage.user, stage.service.client)
    page.goto("/users/")
    page.get_by_role("link", name="Permissions mia.hahn@people.test").click()
    page.get_by_label("Chosen permissions").check()
    page.get_by_label("View the email history").check()
    page.get_by_label("Manage mailboxes").uncheck()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("are saved")
    membership = stage.service.client.memberships.get(user=states.member)
    assert set(membership.permissions) == {"products", "mailboxsso", "emails"}


def test_details_and_profile_are_changed(page: Page, stage: Stage) -> None:
    menu(page, "Account Details")
    page.get_by_label("Company").fill("Keller GmbH")
    page.get_by_label("Country").select_option(label="Switzerland")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("account details are saved")

    menu(page, "Your Profile")
    page.get_by_label("First name").fill("Augusta")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("Your profile is saved")
    stage.user.refresh_from_db()
    assert (stage.user.first_name, stage.user.time_zone) == ("Augusta", "Europe/Berlin")


def test_another_address_is_confirmed_by_its_mail(page: Page, stage: Stage) -> None:
    menu(page, "Your Profile")
    page.get_by_role("link", name="Change address").click()
    prove(page)
    page.get_by_label("New email address").fill("augusta@people.test")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("waits to be confirmed")).to_be_visible()

    page.goto(link_in_the_last_mail())
    page.get_by_role("button", name="Confirm").click()

    expect(page.locator("body")).to_contain_text("You log in as augusta@people.test")
    assert User.objects.get(pk=stage.user.pk).email == "augusta@people.test"


def test_an_authenticator_app_is_added_and_asked_for(page: Page, stage: Stage, site: str) -> None:
    menu(page, "Security")
    page.get_by_role("link", name="Add app").click()
    prove(page)
    secret = page.locator("#totp-key").inner_text()
    page.get_by_label("Code the app shows").fill(code_for(secret))
    page.get_by_role("button", name="Add app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    code = page.locator("#recovery-codes li").first.inner_text()

    page.context.clear_cookies()
    page.goto("/account/login/")
    page.fill("#id_login", stage.user.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in", exact=True).click()

    page.wait_for_url(f"{site}/")
    page.goto("/security/")
    expect(page.get_by_text("9 codes are left")).to_be_visible()


def test_a_device_elsewhere_is_logged_out(page: Page, stage: Stage) -> None:
    set_account_states(stage.user, stage.service.client)
    page.goto("/security/")
    page.get_by_role("link", name="Log out Safari on iPhone").click()
    prove(page)
    page.get_by_role("button", name="Log out this device").click()

    expect(page.locator("#toasts")).to_contain_text("That device is logged out")
    expect(page.get_by_text("Safari on iPhone")).to_have_count(0)
    expect(page.get_by_text("This device")).to_be_visible()


def test_somebody_with_two_clients_switches(page: Page, stage: Stage) -> None:
    set_account_states(stage.user, stage.service.client)
    page.goto("/services/")
    expect(page.get_by_role("link", name="acme.test")).to_be_visible()

    page.locator(".account > summary").click()
    page.get_by_role("button", name="Zenith Trading").click()

    expect(page.locator("#toasts")).to_contain_text("You act for Zenith Trading now")
    page.goto("/services/")
    expect(page.get_by_role("link", name="acme.test")).to_have_count(0)


def test_an_email_is_found_and_read(page: Page, stage: Stage) -> None:
    set_account_states(stage.user, stage.service.client)
    menu(page, "Email History")
    page.get_by_role("searchbox").fill("number 17")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("link", name="Message number 3")).to_have_count(0)
    page.get_by_role("link", name="Message number 17").click()

    expect(page.get_by_role("heading", name="Message number 17")).to_be_visible()
    expect(page.get_by_role("region", name="Text of the email")).to_contain_text("Nothing to do")


def test_a_passkey_is_added_and_logs_in_alone(browser: Browser, stage: Stage, site: str) -> None:
    context = browser.new_context(base_url=site)
    page = context.new_page()
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    log_in(page, site, stage.user)
    page.goto("/security/")
    page.get_by_role("link", name="Add passkey").click()
    prove(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/security/")
    expect(page.get_by_text("Work laptop").first).to_be_visible()

    context.clear_cookies()
    page.goto("/account/login/")
    page.get_by_role("button", name="Log in with a passkey").click()
    page.wait_for_url(f"{site}/")
    expect(page.get_by_role("heading", name="Hello Ada")).to_be_visible()

    # The password alone is now not enough, the passkey as second step is.
    context.clear_cookies()
    page.goto("/account/login/")
    page.fill("#id_login", stage.user.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Two-step login")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/")

    page.goto("/security/")
    page.get_by_role("link", name="Remove Work laptop").click()
    prove(page)
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("Work laptop")).to_have_count(0)
    context.close()


def test_a_passkey_that_is_not_given_is_said_in_words(
    browser: Browser, stage: Stage, site: str
) -> None:
    context = browser.new_context(base_url=site)
    page = context.new_page()
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    page.goto("/account/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error()); }")

    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_text("The passkey was not used")).to_be_visible()
    assert stage.user.is_active
    context.close()
