"""`manage.py seed_demo`: fill the demo with customers, domains and mailboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from polarismail.demo import seed


class Command(BaseCommand):
    help = "Fill the demo. Needs a running stand-in and worker; what is there already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read where the stand-in is."""
        parser.add_argument("vendor_url", help="address of the stand-in, with its control desk on")
        parser.add_argument("state_file", type=Path, help="the stand-in's state file")

    def handle(self, *, vendor_url: str, state_file: Path, **options: Any) -> None:  # noqa: ARG002  # Django hands over its own options
        """
        Sow the seed.

        :raises CommandError: the worker or the stand-in did not do its part
        """
        try:
            seed.sow(vendor_url=vendor_url, state_file=state_file, say=self.stdout.write)
        except seed.SeedFailed as error:
            raise CommandError(str(error)) from error
