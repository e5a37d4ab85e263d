"""DKIM, DNS, branding and domain settings as a person does them, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from clients.models import EmailMessage
from provisioning.models import Branding, Dkim, DnsReading
from provisioning.sandbox import Sandbox
from tests import pictures
from tests.browser.conftest import enter
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
def resolver(vendor: Sandbox, settings: Settings) -> Iterator[None]:
    """Our questions go to the stand-in's name server."""
    with vendor.serve(dns_port=0) as served:
        settings.DNS_TIMEOUT_SECONDS = 5.0
        settings.DNS_RESOLVERS = [f"127.0.0.1:{served.dns_port}"]
        yield


@pytest.fixture
def page(context: BrowserContext, stage: Stage, site: str) -> Page:
    """Logged in."""
    page = context.new_page()
    enter(context, site, stage.user)
    return page


@pytest.mark.usefixtures("resolver")
def test_dkim_is_enabled_published_seen_and_disabled_again(
    page: Page, stage: Stage, vendor: Sandbox
) -> None:
    domain = stage.empty.domain
    page.goto(stage.path("service", stage.empty))

    page.get_by_role("link", name="DKIM Setup").first.click()
    page.get_by_role("button", name="Enable DKIM").click()
    expect(page.locator("#dkim-value")).to_have_text(vendor.domains()[domain]["dkim_key"])
    vendor.zone.publish_expected(domain, "dkim")
    page.get_by_role("button", name="Check DNS now").click()
    expect(page.locator("#dkim-standing")).to_have_text("Published and active")
    page.get_by_role("link", name="Disable DKIM").click()
    expect(page.get_by_role("heading", name=f"Disable DKIM for {domain}?")).to_be_visible()
    page.get_by_role("button", name="Disable DKIM").click()

    expect(page.locator("#dkim-standing")).to_have_text("Disabled")
    assert vendor.domains()[domain]["dkim_enabled"] == "0"
    assert not Dkim.objects.get(mail_domain=stage.empty.mail_domain).is_enabled


@pytest.mark.usefixtures("resolver")
def test_dns_ticks_follow_what_is_published(page: Page, stage: Stage, vendor: Sandbox) -> None:
    page.goto(stage.path("dns", stage.empty))
    incoming = page.locator(".dns-line").filter(has_text="Incoming mail (MX)")
    expect(incoming).to_contain_text("Missing")
    vendor.zone.publish_expected(stage.empty.domain, "mx")

    page.get_by_role("button", name="Check DNS now").click()

    expect(incoming).to_contain_text("Found")
    assert not DnsReading.objects.get(mail_domain=stage.empty.mail_domain).is_awaited


def test_the_zone_file_is_downloaded(page: Page, stage: Stage) -> None:
    page.goto(stage.path("dns"))

    with page.expect_download() as download:
        page.get_by_role("link", name="Download zone file").click()

    assert download.value.suggested_filename == "acme.test.zone.txt"
    assert "10 mx2.emailarray.com." in Path(download.value.path()).read_text()


def test_the_records_are_mailed_after_a_slip_in_the_address(page: Page, stage: Stage) -> None:
    page.goto(stage.path("dns"))

    page.get_by_role("link", name="Mail to my DNS provider").click()
    page.get_by_label("Email address of your DNS provider").fill("nobody")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#id_address-error")).to_be_visible()
    page.get_by_label("Email address of your DNS provider").fill("dns@provider.test")
    page.get_by_label("Note").fill("Today, please")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#toasts")).to_contain_text("The records go to dns@provider.test.")
    assert "Today, please" in EmailMessage.objects.get(to="dns@provider.test").text


def test_branding_is_previewed_saved_and_reset(page: Page, stage: Stage, vendor: Sandbox) -> None:
    page.goto(stage.path("branding", stage.empty))
    domain = stage.empty.domain

    page.locator("#id_name").fill("Fresh Start")
    page.locator("#id_color").fill("#ffe000")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#brand-preview")).to_contain_text("choose a darker color")
    assert vendor.domains()[domain]["brandname"] == ""
    page.locator("#id_color").fill("#123456")
    page.locator("#id_logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": pictures.png()}
    )
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#toasts")).to_contain_text("The new look of webmail is saved.")
    brand = vendor.domains()[domain]
    page.get_by_role("link", name="Reset").click()
    page.get_by_role("button", name="Reset").click()

    expect(page.locator("#toasts")).to_contain_text("usual look again")
    assert (brand["brandname"], brand["brandcolor"]) == ("Fresh Start", "123456")
    assert brand["logo_bytes"] > 0
    assert vendor.domains()[domain]["brandname"] == ""
    assert Branding.objects.get(mail_domain=stage.empty.mail_domain).logo_preview == ""


def test_an_svg_is_refused_with_the_reason(page: Page, stage: Stage, vendor: Sandbox) -> None:
    page.goto(stage.path("branding"))

    page.locator("#id_logo").set_input_files(
        {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='alert(1)'/>"}
    )
    page.get_by_role("button", name="Update").click()

    expect(page.locator("#id_logo-error")).to_contain_text("SVG files can carry scripts")
    assert vendor.calls("setDomainBrandingV2") == []


def test_footer_and_time_zone_are_saved(page: Page, stage: Stage, vendor: Sandbox) -> None:
    page.goto(stage.path("domain-settings", stage.empty))

    page.locator("#id_footer").fill("Fresh Start Ltd\nSecond line")
    page.get_by_role("button", name="Save footer").click()
    expect(page.locator("#toasts")).to_contain_text("The footer is saved.")
    page.locator("#id_time_zone").fill("lisbon")
    page.get_by_role("button", name="Save time zone").click()
    expect(page.locator("#toasts")).to_contain_text("The time zone is Europe/Lisbon.")

    remote = vendor.domains()[stage.empty.domain]
    assert remote["footer"] == "Fresh Start Ltd<br>\nSecond line"
    assert remote["dtzone"] == "Europe/Lisbon"


def test_the_sketch_follows_while_one_types(browser: Browser, stage: Stage, site: str) -> None:
    context = browser.new_context(base_url=site)
    page = context.new_page()
    enter(context, site, stage.user)
    page.goto(stage.path("branding"))
    sketch = page.locator("#brand-preview")

    page.locator("#id_name").fill("Quick Brand")
    page.locator("#id_color").fill("#ffe000")
    page.locator("#id_logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": pictures.png(80, 30)}
    )

    expect(sketch).to_contain_text("Quick Brand")
    expect(sketch).to_contain_text("contrast of 1.3 to 1")
    expect(sketch.locator("rect").first).to_have_attribute("fill", "#ffe000")
    page.wait_for_function("document.querySelector('[data-brand-logo]').naturalWidth === 80")
    page.locator("[data-brand-picker]").fill("#0b6e4f")
    expect(page.locator("#id_color")).to_have_value("#0b6e4f")
    expect(sketch).to_contain_text("easy to read")
    context.close()
