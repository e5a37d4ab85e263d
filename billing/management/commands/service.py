"""Suspend, unsuspend, change or terminate the service of a domain."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Product, Service
from billing.operations import services
from clients.actors import Actor
from core.errors import OperationError
from provisioning.models import ModuleJob

ACTOR = Actor.system("service command")


class Command(BaseCommand):
    """`manage.py service suspend example.com --reason "Overdue on Payment"`, and so on."""

    help = "Ask for a module function; a worker carries it out."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        suspend = actions.add_parser("suspend", help="switch the domain off; its mail stays")
        suspend.add_argument("--reason", required=True, help="shown to the client")
        actions.add_parser("unsuspend", help="switch the domain on again")
        change = actions.add_parser("change", help="give the service another product")
        change.add_argument("--product", required=True, help="the product's name")
        terminate = actions.add_parser("terminate", help="delete the domain with all its mail")
        terminate.add_argument(
            "--confirm", metavar="DOMAIN", help="the domain once more, where nobody can be asked"
        )
        for action in actions.choices.values():
            action.add_argument("domain")

    def handle(self, *_args: Any, **options: Any) -> None:
        service = _service(options["domain"])
        try:
            job = self._ask(service, options)
        except OperationError as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"{service}: {job.get_action_display()} is queued.")

    def _ask(self, service: Service, options: dict[str, Any]) -> ModuleJob:
        match options["action"]:
            case "suspend":
                return services.suspend_service(
                    service=service, reason=options["reason"], actor=ACTOR
                )
            case "unsuspend":
                return services.unsuspend_service(service=service, actor=ACTOR)
            case "change":
                product = Product.objects.filter(name=options["product"]).first()
                if product is None:
                    raise CommandError(f"There is no product called {options['product']}.")
                return services.change_product(service=service, product=product, actor=ACTOR)
            case _:
                self._require_confirmation(service, options["confirm"])
                return services.terminate_service(service=service, actor=ACTOR)

    def _require_confirmation(self, service: Service, confirmed: str | None) -> None:
        count = service.mail_domain.mailboxes.live().count()
        if confirmed is None and sys.stdin.isatty():
            self.stdout.write(
                f"This deletes {count} mailboxes of {service.domain} with all their mail, at once."
            )
            confirmed = input("Type the domain to go on: ").strip()
        if confirmed != service.domain:
            raise CommandError("Nothing was done: the domain was not confirmed.")


def _service(domain: str) -> Service:
    service = (
        Service.objects.with_domain()
        .filter(mail_domain__domain=domain.strip().lower())
        .exclude(status=Service.Status.TERMINATED)
        .first()
    )
    if service is None:
        raise CommandError(f"No service is live for {domain}.")
    return service
