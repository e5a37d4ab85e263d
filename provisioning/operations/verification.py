"""Check a domain's ownership record when somebody asks."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from clients.actors import Actor
from core.wake import wake
from provisioning import dns, queries, tasks
from provisioning.dns import Lookup
from provisioning.emailarray import EmailArrayError
from provisioning.models import MailDomain, ModuleJob
from provisioning.queries import Setup
from provisioning.workers import verification

# However often somebody clicks, the vendor is asked no more often than this.
BETWEEN_CHECKS = timedelta(seconds=10)


class Verdict(models.TextChoices):
    """What the person who asked is told."""

    VERIFIED = "verified", "The domain is verified."
    PENDING = "pending", "The record has not been seen yet."
    DIFFERENT = "different", "DNS holds another value for this record."
    UNKNOWN = "unknown", "It could not be checked just now."
    JUST_CHECKED = "just_checked", "It was checked a moment ago."
    ADDED_AGAIN = "added_again", "The mail server had given the domain up; it is added again."
    NEEDS_STAFF = "needs_staff", "The domain could not be set up. Our team has been told."
    ENDING = "ending", "The domain is being removed."
    NOT_ASKED_FOR = "not_asked_for", "The domain is not to be set up yet."


# What a pending domain waits for where it cannot be added again.
WAITING = {
    Setup.NOT_ASKED_FOR: Verdict.NOT_ASKED_FOR,
    Setup.NEEDS_STAFF: Verdict.NEEDS_STAFF,
    Setup.ENDING: Verdict.ENDING,
}


def recheck(*, mail_domain: MailDomain, actor: Actor) -> Verdict:
    """
    Ask the vendor now, unless that was done a moment ago; never says verified on an error.

    A domain the vendor has dropped, or that still waits to be added, is queued to be added.
    """
    if mail_domain.status == MailDomain.Status.PENDING:
        return _added(mail_domain, verification.add_again(mail_domain, actor=actor))
    if not _is_first_to_ask(mail_domain):
        return _known(mail_domain)
    return _ask(mail_domain, actor)


def _ask(mail_domain: MailDomain, actor: Actor) -> Verdict:
    try:
        outcome = verification.check(mail_domain, actor=actor, is_asked_for=True)
    except EmailArrayError:
        return Verdict.UNKNOWN
    verdict = outcome.verdict
    if verdict is verification.Verdict.DROPPED:
        return _added(mail_domain, outcome.job)
    if verdict is verification.Verdict.VERIFIED:
        wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
        return Verdict.VERIFIED
    if verdict is verification.Verdict.UNKNOWN:
        return Verdict.UNKNOWN
    record = dns.verification_record_of(mail_domain)
    is_different = dns.look_up(mail_domain.domain, record) is Lookup.DIFFERENT
    return Verdict.DIFFERENT if is_different else Verdict.PENDING


def _is_first_to_ask(mail_domain: MailDomain) -> bool:
    """Take the right to ask the vendor; of many who ask at once one gets it."""
    now = timezone.now()
    unasked = Q(rechecked_at=None) | Q(rechecked_at__lt=now - BETWEEN_CHECKS)
    rows = MailDomain.objects.filter(unasked, pk=mail_domain.pk)
    return bool(rows.update(rechecked_at=now))


def _known(mail_domain: MailDomain) -> Verdict:
    fresh = MailDomain.objects.get(pk=mail_domain.pk)
    return Verdict.VERIFIED if fresh.is_verified else Verdict.JUST_CHECKED


def _added(mail_domain: MailDomain, job: ModuleJob | None) -> Verdict:
    if job is None:
        return WAITING.get(queries.setup_of(mail_domain), Verdict.UNKNOWN)
    tasks.wake_job(job)
    return Verdict.ADDED_AGAIN
