"""Chromium, a server of ours, and the stand-in's own pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from clients.models import User
from provisioning.sandbox import Sandbox
from tests.browser.stage import Stage, set_stage
from tests.makers import PASSWORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The machine's own Chromium; nothing is downloaded."""
    return {
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "headless": True,
        "args": FLAGS,
    }


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    """Playwright's loop runs in this thread, which Django takes for asynchronous code."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def stage(vendor: Sandbox, live_server: LiveServer, socket_enabled: None) -> Iterator[Stage]:  # noqa: ARG001
    """Every state of a service, with the stand-in's pages on a port of their own."""
    with vendor.serve() as served:
        yield set_stage(vendor, control_panel_url=f"{served.url}/processlogin.php")


@pytest.fixture
def site(live_server: LiveServer) -> str:
    """The address of our own server."""
    address: str = live_server.url
    return address


def enter(context: BrowserContext, site: str, user: User) -> None:
    """Let somebody be logged in before the first page they open."""
    visit = Client()
    visit.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": visit.cookies[name].value, "url": site}])


def log_in(page: Page, site: str, user: User) -> None:
    """Log in through the page, as a person does."""
    page.goto(f"{site}/account/login/")
    page.fill("#id_login", user.email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{site}/")
