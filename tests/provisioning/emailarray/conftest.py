"""Fixtures of the client's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from tests.provisioning.emailarray.scripted import Vendor


@pytest.fixture(autouse=True)
def repeat_without_waiting() -> Iterator[None]:
    """Reads are repeated as always, but at once."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
def vendor() -> Vendor:
    """A vendor that says yes to everything unless told otherwise."""
    return Vendor()
