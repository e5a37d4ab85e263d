"""The pages of an import: send a file, check it, confirm, watch, fetch what is left."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from billing.models import Service
from clients.models import User
from clients.models.membership import PRESETS
from provisioning.models import Entitlement, Mailbox, MailboxImport
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at

LINES = ("type,user,password,quota,name", "basic,anna,Secret-Word-1,5,Anna", "gold,ben,,5,=Ben")


def send(browser: Browser, service: Service, *lines: str) -> Any:
    file = SimpleUploadedFile("people.csv", "\n".join(lines).encode(), "text/csv")
    return browser.post(at("mailboxes-import", service), {"file": file}, follow=True)


def page_of(browser: Browser, name: str, service: Service, **headers: str) -> str:
    work = MailboxImport.objects.latest("pk")
    url = at(f"mailboxes-import-{name}", service, import_id=work.pk)
    return " ".join(browser.get(url, headers=headers).content.decode().split())


def post(browser: Browser, name: str, service: Service) -> Any:
    work = MailboxImport.objects.latest("pk")
    return browser.post(
        at(f"mailboxes-import-{name}", service, import_id=work.pk), follow=name != "passwords"
    )


def text_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def read_csv(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(response), newline="")))


def test_the_review_shows_a_verdict_per_line_and_the_effect_on_the_plan(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    vendor.forget_calls()

    html = " ".join(send(customer, service, *LINES).content.decode().split())

    assert "1 mailbox would be created." in html
    assert "1 line would be left out." in html
    assert "The type is Basic or Enhanced" in html
    assert "0, then 1 of 10" in html
    assert "0 GB, then 5 GB of 100 GB" in html
    assert "Secret-Word-1" not in html
    assert not Mailbox.objects.exists()
    assert not vendor.calls()


def test_confirmed_it_runs_in_the_background_and_the_page_follows(
    customer: Browser, service: Service, run_jobs: Callable[[], None]
) -> None:
    send(customer, service, *LINES)

    started = post(customer, "review", service).content.decode()
    run_jobs()
    done = page_of(customer, "progress", service)

    assert "Creating mailboxes…" in started
    assert 'hx-trigger="every 1s"' in started
    assert "Show how far it is now" in started
    assert "1 of 1 created" in done
    assert "every 1s" not in done
    assert "Line 3: ben" in done
    assert list(Mailbox.objects.values_list("local_part", flat=True)) == ["anna"]


def test_the_fragment_alone_is_sent_to_the_page_that_waits(
    customer: Browser, service: Service
) -> None:
    send(customer, service, *LINES)
    post(customer, "review", service)

    html = page_of(customer, "progress", service, **{"HX-Request": "true"})

    assert 'id="progress"' in html
    assert "<html" not in html


def test_the_lines_left_out_come_back_as_a_file_that_is_no_formula(
    customer: Browser, service: Service
) -> None:
    send(customer, service, *LINES)
    work = MailboxImport.objects.get()

    response = customer.get(at("mailboxes-import-result", service, import_id=work.pk))

    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    assert read_csv(response) == [
        ["line", "type", "user", "password", "quota", "name", "reason"],
        [
            "3",
            "gold",
            "ben",
            "generate",
            "5",
            "'=Ben",
            "The type is Basic or Enhanced (or 1 or 2).",
        ],
    ]


def test_what_came_back_can_be_corrected_and_sent_again(
    customer: Browser, service: Service
) -> None:
    send(customer, service, *LINES)
    work = MailboxImport.objects.get()
    response = customer.get(at("mailboxes-import-result", service, import_id=work.pk))
    text = text_of(response).replace("gold", "basic")

    html = send(customer, service, text).content.decode()

    row = MailboxImport.objects.latest("pk").rows.get()
    assert (row.local_part, row.display_name, row.status) == ("ben", "=Ben", "waiting")
    assert "not read" not in html


def test_generated_passwords_are_downloaded_once(
    customer: Browser, service: Service, vendor: Sandbox, run_jobs: Callable[[], None]
) -> None:
    send(customer, service, "1,anna,generate,5,Anna")
    post(customer, "review", service)
    run_jobs()
    offered = page_of(customer, "progress", service)

    first = read_csv(post(customer, "passwords", service))
    again = post(customer, "passwords", service)

    assert "You can download it once" in offered
    assert first[0] == ["address", "password"]
    assert first[1][0] == "anna@acme.test"
    assert vendor.accepts_password("acme.test", "anna", first[1][1])
    assert again.status_code == 302
    assert "Download the passwords" not in page_of(customer, "progress", service)


def test_another_person_of_the_client_sees_the_import_and_no_passwords(
    customer: Browser, service: Service, run_jobs: Callable[[], None]
) -> None:
    send(customer, service, "1,anna,generate,5,Anna")
    post(customer, "review", service)
    run_jobs()
    other = Browser()
    other.force_login(makers.make_member(client=service.client, permissions=list(PRESETS["mail"])))

    html = page_of(other, "progress", service)
    refused = post(other, "passwords", service)

    assert "1 of 1 created" in html
    assert "Download the passwords" not in html
    assert refused.status_code == 302


def test_an_import_of_another_service_is_not_found(
    customer: Browser, service: Service, owner: User, vendor: Sandbox
) -> None:
    send(customer, service, *LINES)
    work = MailboxImport.objects.get()
    other = makers.make_service(
        client=owner.memberships.get().client, domain="other.test", vendor=vendor
    )

    pages = ("review", "progress", "result", "passwords", "cancel")
    answers = {
        name: customer.post(at(f"mailboxes-import-{name}", other, import_id=work.pk)).status_code
        for name in pages
    }

    work.refresh_from_db()
    assert answers == dict.fromkeys(pages, 404) | {"progress": 405, "result": 405}
    assert customer.get(at("mailboxes-import-result", other, import_id=work.pk)).status_code == 404
    assert work.status == MailboxImport.Status.REVIEW


def test_a_discarded_file_leaves_nothing(customer: Browser, service: Service) -> None:
    send(customer, service, *LINES)

    html = post(customer, "cancel", service).content.decode()

    assert "Nothing was imported" in html
    assert set(MailboxImport.objects.get().rows.values_list("password", flat=True)) == {""}
    assert "discarded" in post(customer, "review", service).content.decode()


def test_stopping_leaves_the_rest_out(
    customer: Browser, service: Service, run_jobs: Callable[[], None]
) -> None:
    send(customer, service, "1,anna,,5,Anna", "1,ben,,5,Ben")
    post(customer, "review", service)

    post(customer, "cancel", service)
    run_jobs()

    html = page_of(customer, "progress", service)
    assert "Stopped" in html
    assert "The import was cancelled before it." in html
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [((), "The file is empty."), (("1,anna,,5,A\n" * 501,), "501 lines")],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    customer: Browser, service: Service, lines: tuple[str, ...], words: str
) -> None:
    response = send(customer, service, *lines)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not MailboxImport.objects.exists()


def test_no_file_and_a_huge_file_are_refused(customer: Browser, service: Service) -> None:
    nothing = customer.post(at("mailboxes-import", service))
    huge = send(customer, service, "x" * 1_000_001)

    assert "Choose a file." in nothing.content.decode()
    assert "larger than 1 MB" in huge.content.decode()
    assert not MailboxImport.objects.exists()


def test_the_template_can_be_sent_as_it_is(customer: Browser, service: Service) -> None:
    template = customer.get(at("mailboxes-import-template", service))
    html = " ".join(send(customer, service, text_of(template)).content.decode().split())

    assert "2 mailboxes would be created" in html


def test_a_full_file_costs_few_queries_and_little_to_load(
    customer: Browser, service: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    domain = service.mail_domain
    domain.entitlement = Entitlement(basic_mailboxes=1000)
    domain.save()
    lines = [f"1,user{number},generate,5,User Number {number}" for number in range(250)]
    send(customer, service, *lines, *["x,user,generate,5,User"] * 250)
    work = MailboxImport.objects.get()
    review = at("mailboxes-import-review", service, import_id=work.pk) + "?size=100"
    progress = at("mailboxes-import-progress", service, import_id=work.pk)

    with django_assert_max_num_queries(8):
        first = customer.get(review)
    MailboxImport.objects.update(status="running")
    with django_assert_max_num_queries(8):
        second = customer.get(progress)

    assert len(first.content) < 100_000
    assert len(second.content) < 100_000
