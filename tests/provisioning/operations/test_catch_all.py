"""The catch-all and alias domains: whatever the vendor answers, both sides agree afterwards."""

from __future__ import annotations

import pytest

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import AliasDomain, CatchAll
from provisioning.operations import aliases
from provisioning.operations.aliases import (
    UnableToAddAliasDomain,
    UnableToChangeAliasDomain,
    UnableToChangeCatchAll,
)
from provisioning.sandbox import Sandbox, Switches
from tests import makers

pytestmark = pytest.mark.django_db

ANNA, BEN = "anna@acme.test", "ben@acme.test"


def switch(service: Service, actor: Actor, target: str) -> CatchAll | None:
    return aliases.set_catch_all(mail_domain=service.mail_domain, target=target, actor=actor)


def ours(service: Service) -> str:
    rows = CatchAll.objects.filter(mail_domain=service.mail_domain, state="present")
    return "".join(rows.values_list("target", flat=True))


def theirs(vendor: Sandbox) -> str:
    return str(vendor.domains()["acme.test"]["catchall"])


def add_domain(service: Service, actor: Actor) -> AliasDomain:
    return aliases.add_alias_domain(
        mail_domain=service.mail_domain, name="acme.example", actor=actor
    )


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "cut_json", "html"])
@pytest.mark.parametrize("targets", [("", ANNA), (ANNA, BEN), (ANNA, "")])
def test_a_switch_without_a_clear_answer_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, targets: tuple[str, str]
) -> None:
    before, after = targets
    switch(service, actor, before)
    vendor.faults.add(action="updateDomain", kind=fault)

    unclear = switch(service, actor, after)
    makers.settle_all()

    assert unclear is not None
    assert unclear.is_unsettled
    assert ours(service) == theirs(vendor)
    assert ours(service) in {before, after}
    assert not CatchAll.objects.exclude(unsettled_since=None).exists()


@pytest.mark.parametrize("targets", [("", ANNA), (ANNA, BEN), (ANNA, "")])
def test_a_switch_that_is_refused_changes_nothing(
    service: Service, vendor: Sandbox, actor: Actor, targets: tuple[str, str]
) -> None:
    before, after = targets
    switch(service, actor, before)
    vendor.faults.add(action="updateDomain", kind="reject", sentence="Not today")

    with pytest.raises(UnableToChangeCatchAll, match="Not today"):
        switch(service, actor, after)

    assert ours(service) == theirs(vendor) == before


def test_a_vendor_that_keeps_a_plain_switch_is_understood(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    switch(service, actor, ANNA)
    vendor.world.store.run("UPDATE domains SET catchall = '1'")

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    assert ours(service) == ANNA


def test_a_vendor_that_takes_only_a_flag_refuses_in_words(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.switches = Switches(catchall="flag")

    with pytest.raises(UnableToChangeCatchAll, match="did not accept") as refused:
        switch(service, actor, ANNA)

    assert refused.value.field == "target"
    assert not CatchAll.objects.exists()


def test_a_catch_all_made_elsewhere_is_taken_in_and_let_go(
    service: Service, vendor: Sandbox
) -> None:
    vendor.world.store.run("UPDATE domains SET catchall = 'ben@acme.test'")
    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)
    taken_in = ours(service)
    vendor.world.store.run("UPDATE domains SET catchall = ''")

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    assert taken_in == BEN
    assert not CatchAll.objects.exists()


@pytest.mark.parametrize(
    ("fault", "in_the_end"),
    [("drop_after", ["acme.example"]), ("http_502", []), ("duplicate", ["acme.example"])],
)
def test_an_alias_domain_without_a_clear_answer_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, in_the_end: list[str]
) -> None:
    vendor.faults.add(action="addAliasDomain", kind=fault)

    add_domain(service, actor)
    makers.settle_all()

    assert list(AliasDomain.objects.values_list("domain", flat=True)) == in_the_end
    assert vendor.alias_domains("acme.test") == in_the_end


@pytest.mark.parametrize(
    ("fault", "in_the_end"), [("drop_after", []), ("http_502", ["acme.example"])]
)
def test_an_unclear_end_of_an_alias_domain_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, in_the_end: list[str]
) -> None:
    row = add_domain(service, actor)
    vendor.faults.add(action="removeAliasDomain", kind=fault)

    aliases.delete_alias_domain(alias_domain=row, actor=actor)
    makers.settle_all()

    assert list(AliasDomain.objects.values_list("domain", flat=True)) == in_the_end
    assert vendor.alias_domains("acme.test") == in_the_end


def test_refusals_of_an_alias_domain_leave_everything_as_it_was(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addAliasDomain", kind="reject", sentence="Domain is already in use")
    with pytest.raises(UnableToAddAliasDomain, match="already in use at the mail server"):
        add_domain(service, actor)
    nothing = AliasDomain.objects.count()
    row = add_domain(service, actor)
    vendor.faults.add(action="removeAliasDomain", kind="reject", sentence="Not today")

    with pytest.raises(UnableToChangeAliasDomain, match="Not today"):
        aliases.delete_alias_domain(alias_domain=row, actor=actor)

    assert nothing == 0
    assert AliasDomain.objects.get().state == "present"
    assert vendor.alias_domains("acme.test") == ["acme.example"]
    actions = list(Activity.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["alias_domain.refused", "alias_domain.added"]


def test_alias_domains_of_others_stay_unnamed(service: Service, actor: Actor) -> None:
    other = makers.make_service(domain="other.test")
    other.mail_domain.alias_domains.create(domain="acme.example")

    with pytest.raises(UnableToAddAliasDomain) as refused:
        add_domain(service, actor)

    assert "other.test" not in refused.value.user_message
    assert refused.value.code == "taken"


def test_alias_domains_are_mirrored(service: Service, vendor: Sandbox) -> None:
    service.mail_domain.alias_domains.create(domain="gone.example")
    vendor.world.store.run(
        "INSERT INTO alias_domains (domain_id, alias_domain) SELECT id, 'acme.example' FROM domains"
    )

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    assert list(AliasDomain.objects.values_list("domain", flat=True)) == ["acme.example"]


def test_a_vendor_without_alias_domains_is_still_read(service: Service, vendor: Sandbox) -> None:
    service.mail_domain.alias_domains.create(domain="acme.example")
    vendor.faults.add(action="getAliasDomains", kind="reject", sentence="Unknown action", count=0)

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    service.mail_domain.refresh_from_db()
    assert service.mail_domain.mirror_error == ""
    assert AliasDomain.objects.count() == 1
