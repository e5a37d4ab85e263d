"""What a customer does about the look of webmail; it happens at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clients.actors import Actor
from core.sentences import sentence as _
from provisioning import tasks
from provisioning.models import Branding, MailDomain
from provisioning.operations import logos
from provisioning.operations.logos import Logo, UnableToReadLogo
from provisioning.workers import domain_settings
from provisioning.workers.domain_settings import Change, UnableToChangeSetting

__all__ = [
    "BrandingSpec",
    "Logo",
    "UnableToChangeSetting",
    "UnableToReadLogo",
    "reset_branding",
    "set_branding",
]

LARGEST_LOGO = logos.LARGEST_FILE
LONGEST_NAME = 100
COLOR = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True)
class BrandingSpec:
    """
    The look to be; an empty text means the reseller's own.

    `color` is six hex digits, with or without `#`. Without `logo` the present one stays.
    """

    name: str = ""
    support_email: str = ""
    color: str = ""
    logo: Logo | None = None


def set_branding(*, mail_domain: MailDomain, branding: BrandingSpec, actor: Actor) -> Branding:
    """
    Give webmail this look.

    Where the vendor gave no clear answer the row is unsettled, and the vendor is asked.

    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    color = branding.color.strip().removeprefix("#").lower()
    _check(branding, color)
    logo = branding.logo
    fields = {"name": branding.name, "support_email": branding.support_email, "color": color}
    # Neither the file nor what is sent is kept: a little picture is enough to remember it by.
    own = {"logo_preview": logo.preview, "is_logo_unclear": False} if logo else {}
    change = Change(
        "branding.changed",
        lambda vendor, domain: vendor.branding.set(
            domain=domain, **fields, logo=logo.content if logo else None
        ),
        fields,
        own,
        {"has_new_logo": True} if logo else {},
    )
    return _settled(domain_settings.change(domain_settings.BRANDING, mail_domain, change, actor))


def reset_branding(*, mail_domain: MailDomain, actor: Actor) -> Branding:
    """
    Go back to the reseller's own look; a logo that was sent is gone then.

    :raises UnableToChangeSetting: with a reason fit for the customer; nothing was changed
    """
    change = Change(
        "branding.reset",
        lambda vendor, domain: vendor.branding.reset(domain),
        # What the vendor shows after a reset is up to the vendor.
        {},
        {"logo_preview": "", "is_logo_unclear": False},
    )
    return _settled(domain_settings.change(domain_settings.BRANDING, mail_domain, change, actor))


def read_logo(content: bytes) -> Logo:
    """
    Return an uploaded picture, decoded and written anew.

    :raises UnableToReadLogo: with a reason fit for the customer
    """
    return logos.read_logo(content)


def _check(branding: BrandingSpec, color: str) -> None:
    if len(branding.name) > LONGEST_NAME or not branding.name.isprintable():
        raise UnableToChangeSetting(
            _("A name has up to %(count)d printable characters.") % {"count": LONGEST_NAME},
            field="name",
        )
    if color and not COLOR.fullmatch(color):
        raise UnableToChangeSetting(_("A color is written as # and six digits."), field="color")
    if branding.support_email:
        try:
            validate_email(branding.support_email)
        except ValidationError as error:
            raise UnableToChangeSetting(
                _("This is no email address."), field="support_email"
            ) from error


def _settled(row: Branding) -> Branding:
    if row.is_unsettled:
        tasks.wake(tasks.settle_setting, kind=domain_settings.BRANDING.name, row_id=row.pk)
    return row
