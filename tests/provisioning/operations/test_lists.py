"""Distribution lists: what half-failed can be finished, and nothing is done twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Service
from clients.actors import Actor
from clients.models import Activity
from provisioning import tasks
from provisioning.models import DistributionList, Entitlement
from provisioning.operations import lists
from provisioning.operations.lists import UnableToAddList, UnableToChangeList
from provisioning.sandbox import Sandbox
from provisioning.workers import lists as worker
from provisioning.workers import sweep
from tests import makers

pytestmark = pytest.mark.django_db

ANNA, BEN, GUEST = "anna@acme.test", "ben@acme.test", "guest@partner.test"


def add(service: Service, actor: Actor, *members: str, name: str = "team") -> DistributionList:
    return lists.add_list(
        mail_domain=service.mail_domain, local_part=name, members=members, actor=actor
    )


def change(row: DistributionList, actor: Actor, *members: str) -> DistributionList:
    return lists.change_members(distribution_list=row, members=members, actor=actor)


def ours(row: DistributionList) -> list[str]:
    present = row.members.filter(state="present", is_wanted=True)
    return sorted(present.values_list("address", flat=True))


def theirs(vendor: Sandbox, name: str = "team") -> list[str]:
    return sorted(vendor.lists("acme.test")[name])


def problems(row: DistributionList) -> dict[str, str]:
    return dict(row.members.exclude(problem="").values_list("address", "problem"))


def test_a_list_arrives_with_its_members_each_once(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, "anna", "Anna@ACME.test", GUEST.upper())

    line = Activity.objects.get(action="list.added")
    assert ours(row) == theirs(vendor) == [ANNA, GUEST]
    assert line.after == {"local_part": "team", "members": [ANNA, GUEST]}
    assert not problems(row)


@pytest.mark.parametrize(
    ("name", "members", "says"),
    [
        ("team@other.test", [], "end in @acme.test"),
        ("postmaster", [], "is reserved"),
        ("anna", [], "already a mailbox"),
        ("team", ["x y"], "is not an email address"),
        ("team", ["nobody"], "no mailbox, alias or list nobody@acme.test"),
        ("team", ["team"], "cannot be a member of itself"),
        ("team", ["info"], "in circles: team@acme"),
    ],
)
def test_what_cannot_be_a_list_is_refused_without_a_call(
    service: Service, actor: Actor, name: str, members: list[str], says: str
) -> None:
    service.mail_domain.aliases.create(local_part="info", target="team@acme.test")

    with pytest.raises(UnableToAddList, match=says):
        add(service, actor, *members, name=name)

    assert not DistributionList.objects.exists()
    assert not Activity.objects.exists()


@pytest.mark.parametrize(("limit", "says"), [(0, "not part of this plan"), (1, "All 1 lists")])
def test_a_plan_without_room_is_said_before_the_vendor_is_asked(
    service: Service, vendor: Sandbox, actor: Actor, limit: int, says: str
) -> None:
    service.mail_domain.distribution_lists.create(local_part="crew")
    service.mail_domain.entitlement = Entitlement(distribution_lists=limit)
    service.mail_domain.save()

    with pytest.raises(UnableToAddList, match=says):
        add(service, actor)

    assert not vendor.calls()


def test_a_refused_list_leaves_nothing_behind(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addList", kind="reject", sentence="Not today")

    with pytest.raises(UnableToAddList, match="Not today"):
        add(service, actor, ANNA)

    assert not DistributionList.objects.exists()
    assert vendor.lists("acme.test") == {}


def test_a_list_somebody_else_filled_is_not_taken_for_ours(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    kept = add(service, actor, GUEST)
    DistributionList.objects.filter(pk=kept.pk).delete()

    with pytest.raises(UnableToAddList, match="already in use"):
        add(service, actor, ANNA)

    assert theirs(vendor) == [GUEST]


def test_one_bad_member_does_not_hide_the_list_and_can_be_finished(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addListMember", kind="reject", sentence="Not this one", after=1)

    row = add(service, actor, ANNA, BEN, GUEST)
    half = (theirs(vendor), problems(row))
    lists.finish_list(distribution_list=row, actor=actor)

    assert half[0] == [ANNA, GUEST]
    assert list(half[1]) == [BEN]
    assert "Not this one" in half[1][BEN]
    assert ours(row) == theirs(vendor) == [ANNA, BEN, GUEST]
    assert not problems(row)


def test_a_failed_member_can_be_dropped_without_a_call(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addListMember", kind="reject")
    row = add(service, actor, ANNA, BEN)
    vendor.forget_calls()

    change(row, actor, BEN)

    assert ours(row) == theirs(vendor) == [BEN]
    assert not vendor.calls()
    assert row.members.count() == 1


def test_a_change_sends_only_the_difference_and_remembers_both(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, ANNA, GUEST)
    vendor.forget_calls()

    change(row, actor, "ANNA@acme.test", BEN)

    line = Activity.objects.get(action="list.changed")
    assert ours(row) == theirs(vendor) == [ANNA, BEN]
    assert len(vendor.calls("addListMember")) == len(vendor.calls("removeListMember")) == 1
    assert (line.before["members"], line.after["members"]) == ([ANNA, GUEST], [ANNA, BEN])


def test_the_same_members_again_call_nobody(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, ANNA)
    vendor.forget_calls()

    change(row, actor, "Anna@Acme.test")

    assert not vendor.calls()
    assert not Activity.objects.filter(action="list.changed").exists()


def test_a_save_made_from_an_old_page_changes_nothing(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, ANNA)
    seen = lists.fingerprint([ANNA])
    change(row, actor, ANNA, BEN)

    with pytest.raises(UnableToChangeList, match="changed in the meantime"):
        lists.change_members(distribution_list=row, members=[GUEST], actor=actor, seen=seen)

    assert ours(row) == theirs(vendor) == [ANNA, BEN]


def test_a_refused_departure_stays_and_says_why(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, ANNA, BEN)
    vendor.faults.add(action="removeListMember", kind="reject", sentence="Not now")

    change(row, actor, ANNA)
    refused = problems(row)
    lists.finish_list(distribution_list=row, actor=actor)

    assert "Not now" in refused[BEN]
    assert ours(row) == theirs(vendor) == [ANNA]


def test_a_vendor_that_goes_away_ends_the_round_with_its_reason(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addListMember", kind="rate_limit", count=0)

    row = add(service, actor, ANNA, BEN, GUEST)
    calls = len(vendor.calls("addListMember"))
    vendor.faults.clear()
    lists.finish_list(distribution_list=row, actor=actor)

    assert calls <= 2
    assert ours(row) == theirs(vendor) == [ANNA, BEN, GUEST]


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "cut_json", "duplicate", "html"])
def test_a_member_without_a_clear_answer_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str
) -> None:
    vendor.faults.add(action="addListMember", kind=fault)

    row = add(service, actor, ANNA, BEN)
    makers.settle_all()
    first = (ours(row), theirs(vendor), list(problems(row)))
    lists.finish_list(distribution_list=row, actor=actor)

    assert first[0] == first[1]
    assert sorted(first[0] + first[2]) == [ANNA, BEN]
    assert ours(row) == theirs(vendor) == [ANNA, BEN]


@pytest.mark.parametrize("fault", ["drop_after", "http_502", "cut_json"])
def test_a_departure_without_a_clear_answer_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str
) -> None:
    row = add(service, actor, ANNA, BEN)
    vendor.faults.add(action="removeListMember", kind=fault)

    change(row, actor, ANNA)
    makers.settle_all()
    lists.finish_list(distribution_list=row, actor=actor)

    assert ours(row) == theirs(vendor) == [ANNA]
    assert row.members.count() == 1


@pytest.mark.parametrize(("fault", "count"), [("drop_after", 1), ("http_502", 0)])
def test_a_list_without_a_clear_answer_is_looked_up_and_filled(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, count: int
) -> None:
    vendor.faults.add(action="addList", kind=fault)

    unclear = add(service, actor, ANNA)
    makers.settle_all()

    assert unclear.state == "adding"
    assert DistributionList.objects.filter(state="present").count() == count
    assert vendor.lists("acme.test") == ({"team": [ANNA]} if count else {})


def test_many_changes_run_in_the_background_and_survive_a_lost_worker(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    guests = [f"guest{n:03}@partner.test" for n in range(60)]

    row = add(service, actor, *guests)
    at_once = theirs(vendor)
    DistributionList.objects.update(
        claim=makers.make_claim(), lease_until=timezone.now() + timedelta(seconds=60)
    )
    held = sweep.find_work(now=timezone.now()).lists
    later = sweep.find_work(now=timezone.now() + timedelta(minutes=5)).lists
    DistributionList.objects.update(lease_until=timezone.now())
    tasks.change_list(list_id=row.pk)

    assert at_once == []
    assert held == []
    assert later == [row.pk]
    assert ours(row) == theirs(vendor) == guests
    assert len(vendor.calls("addListMember")) == 60
    assert sweep.find_work(now=timezone.now()).lists == []


def test_more_than_200_at_a_time_are_refused(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    with pytest.raises(UnableToAddList, match="201 addresses are more than can join at once"):
        add(service, actor, *[f"guest{n:03}@partner.test" for n in range(201)])

    assert not vendor.calls()


def test_delete_takes_the_list_and_remembers_its_members(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, ANNA, GUEST)

    gone = lists.delete_list(distribution_list=row, actor=actor)

    line = Activity.objects.get(action="list.deleted")
    assert not gone.pk
    assert vendor.lists("acme.test") == {}
    assert line.before == {"local_part": "team", "members": [ANNA, GUEST]}


@pytest.mark.parametrize(("fault", "count"), [("drop_after", 0), ("http_502", 1)])
def test_an_unclear_deletion_is_looked_up(
    service: Service, vendor: Sandbox, actor: Actor, fault: str, count: int
) -> None:
    row = add(service, actor, ANNA)
    vendor.faults.add(action="removeList", kind=fault)

    unclear = lists.delete_list(distribution_list=row, actor=actor)
    makers.settle_all()

    assert unclear.state == "removing"
    assert DistributionList.objects.count() == len(vendor.lists("acme.test")) == count


def test_a_reading_leaves_what_is_half_done_alone(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    vendor.faults.add(action="addListMember", kind="reject", sentence="Not this one")
    row = add(service, actor, ANNA, BEN)

    tasks.refresh_domain(mail_domain_id=service.mail_domain.pk)

    assert list(problems(row)) == [ANNA]
    assert ours(row) == theirs(vendor) == [BEN]


def test_a_worker_that_holds_a_list_is_left_alone(
    service: Service, vendor: Sandbox, actor: Actor
) -> None:
    row = add(service, actor, *[f"guest{n:03}@partner.test" for n in range(21)])
    DistributionList.objects.update(lease_until=timezone.now() + timedelta(seconds=60))

    worker.run(row.pk)

    assert theirs(vendor) == []
