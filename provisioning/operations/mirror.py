"""Ask for a fresh reading of a domain, without waiting for it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from core.wake import wake
from provisioning import tasks
from provisioning.models import MailDomain

# A reading that was asked for and has not come is asked for again after this.
PATIENCE = timedelta(seconds=60)


def refresh_when_stale(mail_domain: MailDomain) -> bool:
    """Ask for a reading where ours is old; tell whether one is on its way."""
    now = timezone.now()
    fresh_until = timedelta(seconds=settings.MIRROR_STALE_SECONDS)
    if mail_domain.mirrored_at and now - mail_domain.mirrored_at < fresh_until:
        return False
    if mail_domain.mirror_requested_at and now - mail_domain.mirror_requested_at < PATIENCE:
        return True
    return refresh(mail_domain)


def refresh(mail_domain: MailDomain) -> bool:
    """Ask for a reading; many who ask at once send one message."""
    now = timezone.now()
    unasked = Q(mirror_requested_at=None) | Q(mirror_requested_at__lt=now - PATIENCE)
    asked = (
        MailDomain.objects.held_by_vendor()
        .filter(unasked, pk=mail_domain.pk)
        .update(mirror_requested_at=now)
    )
    if asked:
        wake(tasks.refresh_domain, mail_domain_id=mail_domain.pk)
    return bool(asked)
