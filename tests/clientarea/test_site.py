"""The reseller's own look, the health check, and pages that say something is in the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import include, path
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from billing.models import Service
from clientarea.brand import shades_of
from clientarea.views import errors
from tests.clientarea.addresses import at


def broken(_request: Any) -> HttpResponse:
    raise RuntimeError("a secret detail")


# A site with one page that fails, and the real ones the error page leads to.
urlpatterns = [path("broken/", broken), path("", include("clientarea.urls"))]
handler500 = errors.server_error


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@given(st.integers(min_value=0, max_value=0xFFFFFF))
def test_every_color_a_reseller_may_choose_stays_readable(number: int) -> None:
    shades = shades_of(f"#{number:06x}")

    assert contrast(shades.on_fill, shades.fill) >= 4.5
    assert contrast(shades.on_fill, shades.fill_hover) >= 4.5
    for ground in ("#ffffff", "#f4f5f9", shades.soft_light):
        assert contrast(shades.text_light, ground) >= 4.5
    for ground in ("#10131a", "#181c25", "#212631", shades.soft_dark):
        assert contrast(shades.text_dark, ground) >= 4.5


@pytest.mark.parametrize("color", ["", "red", "#12", "url(x)", "#12345g"])
def test_what_is_no_color_means_our_own(color: str) -> None:
    assert shades_of(color) == shades_of("#3b4fd8")


def test_a_short_color_is_the_long_one() -> None:
    assert shades_of("#a3f") == shades_of("AA33FF")


def test_the_color_comes_as_a_style_sheet_that_may_be_kept(settings: Settings) -> None:
    settings.BRAND_COLOR = "#116644"

    response = Browser().get("/brand.css")

    assert response["Content-Type"].startswith("text/css")
    assert "public" in response["Cache-Control"]
    assert "--brand: #116644;" in response.content.decode()


@pytest.mark.django_db
def test_the_pages_wear_the_resellers_name_logo_and_color(settings: Settings) -> None:
    settings.BRAND_NAME, settings.BRAND_COLOR = "Acme Hosting", "#116644"
    before = Browser().get("/account/login/").content.decode()
    settings.BRAND_COLOR, settings.BRAND_LOGO_URL = "#aa0000", "/static/acme.svg"
    after = Browser().get("/account/login/").content.decode()

    assert "Acme Hosting" in before
    assert "PolarisMail" not in before
    assert '<img src="/static/acme.svg" alt="Acme Hosting"' in after
    addresses = [re.findall(r"/brand\.css\?v=\w+", html)[0] for html in (before, after)]
    assert addresses[0] != addresses[1]


@pytest.mark.django_db
def test_health_is_told_without_log_in() -> None:
    response = Browser().get("/healthz/")

    assert response.json() == {"status": "ok", "database": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_health_without_a_database_is_503() -> None:
    def refuse(*_args: Any) -> None:
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        response = Browser().get("/healthz/")

    assert response.status_code == 503
    assert response.json()["database"] == "unavailable"


@pytest.mark.django_db
def test_a_missing_page_says_so_in_our_look() -> None:
    response = Browser().get("/nowhere/")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_a_failure_tells_no_detail_and_asks_no_database(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    browser = Browser(raise_request_exception=False)

    response = browser.get("/broken/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "secret detail" not in response.content.decode()


def test_a_form_without_its_mark_is_refused_kindly(service: Service, customer: Browser) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = customer.cookies

    response = strict.post(at("service-recheck", service))

    assert response.status_code == 403
    assert "Please send that once more" in response.content.decode()


def test_pages_hold_no_inline_script_and_no_inline_style(
    customer: Browser, service: Service
) -> None:
    for address in ("/", "/services/", at("service", service), at("mailboxes-add", service)):
        html = customer.get(address).content.decode()

        assert " style=" not in html, address
        assert "<style" not in html, address
        assert not re.findall(r"\son\w+=", html), address
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html)), address
