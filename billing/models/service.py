"""A service: a product a client holds, tied to a domain."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django_fsm import FSMField, transition

from billing.models.product import Product
from clients.models import Client, User
from core.states import ConcurrentTransitionMixin
from provisioning.models import MailDomain


class ServiceQuerySet(models.QuerySet["Service"]):
    def reachable_by(self, user: User) -> ServiceQuerySet:
        """Services of the clients this user is a member of."""
        return self.filter(client__memberships__user=user)

    def with_domain(self) -> ServiceQuerySet:
        """The same services with all that a page needs to name them, in one query."""
        return self.select_related("product", "client", "mail_domain", "mail_domain__server")


class Service(ConcurrentTransitionMixin, models.Model):
    """One product of one client for one domain."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        TERMINATED = "terminated", "Terminated"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="services")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="services")
    # Becomes `product` when the module has changed the package.
    wanted_product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    mail_domain = models.OneToOneField(MailDomain, on_delete=models.PROTECT, related_name="service")
    status = FSMField(max_length=10, choices=Status.choices, default=Status.PENDING, protected=True)
    registration_date = models.DateField()
    activated_at = models.DateTimeField(null=True, blank=True)
    terminated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["mail_domain__domain", "pk"]

    def __str__(self) -> str:
        return f"{self.domain} (service #{self.pk})"

    @property
    def domain(self) -> str:
        """Return the domain this service is tied to."""
        return self.mail_domain.domain

    @transition(status, source=Status.PENDING, target=Status.ACTIVE)
    def activate(self, *, at: datetime) -> None:
        """CreateAccount has succeeded."""
        self.activated_at = at

    @transition(status, source=Status.ACTIVE, target=Status.SUSPENDED)
    def suspend(self) -> None:
        """SuspendAccount has succeeded."""

    @transition(status, source=Status.SUSPENDED, target=Status.ACTIVE)
    def unsuspend(self) -> None:
        """UnsuspendAccount has succeeded."""

    @transition(
        status,
        source=[Status.PENDING, Status.ACTIVE, Status.SUSPENDED],
        target=Status.TERMINATED,
    )
    def terminate(self, *, at: datetime) -> None:
        """TerminateAccount has succeeded."""
        self.terminated_at = at
