"""What about a client's services needs a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Service
from clientarea.standing import Standing, standing_of
from provisioning.models import Mailbox

NEARLY_FULL_PERCENT = 90
# The most pressing first.
LEVELS = ("bad", "warn")


@dataclass(frozen=True)
class Notice:
    """One line with a link to where it can be put right. `level` is one of `LEVELS`."""

    level: str
    icon: str
    title: str
    text: str
    url: str
    action: str


def for_home(services: Sequence[Service]) -> list[Notice]:
    """Return the notices of these services, the most pressing first."""
    standings = {service.pk: standing_of(service) for service in services}
    found = [
        notice
        for service in services
        if (notice := _about_standing(service, standings[service.pk])) is not None
    ]
    open_services = [each for each in services if standings[each.pk] is Standing.OPEN]
    nearly_full = nearly_full_mailboxes([service.mail_domain_id for service in open_services])
    found += [
        _about_quota(service, nearly_full[service.mail_domain_id])
        for service in open_services
        if service.mail_domain_id in nearly_full
    ]
    return sorted(found, key=lambda notice: LEVELS.index(notice.level))


def nearly_full_mailboxes(mail_domain_ids: Sequence[int]) -> dict[int, int]:
    """Return how many mailboxes of each domain are nearly full; domains with none are left out."""
    if not mail_domain_ids:
        return {}
    mailboxes = Mailbox.objects.live().filter(
        mail_domain__in=mail_domain_ids,
        usage_mb__isnull=False,
        usage_mb__gte=F("quota_mb") * NEARLY_FULL_PERCENT / 100,
    )
    counts = mailboxes.order_by().values("mail_domain").annotate(count=Count("pk"))
    return {row["mail_domain"]: row["count"] for row in counts}


def _about_standing(service: Service, standing: Standing) -> Notice | None:
    url = reverse("clientarea:service", kwargs={"service_id": service.pk})
    if standing is Standing.SUSPENDED:
        return Notice(
            level="bad",
            icon="lock",
            title=_("%(domain)s is suspended") % {"domain": service.domain},
            text=service.mail_domain.suspension_reason
            or _("Nobody can log in until it is lifted."),
            url=url,
            action=_("See why"),
        )
    if standing is Standing.UNVERIFIED:
        return Notice(
            level="warn",
            icon="shield-check",
            title=_("Prove that %(domain)s is yours") % {"domain": service.domain},
            text=_("One DNS record is missing before mailboxes can be added."),
            url=url,
            action=_("Show the record"),
        )
    return None


def _about_quota(service: Service, count: int) -> Notice:
    url = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
    return Notice(
        level="warn",
        icon="hard-drive",
        title=ngettext(
            "A mailbox of %(domain)s is nearly full",
            "%(count)d mailboxes of %(domain)s are nearly full",
            count,
        )
        % {"count": count, "domain": service.domain},
        text=_("A full mailbox turns new mail away."),
        url=f"{url}?sort=-usage",
        action=_("Show by usage"),
    )
