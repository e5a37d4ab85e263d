"""Looking at DNS, and mailing the records to whoever can change it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity, EmailMessage
from provisioning import tasks
from provisioning.dns import DkimStanding, Lookup, Purpose
from provisioning.models import Dkim, DnsReading
from provisioning.operations import dkim, dns
from provisioning.operations.dns import DnsReport, UnableToMailRecords
from provisioning.sandbox import Sandbox
from provisioning.workers import sweep
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(vendor: Sandbox) -> Service:
    service = makers.make_service(domain="acme.test", vendor=vendor)
    tasks.refresh_domain(mail_domain_id=service.mail_domain_id)
    return service


@pytest.fixture
def resolver(
    vendor: Sandbox,
    settings: Settings,
    socket_enabled: None,  # noqa: ARG001
) -> Iterator[None]:
    """Our questions go to the stand-in's name server."""
    settings.DNS_TIMEOUT_SECONDS = 5.0
    with vendor.serve(dns_port=0) as served:
        settings.DNS_RESOLVERS = [f"127.0.0.1:{served.dns_port}"]
        yield


def read(service: Service) -> DnsReport:
    tasks.read_dns(mail_domain_id=service.mail_domain_id)
    return dns.report_on(service.mail_domain)


def lookups(report: DnsReport) -> dict[Purpose, Lookup]:
    return {check.wanted.purpose: check.lookup for check in report.checks}


@pytest.mark.usefixtures("resolver")
def test_a_reading_finds_what_is_published(service: Service, vendor: Sandbox) -> None:
    vendor.zone.publish_expected("acme.test", "mx", "spf", "webmail")

    report = read(service)

    found = lookups(report)
    assert found[Purpose.MX] == found[Purpose.SPF] == found[Purpose.WEBMAIL] == Lookup.FOUND
    assert found[Purpose.DMARC] == found[Purpose.IMAP] == Lookup.MISSING
    assert report.read_at is not None
    assert not report.is_awaited


@pytest.mark.usefixtures("socket_enabled")
def test_a_silent_resolver_makes_nothing_missing(service: Service) -> None:
    report = read(service)

    assert set(lookups(report).values()) == {Lookup.UNKNOWN}
    assert report.read_at is not None


def test_before_the_first_reading_nothing_is_known(service: Service) -> None:
    report = dns.report_on(service.mail_domain)

    assert set(lookups(report).values()) == {Lookup.UNKNOWN}
    assert report.read_at is None


@pytest.mark.usefixtures("resolver")
def test_dkim_goes_through_its_four_states(service: Service, vendor: Sandbox, actor: Actor) -> None:
    standings = [read(service).dkim_standing]
    dkim.enable_dkim(mail_domain=service.mail_domain, actor=actor)
    standings.append(dns.report_on(service.mail_domain).dkim_standing)
    standings.append(read(service).dkim_standing)
    vendor.zone.publish("ea1._domainkey.acme.test", "TXT", "v=DKIM1; p=QUJD")
    standings.append(read(service).dkim_standing)
    vendor.zone.withdraw("ea1._domainkey.acme.test")
    vendor.zone.publish_expected("acme.test", "dkim")
    standings.append(read(service).dkim_standing)
    dkim.disable_dkim(mail_domain=service.mail_domain, actor=actor)
    standings.append(dns.report_on(service.mail_domain).dkim_standing)

    assert standings == [
        DkimStanding.DISABLED,
        DkimStanding.UNCHECKED,
        DkimStanding.ISSUED,
        DkimStanding.DIFFERENT,
        DkimStanding.ACTIVE,
        DkimStanding.DISABLED,
    ]


def test_a_new_key_is_not_judged_by_the_record_of_the_old_one(service: Service) -> None:
    Dkim.objects.update(is_enabled=True, host="ea1._domainkey", key="v=DKIM1; p=NEW")
    DnsReading.objects.create(
        mail_domain=service.mail_domain,
        answers=[
            {
                "name": "ea1._domainkey.acme.test",
                "type": "TXT",
                "status": "found",
                "values": ["v=DKIM1; p=OLD"],
            }
        ],
        read_at=timezone.now(),
    )

    assert dns.report_on(service.mail_domain).dkim_standing == DkimStanding.DIFFERENT


def test_many_who_ask_at_once_send_one_message(
    service: Service, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as messages:
        answers = [dns.check(service.mail_domain) for _ in range(5)]

    assert answers == [True] * 5
    assert len(messages) == 1
    assert dns.report_on(service.mail_domain).is_awaited


def test_a_fresh_reading_is_not_asked_for_again_and_an_old_one_is(service: Service) -> None:
    reading = DnsReading.objects.create(
        mail_domain=service.mail_domain, read_at=timezone.now() - timedelta(minutes=5)
    )

    fresh = dns.check_when_stale(service.mail_domain)
    reading.read_at = timezone.now() - timedelta(hours=2)
    reading.save()
    stale = dns.check_when_stale(service.mail_domain)

    assert (fresh, stale) == (False, True)


def test_a_reading_that_does_not_come_is_found_by_the_sweep_and_not_awaited_for_ever(
    service: Service,
) -> None:
    dns.check(service.mail_domain)
    now = timezone.now()

    early = sweep.find_work(now=now).dns_readings
    late = sweep.find_work(now=now + timedelta(seconds=30)).dns_readings
    with time_machine.travel(now + timedelta(seconds=30), tick=False):
        report = dns.report_on(service.mail_domain)

    assert early == []
    assert late == [service.mail_domain_id]
    assert not report.is_awaited


def test_a_domain_that_is_gone_is_not_looked_up(vendor: Sandbox) -> None:
    gone = makers.make_service(status="terminated", vendor=vendor)
    DnsReading.objects.create(
        mail_domain=gone.mail_domain, is_awaited=True, requested_at=timezone.now()
    )

    asked = dns.check(gone.mail_domain)
    tasks.read_dns(mail_domain_id=gone.mail_domain_id)

    assert not asked
    assert DnsReading.objects.get().read_at is None
    assert not DnsReading.objects.get().is_awaited


def mail(service: Service, actor: Actor, note: str = "Please") -> None:
    dns.mail_records(
        mail_domain=service.mail_domain, address="dns@provider.test", note=note, actor=actor
    )


def test_the_records_go_out_with_the_note_and_are_on_record(service: Service) -> None:
    user = makers.make_user(email="ada@people.test", first_name="Ada")

    mail(service, Actor.from_user(user), "Please do it today <b>")

    message = EmailMessage.objects.get()
    assert message.to == "dns@provider.test"
    assert "DNS records for acme.test" in message.subject
    for text in (
        "@ 3600 IN MX 5 mx.emailarray.com.",
        '"v=spf1 include:emailarray.com ~all"',
        "Please do it today <b>",
        "ada@people.test",
    ):
        assert text in message.text
    assert "mx2.emailarray.com" in message.html
    assert "&lt;b&gt;" in message.html
    line = Activity.objects.get(action="dns.records_mailed")
    assert line.after == {"address": "dns@provider.test"}
    assert line.actor == user


def test_nobody_is_flooded(service: Service, actor: Actor) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for _ in range(dns.MAILS_AN_HOUR):
            mail(service, actor)
        with pytest.raises(UnableToMailRecords, match="several times"):
            mail(service, actor)
        other = makers.make_service()
        mail(other, actor)

    assert EmailMessage.objects.count() == dns.MAILS_AN_HOUR + 1
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        mail(service, actor)
    assert EmailMessage.objects.count() == dns.MAILS_AN_HOUR + 2


def test_a_day_has_a_limit_of_its_own(service: Service, actor: Actor) -> None:
    now = timezone.now()
    for hour in range(dns.MAILS_A_DAY):
        with time_machine.travel(now + timedelta(minutes=61 * hour), tick=False):
            mail(service, actor)

    later = now + timedelta(minutes=61 * dns.MAILS_A_DAY)
    with (
        time_machine.travel(later, tick=False),
        pytest.raises(UnableToMailRecords),
    ):
        mail(service, actor)

    assert EmailMessage.objects.count() == dns.MAILS_A_DAY


def test_an_endless_note_is_refused(service: Service, actor: Actor) -> None:
    with pytest.raises(UnableToMailRecords) as refusal:
        mail(service, actor, "x" * (dns.LONGEST_NOTE + 1))

    assert refusal.value.field == "note"
    assert not EmailMessage.objects.exists()
