"""The one list that tiles and sidebar read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing.models import Service
from clientarea import navigation
from clientarea.grants import Grants
from clients.models import Permission
from tests import makers
from tests.clientarea.addresses import at

EVERYTHING = Grants(is_owner=True, permissions=frozenset())


def test_the_entries_come_in_their_fixed_order() -> None:
    labels = [str(entry.label) for entry in navigation.ENTRIES]

    assert labels == [
        "Overview",
        "Accounts",
        "Aliases",
        "Forwarding",
        "Distribution Lists",
        "DKIM Setup",
        "DNS",
        "Branding",
        "Domain settings",
        "Activity",
        "Upgrade/Downgrade",
        "Upgrade/Downgrade Options",
        "Request Cancellation",
    ]


@pytest.mark.django_db
def test_an_entry_without_a_page_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    overview = navigation.ENTRIES[0]
    nowhere = replace(overview, url_name="nowhere", label=navigation.ENTRIES[1].label)
    monkeypatch.setattr(navigation, "ENTRIES", (overview, nowhere))

    links = navigation.entries_for(makers.make_service(), EVERYTHING, "/")

    assert [str(link.label) for link in links] == ["Overview"]


@pytest.mark.django_db
def test_the_end_is_offered_only_while_the_service_runs() -> None:
    offered = {
        status: [
            str(link.label)
            for link in navigation.entries_for(makers.make_service(status=status), EVERYTHING, "/")
        ]
        for status in (Service.Status.PENDING, Service.Status.ACTIVE, Service.Status.TERMINATED)
    }

    assert "Request Cancellation" in offered[Service.Status.ACTIVE]
    assert "Request Cancellation" not in offered[Service.Status.PENDING]
    assert "Request Cancellation" not in offered[Service.Status.TERMINATED]


@pytest.mark.django_db
def test_the_entry_one_is_under_is_marked_and_the_overview_only_on_itself() -> None:
    service = makers.make_service()
    below = at("mailboxes-add", service)

    links = navigation.entries_for(service, EVERYTHING, below)

    marked = [str(link.label) for link in links if link.is_current]
    assert marked == ["Accounts"]
    assert not any(link.is_here for link in links)


@pytest.mark.django_db
def test_an_entry_without_the_permission_is_not_offered() -> None:
    grants = Grants(is_owner=False, permissions=frozenset({Permission.PRODUCTS}))

    links = navigation.entries_for(makers.make_service(), grants, "/")

    assert [str(link.label) for link in links] == ["Overview", "Activity"]
