"""Add a reseller account at the vendor, after a test of its connection."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.actors import Actor
from provisioning import module
from provisioning.models import Server
from provisioning.operations import servers


class Command(BaseCommand):
    """`manage.py add_server NAME USERNAME`; the password comes from the terminal."""

    help = (
        "Add a reseller account. The password is asked for, or read from the environment variable "
        "EMAILARRAY_PASSWORD; it is stored encrypted. Nothing is saved unless the log-in works."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("username")
        for field in ("admin-url", "fallback-admin-url", "user-url", "control-panel-url"):
            parser.add_argument(f"--{field}")
        parser.add_argument("--untested", action="store_true", help="save without a log-in")

    def handle(self, *_args: Any, **options: Any) -> None:
        urls = ("admin_url", "fallback_admin_url", "user_url", "control_panel_url")
        if Server.objects.filter(name=options["name"]).exists():
            raise CommandError(f"There is a server called {options['name']} already.")
        server = Server(
            name=options["name"],
            username=options["username"],
            password=_password(),
            **{url: options[url] for url in urls if options[url] is not None},
        )
        if not options["untested"]:
            # The test logs its exchanges with the server, so the row has to be there for it.
            server.save()
            report = module.test_connection(server)
            if not report.ok:
                server.delete()
                raise CommandError(f"Not added. {report.message}")
            server.health, server.health_message = Server.Health.OK, report.message
        servers.add_server(server=server, actor=Actor.system("add_server"))
        self.stdout.write(f"{server} is ready.")


def _password() -> str:
    password = os.environ.get("EMAILARRAY_PASSWORD") or (
        getpass.getpass("Password of the reseller account: ") if sys.stdin.isatty() else ""
    )
    if not password:
        raise CommandError("Set EMAILARRAY_PASSWORD, or run this in a terminal.")
    return password
