"""Room for a mailbox: what a plan still holds, counted under the domain's lock."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from core.sentences import sentence as _
from provisioning import queries
from provisioning.models import Entitlement, Mailbox, MailDomain, ModuleJob

IN_TRASH = "trashed"
TAKEN_BY = {
    queries.TRASHED: gettext_noop("%(address)s is already a recently deleted mailbox."),
    queries.MAILBOX: gettext_noop("%(address)s is already a mailbox."),
    queries.ALIAS: gettext_noop("%(address)s is already an alias."),
    queries.DISTRIBUTION_LIST: gettext_noop("%(address)s is already a distribution list."),
}
TYPE_NAMES = {Mailbox.Type.BASIC: "Basic", Mailbox.Type.ENHANCED: "Enhanced"}


@dataclass(frozen=True)
class Problem:
    """Why there is no room: a sentence for the customer, and the form's field it belongs to."""

    message: str
    field: str = ""
    code: str = ""


def lock(mail_domain: MailDomain) -> MailDomain:
    """Take the domain's row lock; counts made after it hold until the transaction ends."""
    return (
        MailDomain.objects.select_for_update(of=("self",))
        .select_related("server", "client")
        .get(pk=mail_domain.pk)
    )


def for_any_change(domain: MailDomain) -> Problem | None:
    """Say why nothing in this domain can be changed now, if so."""
    if domain.status == MailDomain.Status.SUSPENDED:
        return Problem(
            _("This service is suspended. Nothing can be changed until it is active again.")
        )
    if domain.status == MailDomain.Status.UNVERIFIED:
        return Problem(
            _("%(domain)s is not verified yet. Publish its DNS record first.")
            % {"domain": domain.domain}
        )
    if domain.status == MailDomain.Status.CLOSING:
        return Problem(_("This service is closed. Nothing can be changed unless it is restored."))
    if domain.status != MailDomain.Status.ACTIVE:
        return Problem(_("This service is not active."))
    closing = [ModuleJob.Action.TERMINATE, ModuleJob.Action.SUSPEND, ModuleJob.Action.CLOSE]
    if domain.jobs.open().filter(action__in=closing).exists():
        return Problem(_("This service is being suspended or closed. Nothing can be changed now."))
    return None


def for_new_mailbox(
    domain: MailDomain, local_part: str, *, account_type: int, quota_mb: int
) -> Problem | None:
    """Say why a mailbox cannot be added, if so: state, type, count, quota, address."""
    problem = for_any_change(domain)
    if problem:
        return problem
    usage = queries.usage_of(domain)
    problem = for_size(domain, usage, account_type=account_type, quota_mb=quota_mb)
    if problem:
        return problem
    return for_address(domain, local_part, queries.address_taken_by(domain, local_part))


def for_size(
    domain: MailDomain, usage: queries.DomainUsage, *, account_type: int, quota_mb: int
) -> Problem | None:
    """Say why a plan that is used like this has no room for one mailbox more, if so."""
    return _for_type(usage, account_type) or _for_quota(domain, usage, quota_mb, 0)


def for_address(domain: MailDomain, local_part: str, taken_by: str) -> Problem | None:
    """Say why an address cannot be had; `taken_by` as `queries.address_taken_by` names it."""
    address = {"address": f"{local_part}@{domain.domain}"}
    if taken_by == queries.TRASHED:
        return Problem(
            _(
                "%(address)s was deleted lately. Restore it under Recently deleted, "
                "or delete it there for good."
            )
            % address,
            "local_part",
            IN_TRASH,
        )
    if taken_by:
        return Problem(_(TAKEN_BY[taken_by]) % address, "local_part", "taken")
    return None


def for_restored(domain: MailDomain, *, account_type: int, quota_mb: int) -> Problem | None:
    """Say why a deleted mailbox cannot come back, if so; its type is kept, whatever it is."""
    usage = queries.usage_of(domain)
    problem = _for_type(usage, account_type) if account_type in TYPE_NAMES else None
    return problem or _for_quota(domain, usage, quota_mb, 0)


def for_change(
    domain: MailDomain, mailbox: Mailbox, *, account_type: int, quota_mb: int
) -> Problem | None:
    """Say why a mailbox cannot be changed like that, if so; what stays as it is needs no room."""
    usage = queries.usage_of(domain)
    if account_type != mailbox.account_type:
        if mailbox.account_type not in TYPE_NAMES:
            return Problem(
                _("%(address)s is of a type that can only be changed by support.")
                % {"address": mailbox.address},
                "type",
                "unknown_type",
            )
        problem = _for_type(usage, account_type)
        if problem:
            return problem
    if quota_mb > mailbox.quota_mb:
        return _for_quota(domain, usage, quota_mb, mailbox.quota_mb)
    if quota_mb < (mailbox.usage_mb or 0):
        return Problem(
            _("%(address)s already holds %(size)s GB of mail. Choose a larger quota.")
            % {"address": mailbox.address, "size": _gb(domain, mailbox.usage_mb or 0)},
            "quota",
            "below_use",
        )
    return None


def with_entitlement(domain: MailDomain, allowed: Entitlement | None) -> MailDomain:
    """Return the domain as it would be with another entitlement: to count with, not to be saved."""
    if allowed is None:
        return domain
    changed = copy(domain)
    changed.entitlement = allowed
    return changed


def for_pool(
    domain: MailDomain, mailbox: Mailbox, allowed: Entitlement, *, quota_mb: int
) -> Problem | None:
    """Say why an entitlement has too small a pool for what the mailboxes were promised, if so."""
    before = queries.usage_of(domain).quota
    after = queries.usage_of(with_entitlement(domain, allowed)).quota.pool_mb
    if after is None or (before.pool_mb is not None and after >= before.pool_mb):
        return None
    promised = before.promised_mb - mailbox.quota_mb + quota_mb
    if promised <= after:
        return None
    return Problem(
        _(
            "With this type your plan would have %(pool)s GB for all mailboxes, and they have "
            "%(promised)s GB. Make quotas smaller first."
        )
        % {"pool": _gb(domain, after), "promised": _gb(domain, promised)},
        "type",
        "pool_full",
    )


def _for_type(usage: queries.DomainUsage, account_type: int) -> Problem | None:
    name = TYPE_NAMES.get(Mailbox.Type(account_type)) if account_type in TYPE_NAMES else None
    if name is None:
        return Problem(_("Choose Basic or Enhanced."), "type", "unknown_type")
    gauge = usage.gauge(account_type)
    if gauge.limit == 0:
        return Problem(
            _("%(type)s accounts are not part of this plan.") % {"type": name}, "type", "not_sold"
        )
    if gauge.is_full:
        return Problem(
            _("All %(limit)d %(type)s mailboxes of your plan are in use. Upgrade to add more.")
            % {"limit": gauge.limit or 0, "type": name},
            "type",
            "full",
        )
    return None


def _for_quota(
    domain: MailDomain, usage: queries.DomainUsage, quota_mb: int, already_mb: int
) -> Problem | None:
    largest = domain.mailbox_quota_gb
    if largest is not None and quota_mb > largest * domain.server.mb_per_gb:
        return Problem(
            _("A mailbox of your plan can have up to %(largest)s GB.")
            % {"largest": float(largest)},
            "quota",
            "too_large",
        )
    left = usage.quota.left_mb
    if left is not None and quota_mb - already_mb > left:
        return Problem(
            _("%(left)s GB of your plan's %(pool)s GB are left.")
            % {
                "left": _gb(domain, left + already_mb),
                "pool": _gb(domain, usage.quota.pool_mb or 0),
            },
            "quota",
            "pool_full",
        )
    return None


def _gb(domain: MailDomain, megabytes: int) -> float:
    return megabytes / domain.server.mb_per_gb
