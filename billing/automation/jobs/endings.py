"""Jobs that end services: cancellations, what is never paid, and what was closed long enough."""

from __future__ import annotations

from billing.automation.work import Work
from billing.models import CancellationRequest, Closing, Service
from billing.operations import (
    cancellation,
    closing_notices,
    termination_guards,
)
from billing.operations.termination_guards import Allowed


def process_cancellations(work: Work) -> None:
    """Close the services whose clients wanted them to end by now."""
    if not work.settings.is_cancellation_on:
        return

    def process(request_id: int) -> CancellationRequest | None:
        return cancellation.process(
            request=CancellationRequest.objects.select_related("service").get(pk=request_id),
            actor=work.actor,
            on=work.today,
        )

    work.each(cancellation.cancellations_due(today=work.today), process, model=CancellationRequest)


def terminate_overdue(work: Work) -> None:
    """Close what is not paid for too long; above the daily cap staff are asked instead."""
    allowed = termination_guards.overdue_terminations(
        today=work.today, now=work.now, actor=work.actor
    )

    def terminate(service_id: int) -> Closing | None:
        return termination_guards.terminate_overdue(
            service=Service.objects.get(pk=service_id),
            today=work.today,
            now=work.now,
            actor=work.actor,
        )

    _tell_what_was_asked(work, allowed)
    work.each(allowed.ids, terminate, model=Service)


def send_closing_notices(work: Work) -> None:
    """Tell clients that the mail of a closed service is deleted soon."""

    def send(closing_id: int) -> Closing | None:
        return closing_notices.send_closing_notice(
            closing=Closing.objects.get(pk=closing_id), today=work.today, actor=work.actor
        )

    work.each(closing_notices.closing_notices_due(today=work.today), send, model=Closing)


def purge_closed(work: Work) -> None:
    """Ask for the deletion of mail that was kept for its days."""
    allowed = termination_guards.purge_due(today=work.today, now=work.now, actor=work.actor)

    def purge(closing_id: int) -> Closing | None:
        return termination_guards.purge_closed(
            closing=Closing.objects.get(pk=closing_id),
            today=work.today,
            now=work.now,
            actor=work.actor,
        )

    _tell_what_was_asked(work, allowed)
    work.each(allowed.ids, purge, model=Closing)


def _tell_what_was_asked(work: Work, allowed: Allowed) -> None:
    if allowed.asked:
        work.skipped += allowed.asked
        work.figures["waiting for approval"] = str(allowed.asked)
