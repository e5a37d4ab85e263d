"""What a customer asks of DNS: how it looks now, and to have it put right by somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clients.actors import Actor
from clients.models import Activity, Client
from clients.operations import activity, email
from core.errors import OperationError
from core.sentences import sentence as _
from provisioning import dns, tasks
from provisioning.dns import Answers, Check, DkimStanding, Purpose, Wanted
from provisioning.models import Dkim, DnsReading, MailDomain
from provisioning.models.dns_reading import PATIENCE

FRESH = timedelta(minutes=15)
# Somebody else's inbox: enough for a slip in the address, too little to be a nuisance.
MAILS_AN_HOUR = 5
MAILS_A_DAY = 12
LONGEST_NOTE = 1000
MAILED = "dns.records_mailed"


class UnableToMailRecords(OperationError):
    """Nothing was sent."""


@dataclass(frozen=True)
class DnsReport:
    """
    How a domain's zone compares with what it should hold.

    `read_at` is None before the first reading; `is_awaited` says that a newer one is on its way.
    """

    domain: str
    checks: list[Check]
    dkim: Dkim | None
    read_at: datetime | None
    is_awaited: bool

    @property
    def wanted(self) -> list[Wanted]:
        """Return the records to publish."""
        return [check.wanted for check in self.checks]

    @property
    def zone_file(self) -> str:
        """Return the records as a zone file."""
        return dns.zone_file(self.domain, self.wanted)

    @property
    def dkim_check(self) -> Check | None:
        """Return the check of the DKIM record, if there is one to publish."""
        found = (check for check in self.checks if check.wanted.purpose is Purpose.DKIM)
        return next(found, None)

    @property
    def dkim_standing(self) -> DkimStanding:
        """Return where the domain stands with DKIM."""
        is_enabled = self.dkim is not None and self.dkim.is_enabled
        return dns.dkim_standing(is_enabled=is_enabled, check=self.dkim_check)


def report_on(mail_domain: MailDomain) -> DnsReport:
    """Compare the last reading with what is wanted now; nobody is asked anything."""
    dkim = Dkim.objects.filter(mail_domain=mail_domain).first()
    reading = DnsReading.objects.filter(mail_domain=mail_domain).first() or DnsReading()
    answers = Answers.from_json(reading.answers, reading.spf_lookups)
    wanted = dns.wanted_records(mail_domain, dkim)
    patience_ends = reading.requested_at + PATIENCE if reading.requested_at else None
    return DnsReport(
        domain=mail_domain.domain,
        checks=dns.judge(mail_domain.domain, wanted, answers),
        dkim=dkim,
        read_at=reading.read_at,
        is_awaited=reading.is_awaited
        and patience_ends is not None
        and timezone.now() < patience_ends,
    )


def check_when_stale(mail_domain: MailDomain) -> bool:
    """Have DNS read where our reading is old; tell whether one is on its way."""
    reading = DnsReading.objects.filter(mail_domain=mail_domain).first()
    now = timezone.now()
    if reading is not None and reading.read_at is not None and now - reading.read_at < FRESH:
        return reading.is_awaited
    return check(mail_domain)


def check(mail_domain: MailDomain) -> bool:
    """
    Have DNS read now, without waiting for it; many who ask at once send one message.

    Tells whether a reading is on its way: none is where the domain is gone.
    """
    if mail_domain.status == MailDomain.Status.TERMINATED:
        return False
    now = timezone.now()
    DnsReading.objects.get_or_create(mail_domain=mail_domain)
    unasked = Q(is_awaited=False) | Q(requested_at__lt=now - PATIENCE)
    asked = DnsReading.objects.filter(unasked, mail_domain=mail_domain).update(
        is_awaited=True, requested_at=now
    )
    if asked:
        tasks.wake(tasks.read_dns, mail_domain_id=mail_domain.pk)
    return True


@transaction.atomic
def mail_records(*, mail_domain: MailDomain, address: str, note: str, actor: Actor) -> None:
    """
    Send the records to whoever keeps the domain's DNS, with a note of the customer's.

    :raises UnableToMailRecords: too many have been sent lately, or the note is too long
    """
    if len(note) > LONGEST_NOTE:
        raise UnableToMailRecords(
            _("The note can have up to %(count)d characters.") % {"count": LONGEST_NOTE},
            field="note",
        )
    # Under the client's lock: two clicks cannot share the last one.
    client = Client.objects.select_for_update().get(pk=mail_domain.client_id)
    _refuse_too_many(client)
    report = report_on(mail_domain)
    email.queue_email(
        to=address,
        template="dns_records",
        context={
            "domain": mail_domain.domain,
            "wanted": [each for each in report.wanted if each.purpose is not Purpose.OWNERSHIP]
            if mail_domain.is_verified
            else report.wanted,
            "note": note,
            "sender_name": actor.name,
            "sender_address": actor.user.email if actor.user else "",
            "client_name": client.name,
        },
        actor=actor,
        client=client,
    )
    activity.record(
        action=MAILED,
        subject=mail_domain,
        name=mail_domain.domain,
        client=client,
        actor=actor,
        scope=mail_domain,
        after={"address": address},
    )


def _refuse_too_many(client: Client) -> None:
    now = timezone.now()
    sent = Activity.objects.filter(client=client, action=MAILED)
    for span, most in ((timedelta(hours=1), MAILS_AN_HOUR), (timedelta(days=1), MAILS_A_DAY)):
        if sent.filter(created_at__gt=now - span).count() >= most:
            raise UnableToMailRecords(
                _(
                    "These records have been sent several times lately. "
                    "Try again later, or download the zone file and send it yourself."
                ),
                code="too_many",
            )
