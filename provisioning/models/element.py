"""What an alias, a forward, a list, its member, … share: an element of a set the vendor keeps."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from clients.actors import Actor
from core.states import ConcurrentTransitionMixin
from provisioning.models.sentence_field import SentenceField

Row = TypeVar("Row", bound="Element")


class ElementQuerySet(models.QuerySet[Row]):
    def unsettled(self, *, before: datetime) -> ElementQuerySet[Row]:
        """Elements with a write that the vendor has not clearly answered."""
        return self.filter(unsettled_since__lte=before)

    def settled_before(self, moment: datetime) -> ElementQuerySet[Row]:
        """Elements that a reading of the vendor begun at that moment knows better than we do."""
        newer = models.Q(settled_at__gte=moment)
        return self.filter(unsettled_since=None).exclude(newer)


class Element(ConcurrentTransitionMixin, models.Model):
    """
    One element of a set kept at the vendor, which can only be put in and taken out.

    An element that is taken out has no row. `unsettled_since` is set from the moment a write is
    claimed until its outcome is known; `settled_at` tells a reading that began earlier to leave
    the row alone; `problem` says to the customer why the last write did not do what was wanted.
    """

    class State(models.TextChoices):
        ABSENT = "absent", _("Not at the mail server")
        ADDING = "adding", _("Being added")
        PRESENT = "present", _("Active")
        REMOVING = "removing", _("Being deleted")

    state = FSMField(
        max_length=8, choices=State.choices, default=State.PRESENT, protected=True, editable=False
    )
    problem = SentenceField(blank=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True, editable=False)
    unsettled_since = models.DateTimeField(null=True, blank=True, editable=False)
    unsettled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    unsettled_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    class Meta:
        abstract = True

    @property
    def is_unsettled(self) -> bool:
        """Tell whether a write to this element still waits for a clear answer."""
        return self.unsettled_since is not None

    def asked_by(self, actor: Actor) -> None:
        """Remember who wants the change that is to come."""
        self.unsettled_by = actor.user
        self.unsettled_for = actor.on_behalf_of

    @property
    def asker(self) -> Actor:
        """Return who asked for the change that is under way."""
        user = self.unsettled_by
        name = user.name if user else "module queue"
        return Actor.restore(user=user, on_behalf_of=self.unsettled_for, name=name)

    def begin(self, actor: Actor, *, at: datetime) -> None:
        """Mark that the vendor is being told of a change, and who asked for it."""
        self.unsettled_since = at
        self.problem = ""
        self.asked_by(actor)

    def settle(self, *, at: datetime) -> None:
        """Forget the change that was under way; what the fields say is confirmed."""
        self.settled_at = at
        self.unsettled_since = None
        self.unsettled_by = None
        self.unsettled_for = None

    @transition(state, source=State.ABSENT, target=State.ADDING)
    def begin_adding(self) -> None:
        """The vendor is about to be told."""

    @transition(state, source=[State.ADDING, State.ABSENT, State.PRESENT], target=State.PRESENT)
    def arrive(self) -> None:
        """The vendor has it."""
        self.problem = ""

    @transition(state, source=[State.ADDING, State.PRESENT, State.REMOVING], target=State.ABSENT)
    def miss(self, problem: str) -> None:
        """The vendor does not have it although it is wanted."""
        self.problem = problem

    @transition(state, source=State.PRESENT, target=State.REMOVING)
    def begin_removal(self) -> None:
        """The vendor is about to be told."""

    @transition(state, source=State.REMOVING, target=State.PRESENT)
    def keep(self, problem: str = "") -> None:
        """The removal did not happen."""
        self.problem = problem


class Pointing(Element):
    """An element that leads to one address, which can be exchanged for another."""

    target = models.EmailField(max_length=320)
    # Holds the new address while the vendor is being told.
    wanted_target = models.EmailField(max_length=320, blank=True, editable=False)

    class Meta(Element.Meta):
        abstract = True

    def settle(self, *, at: datetime) -> None:
        """Forget the change that was under way; what the fields say is confirmed."""
        super().settle(at=at)
        self.wanted_target = ""

    def is_internal(self, domain: str) -> bool:
        """Tell whether it leads to an address of this domain."""
        return self.target.lower().endswith(f"@{domain.lower()}")


def unsettled_index(noun: str) -> models.Index:
    """Return the index by which the sweep finds this kind of element."""
    return models.Index(
        fields=["unsettled_since"],
        condition=models.Q(unsettled_since__isnull=False),
        name=f"{noun}_unsettled",
    )


def matching(search: str) -> models.Q:
    """Return the condition that an element's own address or its target holds what is searched."""
    name = search.split("@", maxsplit=1)[0]
    leads_there = models.Q(target__icontains=search)
    return leads_there | models.Q(local_part__icontains=name) if name else leads_there
