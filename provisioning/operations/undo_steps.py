"""How each kind of change is taken back, if it is still as its line in the log says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clients.actors import Actor
from clients.models import Activity
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import (
    Alias,
    Branding,
    DistributionList,
    DomainSettings,
    Mailbox,
    MailDomain,
)
from provisioning.operations import (
    aliases,
    branding,
    domain_settings,
    forwards,
    lists,
    mailboxes,
)
from provisioning.operations.branding import BrandingSpec
from provisioning.operations.mailboxes import MailboxChange

Facts = dict[str, Any]
LOOK = ("name", "support_email", "color")


class UnableToUndo(OperationError):
    """Nothing was taken back."""


@dataclass(frozen=True)
class Undone:
    """What undoing has led to: a sentence, and whether the vendor is still being asked about it."""

    text: str
    is_unclear: bool = False


@dataclass(frozen=True)
class Step:
    """One line of the log, about to be taken back."""

    line: Activity
    mail_domain: MailDomain
    actor: Actor

    @property
    def before(self) -> Facts:
        """Return how it was."""
        return dict(self.line.before)

    @property
    def after(self) -> Facts:
        """Return how it became."""
        return dict(self.line.after)


def _moved_on(name: str) -> UnableToUndo:
    return UnableToUndo(
        _("%(name)s has been changed since. Look at it as it is now.") % {"name": name},
        code="moved_on",
    )


def _done(row: Any, text: str) -> Undone:
    """Return what was done, or that the vendor gave no clear answer about this row."""
    if row is not None and row.pk and row.is_unsettled:
        return Undone(_("The change is being checked with the mail server."), is_unclear=True)
    return Undone(text)


def _alias(step: Step, facts: Facts) -> Alias:
    row = step.mail_domain.aliases.filter(local_part=facts["local_part"]).first()
    if row is None or row.target.lower() != facts["target"].lower():
        raise _moved_on(f"{facts['local_part']}@{step.mail_domain.domain}")
    return row


def take_alias_back(step: Step) -> Undone:
    """Delete an alias that was added."""
    row = _alias(step, step.after)
    name = row.address
    gone = aliases.delete_alias(alias=row, actor=step.actor)
    return _done(gone, _("Alias %(name)s is gone again") % {"name": name})


def bring_alias_back(step: Step) -> Undone:
    """Add an alias that was deleted."""
    row = aliases.add_alias(
        mail_domain=step.mail_domain,
        local_part=step.before["local_part"],
        target=step.before["target"],
        actor=step.actor,
    )
    return _done(row, _("Alias %(name)s is back") % {"name": row.address})


def change_alias_back(step: Step) -> Undone:
    """Give an alias its former name and target."""
    row = aliases.edit_alias(
        alias=_alias(step, step.after),
        local_part=step.before["local_part"],
        target=step.before["target"],
        actor=step.actor,
    )
    text = _("%(name)s leads to %(target)s again")
    return _done(row, text % {"name": row.address, "target": row.target})


def set_catch_all_back(step: Step) -> Undone:
    """Let mail to unknown addresses go where it went."""
    domain = step.mail_domain
    row = getattr(domain, "catch_all", None)
    if (row.target if row else "") != step.after.get("target", ""):
        raise _moved_on(_("The catch-all"))
    target = step.before.get("target", "")
    row = aliases.set_catch_all(mail_domain=domain, target=target, actor=step.actor)
    if target:
        text = _("Mail to unknown addresses goes to %(target)s again") % {"target": target}
    else:
        text = _("Mail to unknown addresses is turned away again")
    return _done(row, text)


def take_alias_domain_back(step: Step) -> Undone:
    """Delete an alias domain that was added."""
    name = step.after["domain"]
    row = step.mail_domain.alias_domains.filter(domain=name).first()
    if row is None:
        raise _moved_on(name)
    gone = aliases.delete_alias_domain(alias_domain=row, actor=step.actor)
    return _done(gone, _("Alias domain %(name)s is gone again") % {"name": name})


def bring_alias_domain_back(step: Step) -> Undone:
    """Add an alias domain that was deleted."""
    name = step.before["domain"]
    row = aliases.add_alias_domain(mail_domain=step.mail_domain, name=name, actor=step.actor)
    return _done(row, _("Alias domain %(name)s is back") % {"name": name})


def take_forward_back(step: Step) -> Undone:
    """Delete a forward that was added."""
    facts = step.after
    names = {"name": f"{facts['local_part']}@{step.mail_domain.domain}", "target": facts["target"]}
    row = step.mail_domain.forwards.filter(
        local_part=facts["local_part"], target__iexact=facts["target"]
    ).first()
    if row is None:
        raise _moved_on(names["name"])
    gone = forwards.delete_forward(forward=row, actor=step.actor)
    return _done(gone, _("%(name)s sends no more copies to %(target)s") % names)


def bring_forward_back(step: Step) -> Undone:
    """Add a forward that was deleted."""
    row = forwards.add_forward(
        mail_domain=step.mail_domain,
        local_part=step.before["local_part"],
        target=step.before["target"],
        actor=step.actor,
    )
    text = _("%(name)s sends copies to %(target)s again")
    return _done(row, text % {"name": row.address, "target": row.target})


def take_list_back(step: Step) -> Undone:
    """Delete a list that was added."""
    row = _list(step)
    name = row.address
    gone = lists.delete_list(distribution_list=row, actor=step.actor)
    return _done(gone, _("List %(name)s is gone again") % {"name": name})


def change_list_back(step: Step) -> Undone:
    """Let a list have its former members."""
    row = lists.change_members(
        distribution_list=_list(step),
        members=step.before["members"],
        actor=step.actor,
        seen=lists.fingerprint(step.after["members"]),
    )
    return _done(row, _("List %(name)s has its former members again") % {"name": row.address})


def _list(step: Step) -> DistributionList:
    facts = step.after
    row = step.mail_domain.distribution_lists.filter(local_part=facts["local_part"]).first()
    if row is None or lists.members_of(row) != sorted(facts["members"]):
        raise _moved_on(f"{facts['local_part']}@{step.mail_domain.domain}")
    return row


def bring_list_back(step: Step) -> Undone:
    """Add a list that was deleted, with its members."""
    row = lists.add_list(
        mail_domain=step.mail_domain,
        local_part=step.before["local_part"],
        members=step.before["members"],
        actor=step.actor,
    )
    return _done(row, _("List %(name)s is back") % {"name": row.address})


def bring_look_back(step: Step) -> Undone:
    """Give webmail its former look; the vendor hands no logo back."""
    before, domain = step.before, step.mail_domain
    row: Branding | None = Branding.objects.filter(mail_domain=domain).first()
    if (
        row is None
        or row.is_unsettled
        or row.mirrored() != {name: step.after.get(name) for name in Branding.MIRRORED}
    ):
        raise _moved_on(_("Branding"))
    if not any(before[name] for name in Branding.MIRRORED):
        row = branding.reset_branding(mail_domain=domain, actor=step.actor)
        return _done(row, _("Webmail looks as it did before"))
    look = BrandingSpec(**{name: before[name] for name in LOOK})
    row = branding.set_branding(mail_domain=domain, branding=look, actor=step.actor)
    if before["logo_url"] != row.logo_url:
        return _done(row, _("Name, address and color are back. Upload the logo once more."))
    return _done(row, _("Webmail looks as it did before"))


def _settings(step: Step, field: str) -> None:
    row = DomainSettings.objects.filter(mail_domain=step.mail_domain).first()
    if row is None or getattr(row, field) != step.after[field]:
        raise _moved_on(_("This setting"))


def set_footer_back(step: Step) -> Undone:
    """Set the former footer."""
    _settings(step, "footer")
    row = domain_settings.set_footer(
        mail_domain=step.mail_domain, html=step.before["footer"], actor=step.actor
    )
    return _done(row, _("The footer is as it was before"))


def set_time_zone_back(step: Step) -> Undone:
    """Set the former time zone."""
    _settings(step, "time_zone")
    row = domain_settings.set_time_zone(
        mail_domain=step.mail_domain, time_zone=step.before["time_zone"], actor=step.actor
    )
    return _done(row, _("The time zone is %(zone)s again") % {"zone": step.before["time_zone"]})


def _mailbox(step: Step, *states: str) -> Mailbox:
    rows = step.mail_domain.mailboxes.filter(pk=int(step.line.object_id))
    row = rows.first()
    if row is None or row.status not in states:
        raise _moved_on(step.line.object_name)
    return row


def restore_mailbox(step: Step) -> Undone:
    """Take a deleted mailbox back."""
    row = mailboxes.restore_mailbox(
        mailbox=_mailbox(step, Mailbox.Status.TRASHED), actor=step.actor
    )
    return _done(row, _("Mailbox %(name)s is back, with all its mail") % {"name": row.address})


def enable_mailbox(step: Step) -> Undone:
    """Enable a mailbox that was disabled."""
    row = mailboxes.enable_mailbox(
        mailbox=_mailbox(step, Mailbox.Status.DISABLED), actor=step.actor
    )
    return _done(row, _("%(name)s is enabled again") % {"name": row.address})


def disable_mailbox(step: Step) -> Undone:
    """Disable a mailbox that was enabled."""
    row = mailboxes.disable_mailbox(mailbox=_mailbox(step, Mailbox.Status.ACTIVE), actor=step.actor)
    return _done(row, _("%(name)s is disabled again") % {"name": row.address})


def change_mailbox_back(step: Step) -> Undone:
    """Give a mailbox its former type, quota and name."""
    row = _mailbox(step, Mailbox.Status.ACTIVE, Mailbox.Status.DISABLED)
    if any(getattr(row, key) != value for key, value in step.after.items()):
        raise _moved_on(row.address)
    row = mailboxes.update_mailbox(
        mailbox=row, change=MailboxChange(**step.before), actor=step.actor
    )
    return _done(row, _("%(name)s is as it was before") % {"name": row.address})
