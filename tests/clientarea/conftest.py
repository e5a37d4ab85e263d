"""A customer in their browser, at the test client's speed."""

from __future__ import annotations

import time

import pytest
from django.test import Client as Browser

from billing.models import Service
from clientarea.visits import SEEN_AT
from clients.models import User
from provisioning.sandbox import Sandbox
from tests import makers


@pytest.fixture
def owner(db: None) -> User:  # noqa: ARG001
    """Somebody who owns a client."""
    return makers.make_user(email="ada@people.test", first_name="Ada")


@pytest.fixture
def service(owner: User, vendor: Sandbox) -> Service:
    """The owner's active, verified service for acme.test."""
    client = makers.make_client(owner=owner)
    return makers.make_service(client=client, domain="acme.test", vendor=vendor)


@pytest.fixture
def customer(owner: User) -> Browser:
    """The owner, logged in, on a visit that is noted already."""
    browser = Browser()
    browser.force_login(owner)
    session = browser.session
    session[SEEN_AT] = int(time.time())
    session.save()
    return browser
