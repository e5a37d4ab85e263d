"""`manage.py new_encryption_key`: print a key for ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Print a new key for ENCRYPTION_KEYS. Put it before the keys in use, separated by a comma."
    )
    # A key is needed before the other settings are known to be right.
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:  # noqa: ARG002  # Django hands over its own options
        self.stdout.write(Fernet.generate_key().decode())
