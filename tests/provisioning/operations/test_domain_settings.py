"""DKIM, branding, footer and time zone: the vendor and our rows afterwards, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import Branding, Dkim, DomainSettings, MailDomain, Setting
from provisioning.operations import branding, dkim, domain_settings
from provisioning.operations.branding import BrandingSpec
from provisioning.operations.domain_settings import UnableToChangeSetting
from provisioning.sandbox import Sandbox
from provisioning.workers import sweep
from tests import makers
from tests.provisioning.operations.settings_at_vendor import actions, agrees, domain_of, settle

pytestmark = pytest.mark.django_db

SPEC = BrandingSpec(name="Acme Mail", support_email="help@acme.test", color="#0B6E4F")
Write = Callable[[MailDomain, Actor], Setting]


def enable(domain: MailDomain, actor: Actor) -> Setting:
    return dkim.enable_dkim(mail_domain=domain, actor=actor)


def brand(domain: MailDomain, actor: Actor) -> Setting:
    return branding.set_branding(mail_domain=domain, branding=SPEC, actor=actor)


def add_footer(domain: MailDomain, actor: Actor) -> Setting:
    return domain_settings.set_footer(mail_domain=domain, html="<b>Acme</b>", actor=actor)


def move(domain: MailDomain, actor: Actor) -> Setting:
    return domain_settings.set_time_zone(mail_domain=domain, time_zone="Europe/Berlin", actor=actor)


@dataclass(frozen=True)
class Case:
    """A write, the vendor's name of the call, and what the log says of it."""

    write: Write
    call: str
    action: str

    @property
    def kind(self) -> str:
        return self.action.partition(".")[0]


WRITES = {
    "dkim": Case(enable, "enableDKIM", "dkim.enabled"),
    "branding": Case(brand, "setDomainBrandingV2", "branding.changed"),
    "footer": Case(add_footer, "setFooterDomain", "domain_settings.footer_changed"),
    "time zone": Case(move, "updateDomain", "domain_settings.time_zone_changed"),
}
every_write = pytest.mark.parametrize("case", WRITES.values(), ids=WRITES)


@every_write
def test_a_write_arrives_and_is_on_record(vendor: Sandbox, actor: Actor, case: Case) -> None:
    domain = domain_of(vendor)
    before = vendor.domains()["acme.test"]

    row = case.write(domain, actor)

    assert not row.is_unsettled
    assert vendor.domains()["acme.test"] != before
    assert agrees(vendor, domain)
    assert len(vendor.calls(case.call)) == 1
    assert actions() == [case.action]
    line = Activity.objects.get()
    assert line.before != line.after
    assert (line.object_name, line.client_id) == ("acme.test", domain.client_id)


@every_write
@pytest.mark.parametrize("kind", ["drop_before", "reject", "rate_limit"])
def test_a_write_that_did_not_happen_is_refused_and_leaves_nothing_open(
    vendor: Sandbox, actor: Actor, case: Case, kind: str
) -> None:
    domain = domain_of(vendor)
    vendor.faults.add(action=case.call, kind=kind, count=0)

    with pytest.raises(UnableToChangeSetting) as refusal:
        case.write(domain, actor)

    vendor.faults.clear()
    assert len(refusal.value.user_message) > 20
    assert agrees(vendor, domain)
    assert actions() == []
    assert not case.write(domain, actor).is_unsettled
    assert actions() == [case.action]


@every_write
@pytest.mark.parametrize("kind", ["drop_after", "html", "http_500", "cut_json"])
def test_a_lost_answer_to_a_write_that_happened_ends_right(
    vendor: Sandbox, actor: Actor, case: Case, kind: str
) -> None:
    domain = domain_of(vendor)
    executed = {"executed": True} if kind in {"html", "http_500"} else {}
    vendor.faults.add(action=case.call, kind=kind, **executed)

    row = case.write(domain, actor)
    unclear = row.is_unsettled
    settle(row)

    assert unclear
    assert not row.is_unsettled
    assert row.wanted == {}
    assert agrees(vendor, domain)
    assert len(vendor.calls(case.call)) == 1
    assert actions() == [case.action]


@every_write
def test_a_lost_answer_to_a_write_that_did_not_happen_ends_right(
    vendor: Sandbox, actor: Actor, case: Case
) -> None:
    domain = domain_of(vendor)
    vendor.faults.add(action=case.call, kind="http_502")

    row = case.write(domain, actor)
    settle(row)
    still_open = row.is_unsettled
    settle(row, is_final=True)

    assert still_open
    assert not row.is_unsettled
    assert agrees(vendor, domain)
    assert len(vendor.calls(case.call)) == 1
    assert actions() == [f"{case.kind}.not_changed"]


@every_write
def test_a_second_change_waits_until_the_first_is_clear(
    vendor: Sandbox, actor: Actor, case: Case
) -> None:
    domain = domain_of(vendor)
    vendor.faults.add(action=case.call, kind="drop_after")
    case.write(domain, actor)

    with pytest.raises(UnableToChangeSetting, match="still being checked"):
        case.write(domain, actor)

    assert len(vendor.calls(case.call)) == 1
    assert actions() == []


@every_write
def test_the_sweep_finds_what_nobody_asked_about(vendor: Sandbox, actor: Actor, case: Case) -> None:
    domain = domain_of(vendor)
    vendor.faults.add(action=case.call, kind="drop_after")
    row = case.write(domain, actor)
    now = timezone.now()

    early = sweep.find_work(now=now).settings
    late = sweep.find_work(now=now + timedelta(minutes=2)).settings

    assert early == []
    assert late == [(case.kind, row.pk)]


@every_write
def test_a_reading_leaves_an_open_change_alone(vendor: Sandbox, actor: Actor, case: Case) -> None:
    domain = domain_of(vendor)
    vendor.faults.add(action=case.call, kind="drop_after")
    row = case.write(domain, actor)

    tasks.refresh_domain(mail_domain_id=domain.pk)

    row.refresh_from_db()
    assert row.is_unsettled
    settle(row)
    assert actions() == [case.action]
    assert agrees(vendor, domain)


@every_write
@pytest.mark.parametrize("state", ["suspended", "unverified"])
def test_a_domain_that_is_not_active_is_not_changed(
    vendor: Sandbox, actor: Actor, case: Case, state: str
) -> None:
    if state == "suspended":
        service = makers.make_service(status="suspended", vendor=vendor)
    else:
        service = makers.make_unverified(vendor=vendor)

    with pytest.raises(UnableToChangeSetting, match=r"suspended|not verified"):
        case.write(service.mail_domain, actor)

    assert vendor.calls(case.call) == []
    assert case.action not in actions()


def test_a_setting_never_read_before_is_read_first_so_that_it_can_be_undone(
    vendor: Sandbox, actor: Actor
) -> None:
    domain = domain_of(vendor)
    brand(domain, actor)
    Branding.objects.all().delete()

    branding.set_branding(mail_domain=domain, branding=BrandingSpec(name="Other"), actor=actor)

    line = Activity.objects.order_by("-pk")[0]
    assert line.before["name"] == "Acme Mail"
    assert line.after["name"] == "Other"


def test_a_change_by_somebody_else_is_taken_in(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    brand(domain, actor)
    vendor.world.store.run("UPDATE domains SET brandname = 'Elsewhere', footer = 'Hello'")

    tasks.refresh_domain(mail_domain_id=domain.pk)

    assert agrees(vendor, domain)
    assert Branding.objects.get().name == "Elsewhere"
    assert DomainSettings.objects.get().footer == "Hello"


def test_signing_twice_asks_for_no_second_key(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    enable(domain, actor)
    key = Dkim.objects.get().key

    enable(domain, actor)

    assert len(vendor.calls("enableDKIM")) == 1
    assert Dkim.objects.get().key == key
    assert actions() == ["dkim.enabled"]


def test_disabling_says_disabled_although_the_key_is_kept(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    enable(domain, actor)

    row = dkim.disable_dkim(mail_domain=domain, actor=actor)

    assert not row.is_enabled
    assert row.has_key
    assert agrees(vendor, domain)


def test_what_the_vendor_makes_of_a_footer_is_what_we_say(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    add_footer(domain, actor)
    vendor.faults.add(action="getFooterDomain", kind="html", count=0)

    row = domain_settings.set_footer(mail_domain=domain, html="<i>Later</i>", actor=actor)
    vendor.faults.clear()
    vendor.world.store.run("UPDATE domains SET footer = 'Later'")
    settle(row, is_final=True)

    assert row.footer == "Later"
    assert agrees(vendor, domain)
    assert actions()[-1] == "domain_settings.footer_changed"


def test_a_time_zone_that_is_none_is_not_sent(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)

    with pytest.raises(UnableToChangeSetting, match="no such time zone"):
        domain_settings.set_time_zone(mail_domain=domain, time_zone="Mars/Base", actor=actor)

    assert vendor.calls("updateDomain") == []
