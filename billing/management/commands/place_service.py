"""Place a service for a client and a domain."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Product
from billing.operations import ordering
from clients.actors import Actor
from clients.models import Client


class Command(BaseCommand):
    """`manage.py place_service --client 3 --product "Business Mail" example.com`."""

    help = "Place a service for a client and a domain; its account is then created at the vendor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("domain")
        parser.add_argument("--client", required=True, help="the client's number or email")
        parser.add_argument("--product", required=True, help="the product's number or name")
        parser.add_argument(
            "--adopt",
            action="store_true",
            help="take over a domain that is in the reseller account already",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            service = ordering.place_service(
                client=_client(options["client"]),
                product=_product(options["product"]),
                domain=options["domain"],
                adopt=options["adopt"],
                actor=Actor.system("place_service"),
            )
        except ordering.UnableToPlaceService as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"{service} is placed; its account is being created.")


def _client(text: str) -> Client:
    clients = (
        Client.objects.filter(pk=text) if text.isdigit() else Client.objects.filter(email=text)
    )
    if len(clients) != 1:
        raise CommandError(f"{len(clients)} clients are called {text}.")
    return clients[0]


def _product(text: str) -> Product:
    lookup = {"pk": text} if text.isdigit() else {"name": text}
    product = Product.objects.filter(**lookup).first()
    if product is None:
        raise CommandError(f"There is no product called {text}.")
    return product
