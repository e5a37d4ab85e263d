"""The list of mailboxes as a file: what the filters leave, no formula, no password."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from provisioning.models import Mailbox
from provisioning.operations.import_file import parse
from tests import makers
from tests.clientarea.addresses import at

NAMES = ["=1+1", "+49 30 1", "-2", "@SUM(A1)", "\t=1", "'=1", 'say "hi", ok; yes', "Jürgen Groß"]


def export(browser: Browser, service: Service, query: str = "") -> bytes:
    response = browser.get(f"{at('mailboxes-export', service)}{query}")
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_line_tells_all_about_a_mailbox(customer: Browser, service: Service) -> None:
    makers.make_mailbox(
        service, "anna", account_type=2, quota_mb=7500, usage_mb=250, display_name="Anna"
    )

    heading, line = rows(export(customer, service))

    assert heading == ["type", "address", "quota", "name", "used GB", "status", "last login"]
    assert line == ["Enhanced", "anna@acme.test", "7.5", "Anna", "0.25", "Active", ""]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_a_formula_and_an_import_reads_it_back(
    customer: Browser, service: Service, name: str
) -> None:
    makers.make_mailbox(service, "anna", display_name=name)

    content = export(customer, service)

    cell = rows(content)[1][3]
    line = parse(content).lines[0]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert line.cell("name") == name
    assert line.cell("user") == "anna@acme.test"


def test_the_file_holds_what_search_and_filters_leave(customer: Browser, service: Service) -> None:
    makers.make_mailbox(service, "anna")
    makers.make_mailbox(service, "ben", status=Mailbox.Status.DISABLED)
    makers.make_mailbox(service, "carl", status=Mailbox.Status.DISABLED)
    page = customer.get(f"{at('mailboxes', service)}?status=disabled&sort=-address")

    lines = rows(export(customer, service, "?status=disabled&sort=-address"))[1:]

    assert [line[1] for line in lines] == ["carl@acme.test", "ben@acme.test"]
    assert "export/?status=disabled&amp;sort=-address" in page.content.decode()


def test_a_thousand_mailboxes_cost_no_more_queries_than_one(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(
            mail_domain=service.mail_domain,
            local_part=f"user{number}",
            quota_mb=5000,
            status=Mailbox.Status.ACTIVE,
        )
        for number in range(1000)
    )

    with django_assert_max_num_queries(8):
        content = export(customer, service)

    assert len(rows(content)) == 1001
