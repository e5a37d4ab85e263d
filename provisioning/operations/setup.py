"""Have a mailbox set up on a device: a link that shows how, and the same by email."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone

from clients.actors import Actor
from clients.models import Activity, Client
from clients.operations import activity, email
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning.models import Mailbox, MailDomain
from provisioning.operations.mail_programs import instructions_for

# The link shows no secret; it ends so that an old phone's history does not name mailboxes for ever.
LINK_LASTS = timedelta(days=7)
SALT = "mailbox-setup"
# Somebody else's inbox: enough for a company's first day, too little to be a nuisance.
MAILS_AN_HOUR = 60
MAILS_A_DAY = 200
MAILED = "mailbox.setup_mailed"


class UnableToMailInstructions(OperationError):
    """Nothing was sent."""


def link_token(mailbox: Mailbox) -> str:
    """Return what a link to a mailbox's set-up page ends in; good for `LINK_LASTS`."""
    return signing.dumps(mailbox.pk, salt=SALT)


def mailbox_of_token(token: str) -> Mailbox | None:
    """Return the mailbox a link leads to; None where it is old, made up or leads nowhere now."""
    try:
        mailbox_id = signing.loads(token, salt=SALT, max_age=LINK_LASTS)
    except signing.BadSignature:
        return None
    usable = Mailbox.objects.live().filter(mail_domain__status=MailDomain.Status.ACTIVE)
    return usable.select_related("mail_domain").filter(pk=mailbox_id).first()


@transaction.atomic
def mail_instructions(*, mailbox: Mailbox, address: str, link: str, actor: Actor) -> None:
    """
    Send the settings and the link to an address; a password is never in it.

    :raises UnableToMailInstructions: too many have been sent lately
    """
    domain = mailbox.mail_domain
    # Under the client's lock: two clicks cannot share the last one.
    client = Client.objects.select_for_update().get(pk=domain.client_id)
    now = timezone.now()
    sent = Activity.objects.filter(client=client, action=MAILED)
    for span, most in ((timedelta(hours=1), MAILS_AN_HOUR), (timedelta(days=1), MAILS_A_DAY)):
        if sent.filter(created_at__gt=now - span).count() >= most:
            raise UnableToMailInstructions(
                _("Many instructions have been sent lately. Try again later.")
            )
    email.queue_email(
        to=address,
        template="mailbox_setup",
        context={
            "instructions": instructions_for(mailbox),
            "link": link,
            "link_ends_at": now + LINK_LASTS,
            "sender_name": actor.name,
        },
        actor=actor,
        client=client,
    )
    activity.record(
        action=MAILED,
        subject=mailbox,
        name=mailbox.address,
        client=client,
        actor=actor,
        scope=mailbox.mail_domain,
        after={"to": address},
    )
