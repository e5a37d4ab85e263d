"""Take back what a line of the activity log tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Max
from django.utils.translation import gettext as _

from clients.actors import Actor
from clients.models import Activity
from core.errors import OperationError
from provisioning.models import Branding, DomainSettings, Feature, MailDomain
from provisioning.operations import undo_steps as steps
from provisioning.operations.undo_steps import Step, UnableToUndo, Undone

__all__ = ["UnableToUndo", "Undone", "can_undo", "check", "undo", "undoable"]

SIZES = {"account_type", "quota_mb", "display_name"}


@dataclass(frozen=True)
class Inverse:
    """How an action is taken back; `before` and `after` are what its line has to tell for that."""

    run: Callable[[Step], Undone]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    feature: str = ""
    fits: Callable[[Activity], bool] = lambda _line: True


def can_undo(activity: Activity) -> bool:
    """Tell whether a line is of a kind that can be taken back; `undo` may still refuse."""
    inverse = INVERSES.get(activity.action)
    return (
        inverse is not None
        and all(key in activity.before for key in inverse.before)
        and all(key in activity.after for key in inverse.after)
        and inverse.fits(activity)
    )


def undoable(activities: Iterable[Activity], *, mail_domain: MailDomain) -> set[int]:
    """
    Return the ids of the lines that can be undone.

    Those are of a kind that can be, part of what is sold, and no later line tells of the same.
    """
    candidates = [line for line in activities if can_undo(line) and _is_sold(line, mail_domain)]
    if not candidates:
        return set()
    later = (
        Activity.objects.within(mail_domain)
        .filter(object_name__in={line.object_name for line in candidates}, action__in=LASTING)
        .order_by()
        .values("object_type", "object_name", "action")
        .annotate(latest=Max("pk"))
    )
    latest: dict[tuple[str, ...], int] = {}
    for row in later:
        key = _thing(row["object_type"], row["object_name"], row["action"])
        latest[key] = max(latest.get(key, 0), row["latest"])
    return {
        line.pk
        for line in candidates
        if latest.get(_thing(line.object_type, line.object_name, line.action), 0) <= line.pk
    }


def check(*, activity: Activity, mail_domain: MailDomain) -> None:
    """
    Do nothing where a line can be undone, as far as can be told without trying.

    :raises UnableToUndo: with what stands in the way
    """
    if not can_undo(activity):
        raise UnableToUndo(_("This cannot be undone."), code="never")
    if not _is_sold(activity, mail_domain):
        raise UnableToUndo(_("This is no longer part of your plan."), code="not_sold")
    if activity.pk not in undoable([activity], mail_domain=mail_domain):
        raise UnableToUndo(
            _(
                "This was taken back already, or something has changed since. "
                "Look at how it is now."
            ),
            code="moved_on",
        )


def undo(*, activity: Activity, mail_domain: MailDomain, actor: Actor) -> Undone:
    """
    Take back what a line of this domain's log tells of; that leaves a line of its own.

    :raises UnableToUndo: it has changed since, or with the reason of whoever refused
    """
    check(activity=activity, mail_domain=mail_domain)
    step = Step(activity, mail_domain, actor)
    try:
        return INVERSES[activity.action].run(step)
    except UnableToUndo:
        raise
    except OperationError as error:
        raise UnableToUndo(error.user_message, code=error.code) from error


def _is_sold(activity: Activity, mail_domain: MailDomain) -> bool:
    feature = INVERSES[activity.action].feature
    return not feature or feature in mail_domain.features


def _thing(object_type: str, name: str, action: str) -> tuple[str, ...]:
    # The settings of a domain are one row, but each of them is a thing of its own.
    is_setting = object_type == DomainSettings._meta.label_lower
    return (object_type, name, action if is_setting else "")


def _look_can_come_back(line: Activity) -> bool:
    """Say no where a logo would be missed: the vendor hands none back."""
    if line.action == "branding.reset":
        return any(line.before[name] for name in steps.LOOK)
    was_plain = not any(line.before[name] for name in Branding.MIRRORED)
    return was_plain or line.before["logo_url"] == line.after["logo_url"]


def _is_no_password(line: Activity) -> bool:
    """Say no to a new password: nobody has kept the old one."""
    keys = set(line.after)
    return bool(keys) and keys <= SIZES and keys == set(line.before)


def _was_not_renamed(line: Activity) -> bool:
    return "replaced_by" not in line.after


ALIAS = ("local_part", "target")
LIST = ("local_part", "members")
INVERSES = {
    "mailbox.trashed": Inverse(steps.restore_mailbox, feature=Feature.ACCOUNTS),
    "mailbox.disabled": Inverse(steps.enable_mailbox, feature=Feature.ACCOUNTS),
    "mailbox.enabled": Inverse(steps.disable_mailbox, feature=Feature.ACCOUNTS),
    "mailbox.changed": Inverse(
        steps.change_mailbox_back, feature=Feature.ACCOUNTS, fits=_is_no_password
    ),
    "alias.added": Inverse(steps.take_alias_back, after=ALIAS, feature=Feature.ALIASES),
    "alias.deleted": Inverse(
        steps.bring_alias_back, before=ALIAS, feature=Feature.ALIASES, fits=_was_not_renamed
    ),
    "alias.changed": Inverse(steps.change_alias_back, ALIAS, ALIAS, Feature.ALIASES),
    "catch_all.added": Inverse(
        steps.set_catch_all_back, after=("target",), feature=Feature.ALIASES
    ),
    "catch_all.deleted": Inverse(
        steps.set_catch_all_back, before=("target",), feature=Feature.ALIASES
    ),
    "catch_all.changed": Inverse(
        steps.set_catch_all_back, ("target",), ("target",), Feature.ALIASES
    ),
    "alias_domain.added": Inverse(
        steps.take_alias_domain_back, after=("domain",), feature=Feature.ALIASES
    ),
    "alias_domain.deleted": Inverse(
        steps.bring_alias_domain_back, before=("domain",), feature=Feature.ALIASES
    ),
    "forward.added": Inverse(steps.take_forward_back, after=ALIAS, feature=Feature.FORWARDING),
    "forward.deleted": Inverse(steps.bring_forward_back, before=ALIAS, feature=Feature.FORWARDING),
    "list.added": Inverse(steps.take_list_back, after=LIST, feature=Feature.DISTRIBUTION_LISTS),
    "list.deleted": Inverse(steps.bring_list_back, before=LIST, feature=Feature.DISTRIBUTION_LISTS),
    "list.changed": Inverse(
        steps.change_list_back,
        LIST,
        LIST,
        Feature.DISTRIBUTION_LISTS,
    ),
    "branding.changed": Inverse(
        steps.bring_look_back,
        Branding.MIRRORED,
        Branding.MIRRORED,
        Feature.BRANDING,
        _look_can_come_back,
    ),
    "branding.reset": Inverse(
        steps.bring_look_back,
        Branding.MIRRORED,
        Branding.MIRRORED,
        Feature.BRANDING,
        _look_can_come_back,
    ),
    "domain_settings.footer_changed": Inverse(steps.set_footer_back, ("footer",), ("footer",)),
    "domain_settings.time_zone_changed": Inverse(
        steps.set_time_zone_back, ("time_zone",), ("time_zone",)
    ),
}
# Actions after which an earlier one on the same thing cannot be taken back as it was.
LASTING = (
    *INVERSES,
    "mailbox.added",
    "mailbox.restored",
    "mailbox.deleted",
    "alias.lost",
    "branding.unclear",
)
