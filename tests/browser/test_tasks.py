"""The main tasks as a person does them, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from provisioning.models import Mailbox
from provisioning.operations.mailboxes import password_problems
from provisioning.sandbox import Sandbox
from tests.browser.conftest import enter
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser


def gear(page: Page, address: str) -> None:
    page.get_by_role("row", name=address).locator("summary").click()


def choose(page: Page, address: str, entry: str) -> None:
    gear(page, address)
    page.get_by_role("row", name=address).locator(".menu-panel").get_by_text(entry).click()


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
    """Logged in, on the list of mailboxes."""
    page = context.new_page()
    enter(context, site, stage.user)
    page.goto(stage.path("mailboxes"))
    return page


def test_a_mailbox_is_added_in_three_clicks_and_one_typed_field(
    page: Page, stage: Stage, vendor: Sandbox
) -> None:
    page.goto(stage.path("service"))

    page.get_by_role("link", name="Accounts").first.click()
    page.get_by_role("link", name="Add Mailbox").click()
    page.get_by_label("User name").fill("newbie")
    password = page.get_by_label("Password", exact=True).input_value()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("Mailbox newbie@acme.test created")
    expect(page.locator("tr.is-new")).to_contain_text("newbie@acme.test")
    assert vendor.accepts_password("acme.test", "newbie", password)


def test_a_mistake_is_shown_at_its_field_and_can_be_put_right(page: Page) -> None:
    page.get_by_role("link", name="Add Mailbox").click()
    page.get_by_label("User name").fill("anna")
    before = page.get_by_label("Password", exact=True).input_value()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#id_local_part-error")).to_contain_text("already a mailbox")
    assert page.get_by_label("Password", exact=True).input_value() != before

    page.get_by_label("User name").fill("newbie")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("Mailbox newbie@acme.test created")


def test_webmail_opens_in_a_tab_of_its_own_and_says_whose_it_is(
    page: Page, context: BrowserContext, request: pytest.FixtureRequest
) -> None:
    with context.expect_page() as opening:
        page.get_by_role("button", name="Webmail anna@acme.test").click()
    tab = opening.value
    if "no scripts" in request.node.name:
        tab.get_by_role("button", name="Continue").click()

    expect(tab.locator("body")).to_contain_text("anna@acme.test")
    tab.wait_for_url("**/webmail**")
    assert "accessToken" not in tab.url
    assert "password" not in tab.url


def test_the_control_panel_opens_from_the_gear(
    page: Page, context: BrowserContext, site: str, request: pytest.FixtureRequest
) -> None:
    gear(page, "anna@acme.test")
    with context.expect_page() as opening:
        page.get_by_role("button", name="Control Panel").click()
    tab = opening.value
    if "no scripts" in request.node.name:
        tab.get_by_role("button", name="Continue").click()

    expect(tab.get_by_role("heading")).to_contain_text("anna@acme.test")
    assert not tab.url.startswith(site)


def test_update_account_saves(page: Page, stage: Stage) -> None:
    choose(page, "ben@acme.test", "Manage")
    page.get_by_label("Type").select_option(label="Enhanced (2 of 8 left)")
    page.get_by_label("Quota").fill("7.5")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("ben@acme.test is saved")
    ben = stage.service.mail_domain.mailboxes.get(local_part="ben")
    assert (ben.account_type, ben.quota_mb) == (2, 7500)


def test_a_mailbox_is_disabled_and_enabled_from_the_gear(page: Page, stage: Stage) -> None:
    choose(page, "ben@acme.test", "Disable")
    expect(page.locator("#toasts")).to_contain_text("ben@acme.test is disabled")
    expect(page.get_by_role("row", name="ben@acme.test")).to_contain_text("Disabled")

    choose(page, "ben@acme.test", "Enable")
    expect(page.locator("#toasts")).to_contain_text("ben@acme.test is enabled")

    ben = stage.service.mail_domain.mailboxes.get(local_part="ben")
    assert ben.status == Mailbox.Status.ACTIVE


def test_a_mailbox_is_deleted_once_its_address_is_typed(
    page: Page, stage: Stage, vendor: Sandbox, settings: Settings
) -> None:
    settings.MAILBOX_TRASH_DAYS = 0
    choose(page, "anna@acme.test", "Delete")
    expect(page.get_by_text("sales@acme.test will lead nowhere")).to_be_visible()
    page.get_by_label("Type anna@acme.test to confirm").fill("anna@acme.test")
    page.get_by_role("button", name="Delete mailbox").click()

    expect(page.locator("#toasts")).to_contain_text("Mailbox anna@acme.test deleted")
    assert "anna" not in vendor.mailboxes("acme.test")
    assert stage.service.mail_domain.mailboxes.live().filter(local_part="ben").exists()


def test_the_password_is_changed_from_the_gear(page: Page, vendor: Sandbox) -> None:
    choose(page, "ben@acme.test", "Change password")
    password = page.get_by_label("New password").input_value()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("ben@acme.test is saved")
    assert vendor.accepts_password("acme.test", "ben", password)


def test_ticked_mailboxes_are_changed_together(page: Page) -> None:
    page.get_by_role("checkbox", name="ben@acme.test").check()
    page.get_by_role("checkbox", name="carla@acme.test").check()
    page.get_by_label("What to do with the ticked mailboxes").select_option(label="Disable")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Disable: 2 mailboxes")).to_be_visible()
    page.get_by_role("button", name="Disable").click()

    expect(page.get_by_text("of 2")).to_be_visible()
    expect(page.get_by_text("ben@acme.test")).to_be_visible()
    expect(page.get_by_text("dmitri@acme.test")).to_be_hidden()


def test_search_filter_sort_and_pages(page: Page, request: pytest.FixtureRequest) -> None:
    page.get_by_label("Search mailboxes").fill("zoe")
    if "no scripts" in request.node.name:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "search=zoe" in page.url

    page.get_by_label("Search mailboxes").fill("")
    if "no scripts" in request.node.name:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(25)

    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(5)

    page.get_by_role("link", name="Address").click()
    expect(page.locator("tbody tr").first).to_contain_text("zoe@acme.test")
    assert "sort=-address" in page.url


def test_a_record_is_rechecked(page: Page, stage: Stage) -> None:
    page.goto(stage.path("service", stage.unverified))

    page.get_by_role("button", name="Recheck").click()

    expect(page.locator("#toasts")).to_contain_text("a-rather-long-name-for-a.example.test")


def test_log_out_is_in_the_menu(page: Page) -> None:
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Log out").click()

    page.wait_for_url("**/account/login/")
    expect(page.get_by_text("You are logged out.")).to_be_visible()


def test_made_passwords_are_good(page: Page, request: pytest.FixtureRequest) -> None:
    page.get_by_role("link", name="Add Mailbox").click()
    field = page.get_by_label("Password", exact=True)
    made = {field.input_value()}
    if "no scripts" not in request.node.name:
        for _ in range(50):
            page.get_by_role("button", name="Make another password").click()
            made.add(field.input_value())
        assert len(made) == 51

    assert not [password for password in made if password_problems(password)]
