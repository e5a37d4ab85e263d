"""Adding and deleting aliases: the vendor and our rows agree afterwards."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import module
from provisioning.models import Alias, Entitlement, MailDomain
from provisioning.operations import aliases
from provisioning.operations.aliases import UnableToAddAlias, UnableToChangeAlias
from provisioning.sandbox import Sandbox
from provisioning.workers import element_mirror
from tests import makers
from tests.provisioning.operations.alias_steps import add, edit, ours, settle

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def test_an_alias_arrives_at_the_vendor_and_leaves_a_line(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor, "Sales@ACME.test", "Anna@acme.test")

    line = Activity.objects.get(action="alias.added")
    assert alias.state == Alias.State.PRESENT
    assert not alias.is_unsettled
    assert vendor.aliases("acme.test") == {"sales": "anna@acme.test"} == ours(service)
    assert line.after == {"local_part": "sales", "target": "anna@acme.test"}
    assert line.client == service.client


def test_an_alias_may_lead_outside_unless_the_installation_forbids_it(
    service: Service, vendor: Sandbox, actor: Actor, settings: Settings
) -> None:
    add(service, actor, "sales", "office@partner.test")
    settings.ALIAS_EXTERNAL_TARGETS = False

    with pytest.raises(UnableToAddAlias, match="leads to an address of"):
        add(service, actor, "info", "office@partner.test")

    assert list(vendor.aliases("acme.test")) == ["sales"]


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        (("sales@other.test", "anna"), "local_part", "end in @acme.test"),
        (("a@b@acme.test", "anna"), "local_part", "begin and end"),
        (("", "anna"), "local_part", "begin and end"),
        (("postmaster", "anna"), "local_part", "is reserved"),
        (("anna", "ben"), "local_part", "already a mailbox"),
        (("sales", ""), "target", "is not an email address"),
        (("sales", "an na@x.test"), "target", "is not an email address"),
        (("sales", "one@x.test, two@x.test"), "target", "is not an email address"),
        (("sales", "nobody"), "target", "no mailbox, alias or list nobody@acme.test"),
        (("sales", "sales@acme.test"), "target", "cannot lead to itself"),
    ],
)
def test_what_cannot_be_an_alias_is_refused_at_its_field_without_a_call(
    service: Service, actor: Actor, wrong: tuple[str, str], field: str, says: str
) -> None:
    with pytest.raises(UnableToAddAlias, match=says) as refused:
        add(service, actor, *wrong)

    assert refused.value.field == field
    assert not Alias.objects.exists()
    assert not Activity.objects.exists()


@pytest.mark.parametrize("taken", ["alias", "list", "alias in capitals"])
def test_a_name_that_is_taken_is_named(
    service: Service, vendor: Sandbox, actor: Actor, taken: str
) -> None:
    if taken == "list":
        service.mail_domain.distribution_lists.create(local_part="sales")
    else:
        add(service, actor)
    vendor.forget_calls()

    with pytest.raises(UnableToAddAlias, match="is already"):
        add(service, actor, "SALES" if "capitals" in taken else "sales")

    assert not vendor.calls("addAlias")


@pytest.mark.parametrize(
    ("rows", "target"),
    [
        ({"info": "sales@acme.test"}, "info"),
        ({"info": "help@acme.test", "help": "Sales@ACME.test"}, "info"),
        ({"info": "team@acme.test"}, "info"),
        ({}, "anna"),
    ],
)
def test_mail_that_would_go_in_circles_is_refused_with_the_way_it_takes(
    service: Service, vendor: Sandbox, actor: Actor, rows: dict[str, str], target: str
) -> None:
    domain = service.mail_domain
    for name, leads_to in rows.items():
        domain.aliases.create(local_part=name, target=leads_to)
    team = domain.distribution_lists.create(local_part="team")
    team.members.create(address="sales@acme.test")
    domain.forwards.create(local_part="anna", target="sales@acme.test")

    with pytest.raises(UnableToAddAlias, match="go in circles: sales@acme") as refused:
        add(service, actor, "sales", target)

    assert refused.value.user_message.rstrip(".").endswith("sales@acme.test")
    assert not vendor.calls("addAlias")


def test_a_name_under_an_alias_domain_is_the_same_address(service: Service, actor: Actor) -> None:
    service.mail_domain.alias_domains.create(domain="acme.example")
    service.mail_domain.aliases.create(local_part="info", target="sales@acme.example")

    with pytest.raises(UnableToAddAlias, match="in circles"):
        add(service, actor, "sales", "info")


def test_a_catch_all_takes_what_does_not_exist(service: Service, actor: Actor) -> None:
    aliases.set_catch_all(mail_domain=service.mail_domain, target="anna", actor=actor)
    service.refresh_from_db()

    alias = add(service, actor, "sales", "whoever")

    assert alias.target == "whoever@acme.test"


@pytest.mark.parametrize(
    ("limit", "says"), [(0, "not part of this plan"), (1, "All 1 aliases of your plan")]
)
def test_a_plan_without_room_is_said_before_the_vendor_is_asked(
    service: Service, vendor: Sandbox, actor: Actor, limit: int, says: str
) -> None:
    service.mail_domain.aliases.create(local_part="info", target="anna@acme.test")
    service.mail_domain.entitlement = Entitlement(aliases=limit)
    service.mail_domain.save()

    with pytest.raises(UnableToAddAlias, match=says):
        add(service, actor)

    assert not vendor.calls()


def test_a_plan_without_a_number_has_no_limit(service: Service, actor: Actor) -> None:
    service.mail_domain.entitlement = Entitlement(aliases=None)
    service.mail_domain.save()

    assert [add(service, actor, f"a{n}").state for n in range(3)] == ["present"] * 3


@pytest.mark.parametrize("fault", ["drop_before", "reject", "rate_limit"])
def test_an_alias_that_was_refused_leaves_nothing_behind(
    service: Service, vendor: Sandbox, actor: Actor, fault: str
) -> None:
    vendor.faults.add(action="addAlias", kind=fault, count=0)

    with pytest.raises(UnableToAddAlias):
        add(service, actor)

    assert not Alias.objects.exists()
    assert vendor.aliases("acme.test") == {}
    assert Activity.objects.filter(action="alias.refused").count() == 1
    assert not Activity.objects.filter(action="alias.added").exists()


@pytest.mark.parametrize("fault", ["duplicate", "expired_token", "code_as_string", "wrong_types"])
def test_a_stumble_of_the_vendor_is_no_failure(
    service: Service, vendor: Sandbox, actor: Actor, fault: str
) -> None:
    vendor.faults.add(action="addAlias", kind=fault)

    alias = add(service, actor)
    settle(alias)

    assert Alias.objects.get().state == Alias.State.PRESENT
    assert vendor.aliases("acme.test") == ours(service) == {"sales": "anna@acme.test"}


@pytest.mark.parametrize(
    ("fault", "in_the_end"),
    [("drop_after", ["sales"]), ("cut_json", ["sales"]), ("http_502", []), ("http_500", [])],
)
def test_an_unclear_addition_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, in_the_end: list[str]
) -> None:
    vendor.faults.add(action="addAlias", kind=fault)

    unclear = add(service, actor)
    settle(unclear)

    assert unclear.state == Alias.State.ADDING
    assert list(ours(service)) == in_the_end
    assert vendor.aliases("acme.test") == ours(service)
    assert not Alias.objects.exclude(unsettled_since=None).exists()


def test_an_addition_that_may_still_arrive_is_waited_for(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addAlias", kind="http_502")
    unclear = add(service, actor)

    settle(unclear, final=False)

    assert Alias.objects.get().is_unsettled
    with pytest.raises(UnableToChangeAlias, match="still being checked"):
        aliases.delete_alias(alias=unclear, actor=actor)


def test_delete_takes_it_out_and_remembers_where_it_led(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)

    gone = aliases.delete_alias(alias=alias, actor=actor)

    line = Activity.objects.get(action="alias.deleted")
    assert not gone.pk
    assert vendor.aliases("acme.test") == ours(service) == {}
    assert line.before == {"local_part": "sales", "target": "anna@acme.test"}


def test_an_alias_the_vendor_does_not_have_is_deleted_all_the_same(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = service.mail_domain.aliases.create(local_part="old", target="anna@acme.test")

    aliases.delete_alias(alias=alias, actor=actor)

    assert not Alias.objects.exists()
    assert vendor.calls("removeAlias")


@pytest.mark.parametrize(
    ("fault", "in_the_end"), [("drop_after", []), ("cut_json", []), ("http_502", ["sales"])]
)
def test_an_unclear_deletion_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, in_the_end: list[str]
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="removeAlias", kind=fault)

    unclear = aliases.delete_alias(alias=alias, actor=actor)
    settle(unclear)

    assert unclear.state == Alias.State.REMOVING
    assert list(vendor.aliases("acme.test")) == list(ours(service)) == in_the_end
    assert not Alias.objects.exclude(state=Alias.State.PRESENT).exists()


def test_a_refused_deletion_leaves_the_alias(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="removeAlias", kind="reject", sentence="Not today")

    with pytest.raises(UnableToChangeAlias, match="Not today"):
        aliases.delete_alias(alias=alias, actor=actor)

    assert Alias.objects.get().state == Alias.State.PRESENT
    assert not Alias.objects.get().is_unsettled


def test_nothing_changes_in_a_suspended_service(vendor: Sandbox, actor: Actor) -> None:
    service = makers.make_service(status="suspended", vendor=vendor)
    alias = service.mail_domain.aliases.create(local_part="sales", target="x@partner.test")

    with pytest.raises(UnableToAddAlias, match="suspended"):
        add(service, actor, "info", "x@partner.test")
    with pytest.raises(UnableToChangeAlias, match="suspended"):
        edit(alias, actor, target="y@partner.test")
    with pytest.raises(UnableToChangeAlias, match="suspended"):
        aliases.delete_alias(alias=alias, actor=actor)

    assert not vendor.calls()


def test_a_reading_that_began_before_a_deletion_does_not_bring_it_back(
    service: Service, actor: Actor
) -> None:
    alias = add(service, actor)
    domain = MailDomain.objects.select_related("server").get(pk=service.mail_domain.pk)

    reading = module.usage_update(domain)
    aliases.delete_alias(alias=alias, actor=actor)
    domain.refresh_from_db()
    element_mirror.record(domain, reading)

    assert not Alias.objects.exists()
