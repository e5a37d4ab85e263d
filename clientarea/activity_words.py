"""What the activity log says to a person: one sentence for each action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clientarea.templatetags.mail import gigabytes
from clients.models import Activity
from provisioning.models import Mailbox, MailDomain, ModuleJob

NAMED = 5


@dataclass(frozen=True)
class Kind:
    """Actions that belong together, by what they begin with."""

    label: Promise
    icon: str
    beginnings: tuple[str, ...]


KINDS = {
    "mailboxes": Kind(gettext_lazy("Mailboxes"), "mail", ("mailbox.", "mailboxes.")),
    "aliases": Kind(gettext_lazy("Aliases"), "at-sign", ("alias.", "alias_domain.", "catch_all.")),
    "forwards": Kind(gettext_lazy("Forwarding"), "corner-up-right", ("forward.",)),
    "lists": Kind(gettext_lazy("Distribution Lists"), "users", ("list.", "member.")),
    "branding": Kind(gettext_lazy("Branding"), "palette", ("branding.",)),
    "domain": Kind(
        gettext_lazy("Domain and DNS"), "globe", ("dkim.", "dns.", "domain.", "domain_settings.")
    ),
    "service": Kind(
        gettext_lazy("Service"), "layout-dashboard", ("service.", "order.", "account.", "job.")
    ),
}
OTHER_ICON = "history"

SENTENCES: dict[str, Promise] = {
    "mailbox.added": gettext_lazy("Mailbox %(name)s was added"),
    "mailbox.not_added": gettext_lazy("Mailbox %(name)s was not added"),
    "mailbox.refused": gettext_lazy("Mailbox %(name)s was refused by the mail server"),
    "mailbox.changed": gettext_lazy("Mailbox %(name)s was changed"),
    "mailbox.not_changed": gettext_lazy("A change to mailbox %(name)s did not arrive"),
    "mailbox.password_unknown": gettext_lazy(
        "Nobody can tell whether %(name)s has its new password"
    ),
    "mailbox.enabled": gettext_lazy("Mailbox %(name)s was enabled"),
    "mailbox.disabled": gettext_lazy("Mailbox %(name)s was disabled"),
    "mailbox.trashed": gettext_lazy("Mailbox %(name)s was deleted; it can be restored for a while"),
    "mailbox.restored": gettext_lazy("Mailbox %(name)s was restored"),
    "mailbox.not_restored": gettext_lazy("Mailbox %(name)s was not restored"),
    "mailbox.deleted": gettext_lazy("Mailbox %(name)s was deleted for good"),
    "mailbox.not_deleted": gettext_lazy("Mailbox %(name)s was not deleted"),
    "mailbox.webmail_opened": gettext_lazy("Webmail of %(name)s was opened from here"),
    "mailbox.control_panel_opened": gettext_lazy(
        "The control panel of %(name)s was opened from here"
    ),
    "mailbox.setup_mailed": gettext_lazy("Set-up instructions of %(name)s were mailed to %(to)s"),
    "mailboxes.enable": gettext_lazy("Enabling %(name)s was started"),
    "mailboxes.disable": gettext_lazy("Disabling %(name)s was started"),
    "mailboxes.delete": gettext_lazy("Deleting %(name)s was started"),
    "mailboxes.set_type": gettext_lazy("Changing the type of %(name)s was started"),
    "mailboxes.set_quota": gettext_lazy("Changing the quota of %(name)s was started"),
    "mailboxes.imported": gettext_lazy("An import of mailboxes was started"),
    "mailboxes.import_cancelled": gettext_lazy("An import of mailboxes was stopped"),
    "mailboxes.passwords_taken": gettext_lazy("The passwords made by an import were downloaded"),
    "alias.added": gettext_lazy("Alias %(name)s to %(target)s was added"),
    "alias.not_added": gettext_lazy("Alias %(name)s was not added"),
    "alias.refused": gettext_lazy("Alias %(name)s was refused by the mail server"),
    "alias.changed": gettext_lazy("Alias %(name)s was changed"),
    "alias.not_changed": gettext_lazy("A change to alias %(name)s did not arrive"),
    "alias.deleted": gettext_lazy("Alias %(name)s was deleted"),
    "alias.not_deleted": gettext_lazy("Alias %(name)s was not deleted"),
    "alias.lost": gettext_lazy("Alias %(name)s was lost when it was changed"),
    "catch_all.added": gettext_lazy("Mail to unknown addresses was sent to %(target)s"),
    "catch_all.not_added": gettext_lazy("The catch-all was not switched on"),
    "catch_all.refused": gettext_lazy("The catch-all was refused by the mail server"),
    "catch_all.changed": gettext_lazy("Mail to unknown addresses was sent elsewhere"),
    "catch_all.not_changed": gettext_lazy("A change to the catch-all did not arrive"),
    "catch_all.deleted": gettext_lazy("The catch-all was switched off"),
    "catch_all.not_deleted": gettext_lazy("The catch-all was not switched off"),
    "alias_domain.added": gettext_lazy("Alias domain %(name)s was added"),
    "alias_domain.not_added": gettext_lazy("Alias domain %(name)s was not added"),
    "alias_domain.refused": gettext_lazy("Alias domain %(name)s was refused by the mail server"),
    "alias_domain.deleted": gettext_lazy("Alias domain %(name)s was deleted"),
    "alias_domain.not_deleted": gettext_lazy("Alias domain %(name)s was not deleted"),
    "forward.added": gettext_lazy("%(mailbox)s was set to send copies to %(target)s"),
    "forward.not_added": gettext_lazy("A forward from %(mailbox)s to %(target)s was not added"),
    "forward.refused": gettext_lazy(
        "A forward from %(mailbox)s to %(target)s was refused by the mail server"
    ),
    "forward.deleted": gettext_lazy("%(mailbox)s was stopped from sending copies to %(target)s"),
    "forward.not_deleted": gettext_lazy("The forward %(name)s was not deleted"),
    "list.added": gettext_lazy("List %(name)s was added"),
    "list.not_added": gettext_lazy("List %(name)s was not added"),
    "list.refused": gettext_lazy("List %(name)s was refused by the mail server"),
    "list.changed": gettext_lazy("The members of list %(name)s were changed"),
    "list.deleted": gettext_lazy("List %(name)s was deleted"),
    "list.not_deleted": gettext_lazy("List %(name)s was not deleted"),
    "member.refused": gettext_lazy("%(name)s was refused as a member of list %(list)s"),
    "member.not_added": gettext_lazy("%(name)s did not join list %(list)s"),
    "member.not_deleted": gettext_lazy("%(name)s did not leave list %(list)s"),
    "branding.changed": gettext_lazy("The look of webmail was changed"),
    "branding.not_changed": gettext_lazy("A change to the look of webmail did not arrive"),
    "branding.reset": gettext_lazy("The look of webmail was set back"),
    "branding.unclear": gettext_lazy("Nobody can tell whether a new logo has arrived"),
    "dkim.enabled": gettext_lazy("DKIM was enabled"),
    "dkim.disabled": gettext_lazy("DKIM was disabled"),
    "dkim.not_changed": gettext_lazy("A change to DKIM did not arrive"),
    "dns.records_mailed": gettext_lazy("The DNS records were mailed to %(address)s"),
    "domain.verified": gettext_lazy("The ownership of %(name)s was proved"),
    "domain.dropped": gettext_lazy(
        "%(name)s was dropped by the mail server, as it was not verified"
    ),
    "domain_settings.footer_changed": gettext_lazy("The footer was changed"),
    "domain_settings.time_zone_changed": gettext_lazy("The time zone was set to %(time_zone)s"),
    "domain_settings.not_changed": gettext_lazy("A change to the domain's settings did not arrive"),
    "service.placed": gettext_lazy("%(name)s was ordered with the plan %(product)s"),
    "service.price_told": gettext_lazy("The coming price of %(name)s was announced"),
    "service.billed": gettext_lazy("The price of %(name)s was agreed on"),
    "service.paid_until": gettext_lazy("%(name)s is paid until %(next_due_date)s now"),
    "domain.withdrawn": gettext_lazy("%(name)s was taken back before it was set up"),
    "order.placed": gettext_lazy("%(name)s was ordered with the plan %(product)s"),
    "order.accepted": gettext_lazy("The order %(name)s was accepted"),
    "order.set_up": gettext_lazy("The set-up of the order %(name)s was begun"),
    "order.fulfilled": gettext_lazy("The order %(name)s was fulfilled"),
    "order.cancelled": gettext_lazy("The order %(name)s was cancelled"),
    "service.change_ordered": gettext_lazy("A change of %(name)s was ordered"),
    "service.changed": gettext_lazy("%(name)s was changed"),
    "service.change_failed": gettext_lazy("A change of %(name)s could not be made"),
    "service.change_retried": gettext_lazy("A change of %(name)s was tried again"),
    "service.change_withdrawn": gettext_lazy("A change of %(name)s was withdrawn"),
    "service.change_cancelled": gettext_lazy("A change of %(name)s was cancelled"),
    "service.change_expired": gettext_lazy("A change of %(name)s was not paid in time"),
    "service.suspension_requested": gettext_lazy("A suspension of this service was asked for"),
    "service.unsuspension_requested": gettext_lazy("The end of the suspension was asked for"),
    "service.product_change_requested": gettext_lazy(
        "A change to the plan %(product)s was asked for"
    ),
    "service.termination_requested": gettext_lazy("The end of this service was asked for"),
    "service.cancellation_requested": gettext_lazy("The cancellation of %(name)s was requested"),
    "service.cancellation_withdrawn": gettext_lazy("The cancellation of %(name)s was withdrawn"),
    "service.closing_requested": gettext_lazy("The end of this service was asked for"),
    "service.restoration_requested": gettext_lazy("The restoration of %(name)s was asked for"),
    "service.closing_notice": gettext_lazy(
        "A notice was sent that the mail of %(name)s is going to be deleted"
    ),
    "account.create": gettext_lazy("%(name)s was set up at the mail server"),
    "account.change_package": gettext_lazy("The mail server was told of the new plan"),
    "account.suspend": gettext_lazy("The service was suspended"),
    "account.unsuspend": gettext_lazy("The suspension was lifted"),
    "account.close": gettext_lazy("The service was closed; it can be restored for a while"),
    "account.restore": gettext_lazy("The service was restored"),
    "account.terminate": gettext_lazy("The service was ended"),
    "job.retried": gettext_lazy("A job at the mail server was tried again: %(name)s"),
}
NEW_PASSWORD = gettext_lazy("Mailbox %(name)s was given a new password")
UNKNOWN = gettext_lazy("%(name)s: %(action)s")
RENAMED = gettext_lazy("Alias %(name)s was deleted; %(replaced_by)s took its place")


class Facts(dict[str, Any]):
    """What a sentence may name; what a line does not tell is left out."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(line: Activity, mail_domain: MailDomain) -> str:
    """Return what a line says, as one sentence without a full stop."""
    facts = Facts(line.before)
    facts.update(line.after)
    if "next_due_date" in line.after:
        facts["next_due_date"] = date_format(date.fromisoformat(line.after["next_due_date"]))
    facts["mailbox"] = f"{facts['local_part']}@{mail_domain.domain}"
    text = SENTENCES.get(line.action)
    if text is None:
        facts["action"] = line.action.replace(".", " ").replace("_", " ")
        text = UNKNOWN
    elif line.action == "mailbox.changed" and set(line.after) == {"has_new_password"}:
        text = NEW_PASSWORD
    elif line.action == "alias.deleted" and "replaced_by" in line.after:
        text = RENAMED
    facts["name"] = _name_of(line)
    return str(text) % facts


def _name_of(line: Activity) -> str:
    """Return what a line is about, in words where it is no name."""
    if line.action.startswith("mailboxes.") and "count" in line.after:
        count = line.after["count"]
        return ngettext("%(count)d mailbox", "%(count)d mailboxes", count) % {"count": count}
    if line.action == "job.retried" and "action" in line.after:
        return str(dict(ModuleJob.Action.choices).get(line.after["action"], line.object_name))
    return line.object_name


def icon_of(line: Activity) -> str:
    """Return the picture of the kind of thing a line is about."""
    for kind in KINDS.values():
        if line.action.startswith(kind.beginnings):
            return kind.icon
    return OTHER_ICON


def details_of(line: Activity, mail_domain: MailDomain) -> list[str]:
    """Return what was different afterwards, one short text for each."""
    if line.action.startswith("list."):
        return _members(line.before.get("members", []), line.after.get("members", []))
    details = [
        _("%(what)s: %(before)s → %(after)s")
        % {
            "what": label,
            "before": _shown(key, line.before[key], mail_domain),
            "after": _shown(key, line.after[key], mail_domain),
        }
        for key, label in LABELS.items()
        if _differs(line.before, line.after, key)
    ]
    if line.after.get("has_new_password") and len(line.after) > 1:
        details.append(_("New password"))
    if line.after.get("has_new_logo"):
        details.append(_("New logo"))
    return details


LABELS = {
    "account_type": gettext_lazy("Type"),
    "quota_mb": gettext_lazy("Quota"),
    "display_name": gettext_lazy("Display name"),
    "local_part": gettext_lazy("Name"),
    "target": gettext_lazy("Target"),
    "name": gettext_lazy("Name"),
    "support_email": gettext_lazy("Support address"),
    "color": gettext_lazy("Color"),
    "time_zone": gettext_lazy("Time zone"),
}


def _differs(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> bool:
    return key in before and key in after and before[key] != after[key]


def _shown(key: str, value: Any, mail_domain: MailDomain) -> str:
    if key == "account_type":
        return str(dict(Mailbox.Type.choices).get(value, value))
    if key == "quota_mb":
        return gigabytes(value, mail_domain.server.mb_per_gb)
    if key == "color" and value:
        return f"#{value}"
    return str(value) if value else _("none")


def _members(before: list[str], after: list[str]) -> list[str]:
    joined, left = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    details = []
    if joined:
        details.append(_("Joined: %(names)s") % {"names": _named(joined)})
    if left:
        details.append(_("Left: %(names)s") % {"names": _named(left)})
    return details


def _named(addresses: list[str]) -> str:
    more = len(addresses) - NAMED
    if more <= 0:
        return get_text_list(addresses, _("and"))
    rest = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
    return get_text_list([*addresses[:NAMED], rest], _("and"))
