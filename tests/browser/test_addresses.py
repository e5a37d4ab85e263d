"""Aliases, forwarding and lists as a person works on them, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from provisioning.sandbox import Sandbox
from tests.browser.conftest import enter
from tests.browser.looks import findings_on
from tests.browser.stage import Stage

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
    """Logged in, on the overview of the service."""
    page = context.new_page()
    enter(context, site, stage.user)
    page.goto(stage.path("service"))
    return page


def section(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="This service").get_by_role("link", name=name).click()


def row(page: Page, text: str) -> None:
    expect(page.locator("tbody tr", has_text=text)).to_be_visible()


def toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def test_an_alias_is_added_changed_and_deleted(page: Page, vendor: Sandbox) -> None:
    section(page, "Aliases")
    page.get_by_role("link", name="Add Alias", exact=True).click()
    page.get_by_label("Alias", exact=True).fill("shop")
    page.get_by_label("Delivers to").fill("ben")
    page.get_by_role("button", name="Save").click()
    toast(page, "Alias shop@acme.test created")
    added = vendor.aliases("acme.test")["shop"]

    page.get_by_role("link", name="Edit shop@acme.test").click()
    page.get_by_label("Delivers to").fill("carla@acme.test")
    page.get_by_role("button", name="Save").click()
    toast(page, "shop@acme.test is saved")
    changed = vendor.aliases("acme.test")["shop"]

    page.get_by_role("link", name="Delete shop@acme.test").click()
    expect(page.get_by_role("heading", name="Delete shop@acme.test?")).to_be_visible()
    page.get_by_role("button", name="Delete alias").click()
    toast(page, "Alias shop@acme.test deleted")

    assert (added, changed) == ("ben@acme.test", "carla@acme.test")
    assert "shop" not in vendor.aliases("acme.test")


def test_a_mistake_in_an_alias_is_put_right_where_it_was_made(page: Page, vendor: Sandbox) -> None:
    section(page, "Aliases")
    page.get_by_role("link", name="Add Alias", exact=True).click()
    page.get_by_label("Alias", exact=True).fill("shop@elsewhere.test")
    page.get_by_label("Delivers to").fill("ben")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_local_part-error")).to_contain_text("end in @acme.test")

    page.get_by_label("Alias", exact=True).fill("shop@acme.test")
    page.get_by_label("Delivers to").fill("no body")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_target-error")).to_contain_text("is not an email address")

    page.get_by_label("Delivers to").fill("ben")
    page.get_by_role("button", name="Save").click()
    toast(page, "Alias shop@acme.test created")
    assert vendor.aliases("acme.test")["shop"] == "ben@acme.test"


def test_the_catch_all_is_changed_and_switched_off(page: Page, vendor: Sandbox) -> None:
    section(page, "Aliases")
    page.get_by_role("link", name="Change Catch-all").click()
    page.get_by_label("Deliver it to").fill("ben@acme.test")
    page.get_by_role("button", name="Save").click()
    toast(page, "Mail to unknown addresses goes to ben@acme.test")
    on = vendor.domains()["acme.test"]["catchall"]

    page.get_by_role("link", name="Change Catch-all").click()
    page.get_by_role("button", name="Switch off").click()
    toast(page, "Mail to unknown addresses is turned away")

    assert on == "ben@acme.test"
    assert vendor.domains()["acme.test"]["catchall"] == ""


def test_a_forward_is_added_and_deleted(page: Page, vendor: Sandbox) -> None:
    section(page, "Forwarding")
    page.get_by_role("link", name="Add Forward").click()
    page.get_by_label("Mailbox", exact=True).fill("ben")
    page.get_by_label("Send a copy to").fill("ben@elsewhere.test")
    page.get_by_role("button", name="Save").click()
    toast(page, "ben@acme.test now sends copies to ben@elsewhere.test")
    added = vendor.forwards("acme.test")["ben"]

    page.get_by_role("link", name="Delete ben@acme.test to ben@elsewhere.test").click()
    page.get_by_role("button", name="Delete forward").click()
    toast(page, "ben@acme.test sends no more copies to ben@elsewhere.test")

    assert added == ["ben@elsewhere.test"]
    assert "ben" not in vendor.forwards("acme.test")


def test_a_list_is_made_from_ticked_found_and_pasted_members(
    page: Page, vendor: Sandbox, request: pytest.FixtureRequest
) -> None:
    section(page, "Distribution Lists")
    page.get_by_role("link", name="Add List").click()
    page.get_by_label("List", exact=True).fill("board")
    page.get_by_label("anna@acme.test").check()
    page.get_by_label("Find mailboxes").fill("zoe")
    if "no scripts" in request.node.name:
        page.get_by_role("button", name="Find").click()
    expect(page.get_by_label("ben@acme.test")).to_have_count(0)
    page.get_by_label("zoe@acme.test").check()
    page.get_by_label("Other addresses").fill("guest@partner.test; GUEST@partner.test")
    assert findings_on(page) == [] if "no scripts" not in request.node.name else True
    page.get_by_role("button", name="Save").click()

    toast(page, "List board@acme.test created")
    assert sorted(vendor.lists("acme.test")["board"]) == [
        "anna@acme.test",
        "guest@partner.test",
        "zoe@acme.test",
    ]


def test_the_difference_of_a_list_is_seen_before_it_is_saved(page: Page, vendor: Sandbox) -> None:
    section(page, "Distribution Lists")
    page.get_by_role("link", name="Add List").click()
    page.get_by_label("List", exact=True).fill("board")
    page.get_by_label("anna@acme.test").check()
    page.get_by_role("button", name="Save").click()
    toast(page, "List board@acme.test created")

    page.get_by_role("link", name="Edit board@acme.test").click()
    page.get_by_label("anna@acme.test").uncheck()
    page.get_by_label("ben@acme.test").check()
    page.get_by_role("button", name="Show changes").click()
    expect(page.get_by_role("heading", name="One joins")).to_be_visible()
    expect(page.get_by_role("heading", name="One leaves")).to_be_visible()
    before = vendor.lists("acme.test")["board"]
    page.get_by_role("button", name="Save").click()
    toast(page, "board@acme.test is saved")

    page.get_by_role("link", name="Delete board@acme.test").click()
    page.get_by_role("button", name="Delete list").click()
    toast(page, "List board@acme.test deleted")

    assert before == ["anna@acme.test"]
    assert "board" not in vendor.lists("acme.test")


def test_a_list_that_stopped_half_way_is_finished(page: Page, vendor: Sandbox) -> None:
    vendor.faults.add(action="addListMember", kind="reject", sentence="Not this one")
    section(page, "Distribution Lists")
    page.get_by_role("link", name="Add List").click()
    page.get_by_label("List", exact=True).fill("board")
    page.get_by_label("anna@acme.test").check()
    page.get_by_label("ben@acme.test").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("One change was not made.")).to_be_visible()

    page.get_by_role("button", name="Try again").click()

    toast(page, "board@acme.test is saved")
    assert sorted(vendor.lists("acme.test")["board"]) == ["anna@acme.test", "ben@acme.test"]


def test_aliases_are_searched_and_sorted(page: Page, request: pytest.FixtureRequest) -> None:
    section(page, "Aliases")
    page.get_by_label("Search aliases").fill("partner")
    if "no scripts" in request.node.name:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    row(page, "jobs@acme.test")

    page.get_by_label("Search aliases").fill("")
    if "no scripts" in request.node.name:
        page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Alias", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("sales@acme.test")


def test_an_alias_is_added_by_keyboard_alone(
    page: Page, vendor: Sandbox, request: pytest.FixtureRequest
) -> None:
    section(page, "Aliases")
    page.get_by_role("link", name="Add Alias", exact=True).focus()
    page.keyboard.press("Enter")
    if "no scripts" not in request.node.name:
        expect(page.get_by_role("dialog", name="Add Alias")).to_be_visible()
        assert findings_on(page) == []
    expect(page.get_by_label("Alias", exact=True)).to_be_focused()
    page.keyboard.type("shop")
    page.keyboard.press("Tab")
    page.keyboard.type("ben@acme.test")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")

    toast(page, "Alias shop@acme.test created")
    assert vendor.aliases("acme.test")["shop"] == "ben@acme.test"
