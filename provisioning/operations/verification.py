"""Check a domain's ownership record when somebody asks."""

from __future__ import annotations

from django.db import models

from clients.actors import Actor
from core.wake import wake
from provisioning import dns, tasks
from provisioning.dns import Lookup
from provisioning.emailarray import EmailArrayError
from provisioning.models import MailDomain
from provisioning.workers import verification


class Verdict(models.TextChoices):
    """What the person who asked is told."""

    VERIFIED = "verified", "The domain is verified."
    PENDING = "pending", "The record has not been seen yet."
    DIFFERENT = "different", "DNS holds another value for this record."
    UNKNOWN = "unknown", "It could not be checked just now."
    ADDED_AGAIN = "added_again", "The mail server had given the domain up; it is added again."


def recheck(*, mail_domain: MailDomain, actor: Actor) -> Verdict:
    """
    Ask the vendor now; never says verified on an error.

    A domain the vendor has dropped, or that still waits to be added, is queued to be added.
    """
    if mail_domain.status == MailDomain.Status.PENDING:
        return _add_again(mail_domain, actor)
    try:
        verdict = verification.check(mail_domain, actor=actor)
    except EmailArrayError:
        return Verdict.UNKNOWN
    if verdict is verification.Verdict.DROPPED:
        return _add_again(mail_domain, actor)
    if verdict is verification.Verdict.VERIFIED:
        wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
        return Verdict.VERIFIED
    if verdict is verification.Verdict.UNKNOWN:
        return Verdict.UNKNOWN
    record = dns.verification_record_of(mail_domain)
    is_different = dns.look_up(mail_domain.domain, record) is Lookup.DIFFERENT
    return Verdict.DIFFERENT if is_different else Verdict.PENDING


def _add_again(mail_domain: MailDomain, actor: Actor) -> Verdict:
    job = verification.add_again(mail_domain, actor=actor, is_asked_for=True)
    if job is None:
        return Verdict.UNKNOWN
    tasks.wake_job(job)
    return Verdict.ADDED_AGAIN
