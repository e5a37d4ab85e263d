"""Branding and its logo: the vendor and our rows afterwards."""

from __future__ import annotations

import pytest

from clients.actors import Actor
from clients.models import Activity
from provisioning.models import Branding, MailDomain
from provisioning.operations import branding
from provisioning.operations.branding import BrandingSpec, UnableToChangeSetting
from provisioning.sandbox import Sandbox
from tests import pictures
from tests.provisioning.operations.settings_at_vendor import actions, agrees, domain_of, settle

pytestmark = pytest.mark.django_db

SPEC = BrandingSpec(name="Acme Mail", support_email="help@acme.test", color="#0B6E4F")


def brand(domain: MailDomain, actor: Actor) -> Branding:
    return branding.set_branding(mail_domain=domain, branding=SPEC, actor=actor)


def test_a_color_left_empty_stays_empty(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)

    branding.set_branding(mail_domain=domain, branding=BrandingSpec(name="Acme"), actor=actor)

    assert vendor.domains()["acme.test"]["brandcolor"] == ""


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (BrandingSpec(color="green"), "color"),
        (BrandingSpec(color="#12345"), "color"),
        (BrandingSpec(support_email="no address"), "support_email"),
        (BrandingSpec(name="x" * 101), "name"),
        (BrandingSpec(name="two\nlines"), "name"),
    ],
)
def test_nonsense_is_refused_at_its_field_and_not_sent(
    vendor: Sandbox, actor: Actor, spec: BrandingSpec, field: str
) -> None:
    domain = domain_of(vendor)

    with pytest.raises(UnableToChangeSetting) as refusal:
        branding.set_branding(mail_domain=domain, branding=spec, actor=actor)

    assert refusal.value.field == field
    assert vendor.calls("setDomainBrandingV2") == []


def test_a_logo_is_sent_and_only_a_little_picture_of_it_is_kept(
    vendor: Sandbox, actor: Actor
) -> None:
    domain = domain_of(vendor)
    logo = branding.read_logo(pictures.png(600, 200))

    row = branding.set_branding(
        mail_domain=domain, branding=BrandingSpec(name="Acme", logo=logo), actor=actor
    )

    assert vendor.domains()["acme.test"]["logo_bytes"] == len(logo.content)
    assert row.logo_preview == logo.preview
    assert row.logo_url
    line = Activity.objects.get()
    assert line.after["has_new_logo"] is True
    assert logo.preview not in str(line.after)


def test_without_a_logo_the_present_one_stays(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    logo = branding.read_logo(pictures.png(60, 20))
    branding.set_branding(mail_domain=domain, branding=BrandingSpec(logo=logo), actor=actor)

    row = brand(domain, actor)

    assert vendor.domains()["acme.test"]["logo_bytes"] == len(logo.content)
    assert row.logo_preview == logo.preview


def test_a_logo_whose_arrival_nothing_shows_is_called_unclear(
    vendor: Sandbox, actor: Actor
) -> None:
    domain = domain_of(vendor)
    logo = branding.read_logo(pictures.png(60, 20))
    other = branding.read_logo(pictures.png(80, 20))
    branding.set_branding(mail_domain=domain, branding=BrandingSpec(logo=logo), actor=actor)
    vendor.faults.add(action="setDomainBrandingV2", kind="drop_after")

    row = branding.set_branding(mail_domain=domain, branding=BrandingSpec(logo=other), actor=actor)
    settle(row, is_final=True)

    assert row.is_logo_unclear
    assert row.logo_preview == logo.preview
    assert actions()[-1] == "branding.unclear"
    sent_again = branding.set_branding(
        mail_domain=domain, branding=BrandingSpec(logo=other), actor=actor
    )
    assert not sent_again.is_logo_unclear
    assert sent_again.logo_preview == other.preview


def test_a_reset_takes_all_away_and_tells_what_it_was(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    logo = branding.read_logo(pictures.png(60, 20))
    branding.set_branding(
        mail_domain=domain, branding=BrandingSpec("Acme", "", "0b6e4f", logo), actor=actor
    )

    row = branding.reset_branding(mail_domain=domain, actor=actor)

    assert agrees(vendor, domain)
    assert (row.name, row.color, row.logo_url, row.logo_preview) == ("", "", "", "")
    line = Activity.objects.get(action="branding.reset")
    assert (line.before["name"], line.before["color"]) == ("Acme", "0b6e4f")


def test_a_reset_whose_answer_was_lost_is_seen(vendor: Sandbox, actor: Actor) -> None:
    domain = domain_of(vendor)
    brand(domain, actor)
    vendor.faults.add(action="resetDomainBranding", kind="drop_after")

    row = branding.reset_branding(mail_domain=domain, actor=actor)
    settle(row)

    assert agrees(vendor, domain)
    assert actions() == ["branding.changed", "branding.reset"]
