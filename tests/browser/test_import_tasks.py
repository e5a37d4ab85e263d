"""Importing, exporting and setting up as a person does it, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from clients.models import EmailMessage
from provisioning.models import Mailbox
from provisioning.sandbox import Sandbox
from tests.browser.conftest import enter
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

FILE: FilePayload = {
    "name": "people.csv",
    "mimeType": "text/csv",
    "buffer": b"type,user,password,quota,name\nbasic,ada,generate,1,Ada\ngold,ken,generate,1,Ken\n",
}


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


def test_a_file_is_checked_confirmed_and_its_passwords_are_fetched_once(
    page: Page, stage: Stage, vendor: Sandbox
) -> None:
    page.goto(stage.path("mailboxes", stage.empty))
    page.get_by_role("link", name="Import CSV").click()
    page.get_by_label("CSV file").set_input_files(FILE)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("1 mailbox would be created.")).to_be_visible()
    expect(page.get_by_text("The type is Basic or Enhanced")).to_be_visible()
    assert not stage.empty.mail_domain.mailboxes.exists()

    page.get_by_role("button", name="Create 1 mailbox").click()
    expect(page.get_by_text("1 of 1 created")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download the passwords once").click()
    page.reload()
    with page.expect_download() as left_out:
        page.get_by_role("link", name="Download these lines").click()

    address, password = fetched.value.path().read_text("utf-8-sig").splitlines()[1].split(",")
    assert address == f"ada@{stage.empty.domain}"
    assert vendor.accepts_password(stage.empty.domain, "ada", password.strip('"'))
    assert "gold,ken,generate,1,Ken" in left_out.value.path().read_text()
    expect(page.get_by_role("button", name="Download the passwords once")).to_have_count(0)
    assert stage.empty.mail_domain.mailboxes.get().status == Mailbox.Status.ACTIVE


def test_the_list_is_exported_as_it_is_filtered(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.path('mailboxes')}?status=disabled")

    with page.expect_download() as exported:
        page.get_by_role("link", name="Export these as CSV").click()

    lines = exported.value.path().read_text("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["elena@acme.test"]


def test_instructions_are_found_downloaded_and_mailed(page: Page, stage: Stage) -> None:
    page.goto(stage.path("mailboxes"))
    row = page.locator(f"#m{stage.mailbox.pk}")
    row.locator("summary").click()
    row.get_by_role("link", name="Set-up instructions").click()
    expect(page.get_by_role("heading", name="Set-up instructions")).to_be_visible()
    with page.expect_download() as profile:
        page.get_by_role("link", name="Apple profile").click()
    page.get_by_label("Send to").fill("anna@home.test")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("on their way to anna@home.test")).to_be_visible()

    page.get_by_role("link", name="Open that page here").click()

    expect(page.get_by_role("heading", name="Set up anna@acme.test")).to_be_visible()
    assert profile.value.suggested_filename == "anna@acme.test.mobileconfig"
    assert EmailMessage.objects.filter(to="anna@home.test").count() == 1
