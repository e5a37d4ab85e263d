"""What scripts add: dialogs, keys, themes, rows that change by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from provisioning.models import Mailbox
from tests.browser.conftest import enter
from tests.browser.looks import findings_on
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=site, color_scheme="light", viewport={"width": 1280, "height": 900}
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console has to complain about."""
    return []


@pytest.fixture
def page(context: BrowserContext, stage: Stage, site: str, complaints: list[str]) -> Iterator[Page]:
    """Logged in, on the list of mailboxes; the console must stay silent to the end."""
    page = context.new_page()

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "422" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    enter(context, site, stage.user)
    page.goto(stage.path("mailboxes"))
    yield page
    assert complaints == []


def test_add_mailbox_opens_in_a_dialog_with_the_focus_in_it(page: Page) -> None:
    page.get_by_role("link", name="Add Mailbox").click()

    dialog = page.get_by_role("dialog", name="Add Mailbox")
    expect(dialog).to_be_visible()
    expect(page.get_by_label("User name")).to_be_focused()
    assert findings_on(page) == []

    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    assert page.locator("#dialog-content").inner_html() == ""


def test_a_mistake_stays_in_the_dialog(page: Page) -> None:
    page.get_by_role("link", name="Add Mailbox").click()
    page.get_by_label("User name").fill("anna")
    page.keyboard.press("Enter")

    expect(page.locator("#id_local_part-error")).to_be_visible()
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert findings_on(page) == []


def test_the_delete_dialog_is_accessible(page: Page) -> None:
    page.get_by_role("row", name="anna@acme.test").locator("summary").click()
    page.get_by_role("link", name="Delete", exact=True).first.click()

    expect(page.get_by_role("dialog")).to_contain_text("Delete anna@acme.test?")
    assert findings_on(page) == []


def test_a_menu_is_closed_by_escape_and_by_a_click_elsewhere(page: Page) -> None:
    row = page.get_by_role("row", name="anna@acme.test")
    row.locator("summary").click()
    expect(row.get_by_text("Manage")).to_be_visible()
    assert findings_on(page) == []

    page.keyboard.press("Escape")
    expect(row.get_by_text("Manage")).to_be_hidden()
    expect(row.locator("summary")).to_be_focused()

    row.locator("summary").click()
    page.get_by_role("heading", name="Accounts").click()
    expect(row.get_by_text("Manage")).to_be_hidden()


def test_the_last_menu_opens_upward_into_view(page: Page) -> None:
    row = page.locator("tbody tr").last
    row.scroll_into_view_if_needed()
    row.locator("summary").click()

    expect(row.get_by_text("Delete")).to_be_in_viewport()


def test_slash_goes_to_the_search_field(page: Page) -> None:
    page.keyboard.press("/")

    expect(page.get_by_label("Search mailboxes")).to_be_focused()
    assert page.get_by_label("Search mailboxes").input_value() == ""


def test_the_first_tab_is_the_way_past_the_menus(page: Page) -> None:
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()


def test_the_theme_is_kept_and_comes_before_the_first_paint(page: Page) -> None:
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark theme").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload(wait_until="commit")
    page.wait_for_selector("body")

    assert light != dark
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_ticking_rows_brings_the_bar_and_counts(page: Page) -> None:
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()

    page.get_by_role("checkbox", name="ben@acme.test").check()
    expect(bar).to_contain_text("1 ticked")
    assert findings_on(page) == []
    page.get_by_label("Tick all on this page").check()
    expect(bar).to_contain_text("25 ticked")
    page.get_by_role("button", name="Untick all").click()

    expect(bar).to_be_hidden()
    expect(page.get_by_role("checkbox", name="ben@acme.test")).not_to_be_checked()


def test_a_row_being_created_changes_by_itself(page: Page, stage: Stage) -> None:
    row = page.get_by_role("row", name="bob@acme.test")
    expect(row).to_contain_text("Being created")

    bob = stage.service.mail_domain.mailboxes.get(local_part="bob")
    bob.activate()
    bob.settle(at=timezone.now())
    bob.save()

    expect(row).to_contain_text("Active")
    assert "hx-get" not in (row.evaluate("row => row.outerHTML"))
    assert Mailbox.objects.get(pk=bob.pk).status == Mailbox.Status.ACTIVE


def test_a_record_is_copied(page: Page, stage: Stage) -> None:
    page.goto(stage.path("service", stage.unverified))

    page.get_by_role("button", name="Copy Value").click()

    expect(page.get_by_role("button", name="Copied Value")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "ea-verify=0123456789abcdef"


def test_a_lost_connection_is_said(
    page: Page, context: BrowserContext, complaints: list[str]
) -> None:
    context.set_offline(True)
    page.get_by_role("link", name="Add Mailbox").click()

    expect(page.locator("#toasts")).to_contain_text("No connection.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    context.set_offline(False)
    complaints.clear()  # the browser's own words about the lost connection


def test_back_shows_the_list_as_it_was(page: Page) -> None:
    page.get_by_label("Search mailboxes").fill("zoe")
    expect(page.locator("tbody tr")).to_have_count(1)

    page.go_back()

    expect(page.locator("tbody tr")).to_have_count(25)
