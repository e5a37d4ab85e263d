"""Suspend, unsuspend, spare, change, close, restore or terminate the service of a domain."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.models import Product, Service
from billing.operations import pausing, services, termination
from clients.actors import Actor
from core.errors import OperationError
from provisioning.models import ModuleJob
from provisioning.queries import usage_of

ACTOR = Actor.system("service command")


class Command(BaseCommand):
    """`manage.py service suspend example.com --reason "Overdue on Payment"`, and so on."""

    help = "Ask for a module function; a worker carries it out."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        suspend = actions.add_parser("suspend", help="switch the domain off; its mail stays")
        suspend.add_argument("--reason", required=True, help="shown to the client")
        actions.add_parser("unsuspend", help="switch the domain on again")
        spare = actions.add_parser(
            "spare", help="neither suspend nor close it by itself for a while"
        )
        spare.add_argument(
            "--until", required=True, type=_day, metavar="YYYY-MM-DD", help="or “now” to end it"
        )
        change = actions.add_parser("change", help="give the service another product")
        change.add_argument("--product", required=True, help="the product's name")
        close = actions.add_parser("close", help="switch the domain off; it can be restored")
        close.add_argument("--reason", required=True, help="for the record")
        close.add_argument("--days", type=int, help="for how long its mail is kept")
        actions.add_parser("restore", help="bring a closed domain back with all its mail")
        terminate = actions.add_parser("terminate", help="delete the domain with all its mail")
        for action in (close, terminate):
            action.add_argument(
                "--confirm",
                metavar="DOMAIN",
                help="the domain once more, where nobody can be asked",
            )
        for action in actions.choices.values():
            action.add_argument("domain")

    def handle(self, *_args: Any, **options: Any) -> None:
        service = _service(options["domain"])
        if options["action"] == "spare":
            until = options["until"]
            pausing.spare_service(service=service, until=until, actor=ACTOR)
            self.stdout.write(f"{service}: spared until {until or 'now'}.")
            return
        try:
            asked = self._ask(service, options)
        except OperationError as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"{service}: {asked} is queued.")

    def _ask(self, service: Service, options: dict[str, Any]) -> str:
        match options["action"]:
            case "suspend":
                job = services.suspend_service(
                    service=service, reason=options["reason"], actor=ACTOR
                )
            case "unsuspend":
                job = services.unsuspend_service(service=service, actor=ACTOR)
            case "change":
                product = Product.objects.filter(name=options["product"]).first()
                if product is None:
                    raise CommandError(f"There is no product called {options['product']}.")
                job = services.change_product(service=service, product=product, actor=ACTOR)
            case "close":
                self._require_confirmation(
                    service, options["confirm"], "This switches off {what}; it can be restored."
                )
                return self._close(service, options)
            case "restore":
                termination.restore_service(service=service, actor=ACTOR, on=timezone.localdate())
                return str(ModuleJob.Action.RESTORE.label)
            case _:
                self._require_confirmation(
                    service, options["confirm"], "This deletes {what}, at once and for good."
                )
                job = services.terminate_service(service=service, actor=ACTOR)
        return str(job.get_action_display())

    def _close(self, service: Service, options: dict[str, Any]) -> str:
        closing = termination.close_service(
            service=service,
            reason=options["reason"],
            hold_days=options["days"],
            actor=ACTOR,
            on=timezone.localdate(),
        )
        return f"{ModuleJob.Action.CLOSE.label}, kept for {closing.hold_days} days,"

    def _require_confirmation(self, service: Service, confirmed: str | None, warning: str) -> None:
        if confirmed is None and sys.stdin.isatty():
            self.stdout.write(warning.format(what=_what_ends(service)))
            confirmed = input("Type the domain to go on: ").strip()
        if confirmed != service.domain:
            raise CommandError("Nothing was done: the domain was not confirmed.")


def _day(text: str) -> date | None:
    if text == "now":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no date such as 2026-12-31") from error


def _what_ends(service: Service) -> str:
    usage = usage_of(service.mail_domain)
    megabytes = usage.quota.used_mb or 0
    return (
        f"{usage.mailboxes.used} mailboxes of {service.domain} with all their mail ({megabytes} MB)"
    )


def _service(domain: str) -> Service:
    service = (
        Service.objects.with_domain()
        .filter(mail_domain__domain=domain.strip().lower())
        .exclude(status__in=[Service.Status.TERMINATED, Service.Status.CANCELLED])
        .first()
    )
    if service is None:
        raise CommandError(f"No service is live for {domain}.")
    return service
