"""Leave the language as it was: a request to the test client leaves its own behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _language_as_before() -> Iterator[None]:
    yield
    translation.deactivate()
