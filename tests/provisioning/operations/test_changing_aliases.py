"""Changing aliases, which the vendor cannot: nothing is lost on the way."""

from __future__ import annotations

import pytest

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import gateway, tasks
from provisioning.models import Alias, Entitlement
from provisioning.operations import aliases
from provisioning.operations.aliases import UnableToChangeAlias
from provisioning.sandbox import Sandbox
from tests.provisioning.operations.alias_steps import add, edit, ours, settle

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def test_a_new_target_is_one_line_and_no_new_row(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.forget_calls()

    edit(alias, actor, target="ben")

    line = Activity.objects.get(action="alias.changed")
    assert vendor.aliases("acme.test") == ours(service) == {"sales": "ben@acme.test"}
    assert Alias.objects.get().pk == alias.pk
    assert [call.action for call in vendor.calls() if call.action != "login"] == [
        "removeAlias",
        "addAlias",
    ]
    assert (line.before["target"], line.after["target"]) == ("anna@acme.test", "ben@acme.test")


def test_the_same_target_again_calls_nobody(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.forget_calls()

    edit(alias, actor, target="ANNA@acme.test")

    assert not vendor.calls()
    assert not Activity.objects.filter(action="alias.changed").exists()


def test_a_new_name_is_there_before_the_old_one_goes(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    service.mail_domain.entitlement = Entitlement(aliases=1)
    service.mail_domain.save()
    alias = add(service, actor)
    vendor.forget_calls()

    renamed = edit(alias, actor, "vertrieb", "ben")

    calls = [call.action for call in vendor.calls() if call.action != "login"]
    assert calls == ["addAlias", "removeAlias"]
    assert vendor.aliases("acme.test") == ours(service) == {"vertrieb": "ben@acme.test"}
    assert renamed.address == "vertrieb@acme.test"
    line = Activity.objects.get(action="alias.changed")
    assert (line.before["local_part"], line.after["local_part"]) == ("sales", "vertrieb")
    gone = Activity.objects.get(action="alias.deleted")
    assert gone.after == {"replaced_by": "vertrieb@acme.test"}


def test_a_new_name_that_is_refused_leaves_the_old_one(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="reject", sentence="Not this one")

    with pytest.raises(UnableToChangeAlias, match="Not this one"):
        edit(alias, actor, "vertrieb")

    assert vendor.aliases("acme.test") == ours(service) == {"sales": "anna@acme.test"}


def test_an_old_name_that_stays_is_said(service: Service, vendor: Sandbox, actor: Actor) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="removeAlias", kind="reject", sentence="Not now")

    with pytest.raises(UnableToChangeAlias, match="works now, but sales@acme"):
        edit(alias, actor, "vertrieb")

    assert set(vendor.aliases("acme.test")) == set(ours(service)) == {"sales", "vertrieb"}
    assert not Alias.objects.exclude(state=Alias.State.PRESENT).exists()


def test_a_renaming_whose_answer_was_lost_is_finished(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="drop_after")

    unclear = edit(alias, actor, "vertrieb")
    before = set(vendor.aliases("acme.test"))
    settle(unclear, final=False)

    assert unclear.state == Alias.State.ADDING
    assert before == {"sales", "vertrieb"}
    assert vendor.aliases("acme.test") == ours(service) == {"vertrieb": "anna@acme.test"}


@pytest.mark.parametrize("fault", ["reject", "rate_limit"])
def test_the_old_target_is_put_back_where_the_new_one_is_refused(
    service: Service, vendor: Sandbox, actor: Actor, fault: str
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind=fault)

    with pytest.raises(UnableToChangeAlias):
        edit(alias, actor, target="ben")

    assert vendor.aliases("acme.test") == ours(service) == {"sales": "anna@acme.test"}
    assert not Alias.objects.get().is_unsettled


def test_an_alias_that_could_not_be_put_back_says_so_and_can_be_finished(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="reject", count=2, sentence="Not today")

    with pytest.raises(UnableToChangeAlias, match="gone from the mail server"):
        edit(alias, actor, target="ben")
    lost = Alias.objects.get()
    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)
    edit(lost, actor, target="ben")

    assert lost.state == Alias.State.ABSENT
    assert "Not today" in lost.problem
    assert Alias.objects.get().problem == ""
    assert vendor.aliases("acme.test") == ours(service) == {"sales": "ben@acme.test"}


def test_finishing_that_is_refused_keeps_the_row(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="reject", count=3, sentence="Not today")

    for target in ("ben", "ben"):
        with pytest.raises(UnableToChangeAlias):
            edit(Alias.objects.get(pk=alias.pk), actor, target=target)

    assert Alias.objects.get().state == Alias.State.ABSENT
    assert vendor.aliases("acme.test") == {}


def test_a_lost_alias_is_deleted_without_a_call(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="reject", count=2)
    with pytest.raises(UnableToChangeAlias):
        edit(alias, actor, target="ben")
    vendor.forget_calls()

    aliases.delete_alias(alias=Alias.objects.get(), actor=actor)

    assert not Alias.objects.exists()
    assert not vendor.calls()


@pytest.mark.parametrize(
    ("cut", "in_the_end"),
    [
        (("removeAlias", "drop_after"), "ben@acme.test"),
        (("removeAlias", "http_502"), "anna@acme.test"),
        (("addAlias", "drop_after"), "ben@acme.test"),
        (("addAlias", "http_502"), "ben@acme.test"),
    ],
)
def test_a_change_cut_off_in_the_middle_is_finished(
    service: Service, vendor: Sandbox, actor: Actor, cut: tuple[str, str], in_the_end: str
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action=cut[0], kind=cut[1])

    unclear = edit(alias, actor, target="ben")
    settle(unclear)

    assert unclear.is_unsettled
    assert vendor.aliases("acme.test") == ours(service) == {"sales": in_the_end}
    assert not Alias.objects.get().is_unsettled


def test_a_vendor_that_goes_away_in_the_middle_is_waited_for(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    alias = add(service, actor)
    vendor.faults.add(action="addAlias", kind="drop_before", count=0)

    unclear = edit(alias, actor, target="ben")
    settle(unclear)
    still_open = Alias.objects.get().is_unsettled
    vendor.faults.clear()
    gateway.forget_connections()
    settle(unclear)

    assert still_open
    assert vendor.aliases("acme.test") == ours(service) == {"sales": "ben@acme.test"}
