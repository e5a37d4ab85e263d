"""What tests of aliases do again and again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from provisioning import tasks
from provisioning.models import Alias
from provisioning.operations import aliases


def add(service: Service, actor: Actor, name: str = "sales", target: str = "anna") -> Alias:
    return aliases.add_alias(
        mail_domain=service.mail_domain, local_part=name, target=target, actor=actor
    )


def edit(alias: Alias, actor: Actor, name: str = "sales", target: str = "anna") -> Alias:
    return aliases.edit_alias(alias=alias, local_part=name, target=target, actor=actor)


def settle(alias: Alias, *, final: bool = True) -> None:
    if final:
        past = timezone.now() - timedelta(minutes=2)
        Alias.objects.filter(pk=alias.pk).update(unsettled_since=past)
    tasks.settle_element(noun="alias", element_id=alias.pk)


def ours(service: Service) -> dict[str, str]:
    return dict(service.mail_domain.aliases.values_list("local_part", "target"))
