"""Ask staff before many services end, or much mail is deleted; and take their answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from billing.events import TerminationApprovalNeeded
from billing.models import Service, TerminationApproval
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.events import publish
from core.sentences import sentence as _

# The right to answer.
APPROVE = "billing.approve_termination"
# An answer counts for as long; then, what is still to be ended is asked about again.
ANSWER_HOLDS = timedelta(days=7)
Status = TerminationApproval.Status


class UnableToAnswer(OperationError):
    """The question stays open."""


def answered(kind: str, answer: str, *, today: date) -> set[int]:
    """Return the ids of the services that got this answer lately."""
    services = Service.objects.filter(
        termination_approvals__kind=kind,
        termination_approvals__status=answer,
        termination_approvals__for_date__gt=today - ANSWER_HOLDS,
    )
    return set(services.values_list("pk", flat=True))


@transaction.atomic
def ask(
    *, kind: str, services: Iterable[int], reason: str, on: date, actor: Actor
) -> TerminationApproval:
    """
    Ask staff about these services, unless a question of the kind is open.

    An open one is not changed: what is approved is what was read.
    """
    open_one = TerminationApproval.objects.filter(kind=kind, status=Status.REQUESTED).first()
    if open_one is not None:
        return open_one
    approval = TerminationApproval.objects.create(
        kind=kind,
        reason=reason,
        for_date=on,
        requested_by=actor.user,
        requested_by_name=actor.name[:200],
    )
    approval.services.set(services)
    _note(approval, "termination.approval_requested", actor)
    publish(TerminationApprovalNeeded(approval_id=approval.pk))
    return approval


def approve(*, approval: TerminationApproval, actor: Actor) -> TerminationApproval:
    """
    Let the next run end these services.

    :raises UnableToAnswer: answered before, asked by the same person, or the right is missing
    """
    return _answer(approval, actor, is_approved=True)


def decline(*, approval: TerminationApproval, actor: Actor) -> TerminationApproval:
    """
    Have these services left alone for a week.

    :raises UnableToAnswer: as for `approve`
    """
    return _answer(approval, actor, is_approved=False)


@transaction.atomic
def _answer(
    approval: TerminationApproval, actor: Actor, *, is_approved: bool
) -> TerminationApproval:
    fresh = TerminationApproval.objects.select_for_update().get(pk=approval.pk)
    user = actor.user
    if user is None or not user.is_staff or not user.has_perm(APPROVE):
        raise UnableToAnswer(_("You are not allowed to answer this."), code="not_allowed")
    if fresh.status != Status.REQUESTED:
        raise UnableToAnswer(_("This was answered already."), code="answered")
    if fresh.requested_by_id == user.pk:
        raise UnableToAnswer(
            _("You have asked yourself. Somebody else has to answer."), code="same_person"
        )
    now = timezone.now()
    if is_approved:
        fresh.approve(by=user, at=now)
    else:
        fresh.decline(by=user, at=now)
    fresh.save()
    _note(fresh, f"termination.approval_{fresh.status}", actor)
    return fresh


def _note(approval: TerminationApproval, action: str, actor: Actor) -> None:
    domains = approval.services.order_by("pk").values_list("mail_domain__domain", flat=True)
    activity.record(
        action=action,
        subject=approval,
        name=str(approval),
        client=None,
        actor=actor,
        after={"kind": approval.kind, "services": list(domains)},
    )
