"""Searching, and taking back what was done, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from clients.models import Activity
from provisioning.sandbox import Sandbox
from tests.browser.conftest import enter
from tests.browser.looks import findings_on
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser


@pytest.fixture(params=["scripts", "no scripts"])
def page(
    request: pytest.FixtureRequest, browser: Browser, stage: Stage, site: str
) -> Iterator[Page]:
    """Somebody logged in, in a browser with scripts, then in one without."""
    context = browser.new_context(
        base_url=site,
        java_script_enabled=request.param == "scripts",
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    enter(context, site, stage.user)
    yield page
    context.close()


def has_scripts(request: pytest.FixtureRequest) -> bool:
    return "no scripts" not in request.node.name


def section(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="This service").get_by_role("link", name=name).click()


def test_a_deleted_alias_is_brought_back_from_the_activity(
    page: Page, stage: Stage, vendor: Sandbox, request: pytest.FixtureRequest
) -> None:
    page.goto(stage.path("aliases"))
    page.get_by_role("link", name="Add Alias", exact=True).click()
    page.get_by_label("Alias", exact=True).fill("shop")
    page.get_by_label("Delivers to").fill("ben")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Delete shop@acme.test").click()
    page.get_by_role("button", name="Delete alias").click()
    expect(page.locator("#toasts")).to_contain_text("Alias shop@acme.test deleted")
    deleted = "shop" not in vendor.aliases("acme.test")

    section(page, "Activity")
    page.get_by_label("What it was about").select_option(label="Aliases")
    if not has_scripts(request):
        page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("A job at the mail server")).to_have_count(0)
    page.get_by_role("link", name="Undo Alias shop@acme.test was deleted").click()
    expect(page.get_by_role("heading", name="Take this back?")).to_be_visible()
    expect(page.get_by_text("is added again and leads to ben@acme.test")).to_be_visible()
    if has_scripts(request):
        assert findings_on(page) == []
    still_deleted = "shop" not in vendor.aliases("acme.test")
    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#toasts")).to_contain_text("Alias shop@acme.test is back")
    assert page.url.endswith("/activity/?kind=aliases")
    assert (deleted, still_deleted) == (True, True)
    assert vendor.aliases("acme.test")["shop"] == "ben@acme.test"
    line = Activity.objects.latest("pk")
    assert (line.action, line.actor) == ("alias.added", stage.user)


def test_what_the_vendor_refuses_to_take_back_is_told_and_tried_again(
    page: Page, stage: Stage, vendor: Sandbox
) -> None:
    page.goto(f"{stage.path('activity')}?kind=aliases")
    vendor.faults.add(action="addAlias", kind="reject", sentence="Not this one")
    page.get_by_role("link", name="Undo Alias a-rather-long-alias").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_role("button", name="Undo").click()

    expect(page.locator("#toasts")).to_contain_text("is back")
    assert "a-rather-long-alias-that-nobody-needs-any-more" in vendor.aliases("acme.test")


def test_what_was_done_is_paged(page: Page, stage: Stage) -> None:
    page.goto(stage.path("activity"))
    expect(page.locator(".deed")).to_have_count(50)

    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("p0@acme.test")).to_be_visible()
    page.get_by_role("link", name="Newer").click()

    expect(page.locator(".deed").first).to_contain_text("A job at the mail server was tried again")


def test_something_is_found_and_opened(
    page: Page, stage: Stage, request: pytest.FixtureRequest
) -> None:
    page.goto(stage.path("dns"))
    page.keyboard.press("/")
    if not has_scripts(request):
        page.get_by_label("Search this service").focus()
    expect(page.get_by_label("Search this service")).to_be_focused()
    page.keyboard.type("press")
    if has_scripts(request):
        expect(page.locator(".quick-panel")).to_contain_text("press@acme.test")
        assert findings_on(page) == []
        page.keyboard.press("ArrowDown")
    else:
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
        page.get_by_role("link", name="press@acme.test").first.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Alias", exact=True)).to_have_value("press")


def test_on_a_phone_the_open_page_is_in_sight_among_the_others(
    page: Page, stage: Stage, request: pytest.FixtureRequest
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(stage.path("activity"))

    link = page.get_by_role("navigation", name="This service").get_by_role("link", name="Activity")

    if has_scripts(request):
        expect(link).to_be_in_viewport(ratio=1)
    link.scroll_into_view_if_needed()
    expect(link).to_be_in_viewport(ratio=1)
