"""Addresses of a service's pages."""

from __future__ import annotations

from django.urls import reverse

from billing.models import Service
from provisioning.models import Mailbox


def at(name: str, service: Service, **ids: int) -> str:
    """Return the address of one of a service's pages."""
    return reverse(f"clientarea:{name}", kwargs={"service_id": service.pk, **ids})


def of(name: str, service: Service, mailbox: Mailbox) -> str:
    """Return the address of one of a mailbox's pages."""
    return at(f"mailboxes-{name}", service, mailbox_id=mailbox.pk)
