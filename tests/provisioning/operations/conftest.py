"""A service to work on."""

from __future__ import annotations

import pytest

from billing.models import Service
from provisioning.sandbox import Sandbox
from tests import makers


@pytest.fixture
def service(db: None, vendor: Sandbox) -> Service:  # noqa: ARG001
    """A service with two mailboxes."""
    service = makers.make_service(domain="acme.test", vendor=vendor)
    makers.make_mailbox(service, "anna", vendor=vendor)
    makers.make_mailbox(service, "ben", vendor=vendor)
    return service
