"""The migrations say what the models say."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command

from clients.models import Client
from tests.architecture.tree import tracked

pytestmark = pytest.mark.django_db


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_missing_migration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client._meta.get_field("name"), "max_length", 7)

    with pytest.raises(SystemExit):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named_after_what_they_do() -> None:
    names = [name for name in tracked(".py") if re.search(r"/migrations/\d+_auto_", name)]

    assert names == []
