"""What taking back a line of the log would do, said before it is done."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clientarea.activity_words import Facts
from clients.models import Activity
from provisioning.models import MailDomain

# What a line tells of how it was before is named `was_` and its name.
PROMISES: dict[str, Promise] = {
    "mailbox.trashed": gettext_lazy(
        "Mailbox %(name)s comes back with all its mail, and takes up its place in your plan."
    ),
    "mailbox.disabled": gettext_lazy("Mailbox %(name)s is enabled again."),
    "mailbox.enabled": gettext_lazy(
        "Mailbox %(name)s is disabled again: nobody can log in to it, and its mail stays."
    ),
    "mailbox.changed": gettext_lazy("Mailbox %(name)s gets back what it had before."),
    "alias.added": gettext_lazy(
        "Alias %(name)s is deleted: mail to it no longer reaches %(target)s."
    ),
    "alias.deleted": gettext_lazy("Alias %(name)s is added again and leads to %(was_target)s."),
    "alias.changed": gettext_lazy(
        "The alias is %(was_local_part)s@%(domain)s, leading to %(was_target)s."
    ),
    "catch_all.added": gettext_lazy("Mail to unknown addresses is turned away."),
    "catch_all.deleted": gettext_lazy("Mail to unknown addresses goes to %(was_target)s again."),
    "catch_all.changed": gettext_lazy("Mail to unknown addresses goes to %(was_target)s again."),
    "alias_domain.added": gettext_lazy(
        "Alias domain %(name)s is deleted: mail to its addresses no longer arrives here."
    ),
    "alias_domain.deleted": gettext_lazy("Alias domain %(name)s is added again."),
    "forward.added": gettext_lazy("%(mailbox)s sends no more copies to %(target)s."),
    "forward.deleted": gettext_lazy("%(mailbox)s sends copies to %(target)s again."),
    "list.added": gettext_lazy(
        "List %(name)s is deleted with its members: mail to it is turned away."
    ),
    "list.deleted": gettext_lazy("List %(name)s is added again, with the members it had."),
    "list.changed": gettext_lazy("List %(name)s has the members it had before."),
    "branding.changed": gettext_lazy("Webmail looks as it did before this change."),
    "branding.reset": gettext_lazy("Webmail gets its name, support address and color back."),
    "domain_settings.footer_changed": gettext_lazy("The footer is what it was before this change."),
    "domain_settings.time_zone_changed": gettext_lazy("The time zone is %(was_time_zone)s again."),
}


def promise(line: Activity, mail_domain: MailDomain) -> str:
    """Return what undoing a line does, as a sentence or two; nothing where it cannot be undone."""
    text = PROMISES.get(line.action)
    if text is None:
        return ""
    facts = Facts({f"was_{key}": value for key, value in line.before.items()})
    facts.update(line.before)
    facts.update(line.after)
    facts |= {"name": line.object_name, "domain": mail_domain.domain}
    facts["mailbox"] = f"{facts['local_part']}@{mail_domain.domain}"
    said = str(text) % facts
    if line.action == "branding.reset" and line.before.get("logo_url"):
        said = f"{said} {_('The logo has to be uploaded once more.')}"
    return said
