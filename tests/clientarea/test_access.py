"""The one door: whose service it is, what the user may do, and whether mail is open."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from billing.models import Service
from clients.models import Activity, Permission
from provisioning.models import Entitlement, Feature, Mailbox
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import at, of

SERVICE_PAGES = ("service", "mailboxes", "mailboxes-add", "batch-start")
MAILBOX_PAGES = ("manage", "row", "password", "delete", "webmail", "control-panel")
MAILBOX_ACTIONS = ("enable", "disable", "delete", "password", "manage", "webmail", "control-panel")


def member_of(service: Service, *permissions: str) -> Browser:
    browser = Browser()
    browser.force_login(makers.make_member(client=service.client, permissions=list(permissions)))
    return browser


def addresses(service: Service, mailbox: Mailbox) -> list[str]:
    return [
        *(at(name, service) for name in SERVICE_PAGES),
        *(of(name, service, mailbox) for name in MAILBOX_PAGES),
    ]


def test_every_page_sends_a_stranger_to_log_in(service: Service) -> None:
    mailbox = makers.make_mailbox(service)

    for address in ["/", "/services/", *addresses(service, mailbox)]:
        response = Browser().get(address)

        assert response.status_code == 302, address
        assert response["Location"].startswith("/account/login/?next=")


def test_a_fragment_asked_for_after_log_out_sends_the_whole_page_to_log_in(
    service: Service,
) -> None:
    here = f"http://testserver{at('mailboxes', service)}"
    headers = {"HX-Request": "true", "HX-Current-URL": here}

    response = Browser().get(at("mailboxes", service), headers=headers)

    assert response["HX-Redirect"] == here


def test_a_service_of_somebody_else_is_not_found(service: Service) -> None:
    mailbox = makers.make_mailbox(service)
    stranger = Browser()
    stranger.force_login(makers.make_client().memberships.get().user)

    for address in addresses(service, mailbox):
        response = stranger.get(address)

        assert response.status_code == 404, address
        assert service.domain not in response.content.decode()


def test_nothing_of_somebody_else_can_be_changed(service: Service, vendor: Sandbox) -> None:
    mailbox = makers.make_mailbox(service, vendor=vendor)
    stranger = Browser()
    stranger.force_login(makers.make_client().memberships.get().user)
    vendor.forget_calls()

    for name in MAILBOX_ACTIONS:
        assert stranger.post(of(name, service, mailbox)).status_code == 404, name
    assert stranger.post(at("service-recheck", service)).status_code == 404

    assert not vendor.calls()
    assert not Activity.objects.exists()


def test_a_mailbox_of_another_of_my_services_is_not_found(
    customer: Browser, service: Service, vendor: Sandbox
) -> None:
    other = makers.make_service(client=service.client, vendor=vendor)
    mailbox = makers.make_mailbox(other, vendor=vendor)

    for name in MAILBOX_ACTIONS:
        assert customer.post(of(name, service, mailbox)).status_code == 404, name

    mailbox.refresh_from_db()
    assert mailbox.status == Mailbox.Status.ACTIVE


def test_a_member_without_the_permission_is_refused_and_told_why(service: Service) -> None:
    browser = member_of(service, Permission.PRODUCTS)

    allowed = browser.get(at("service", service))
    refused = browser.get(at("mailboxes", service))

    assert allowed.status_code == 200
    assert at("mailboxes", service) not in allowed.content.decode()
    assert refused.status_code == 403
    assert "has not allowed you to open this page" in refused.content.decode()


def test_sign_on_needs_its_own_permission(service: Service, vendor: Sandbox) -> None:
    mailbox = makers.make_mailbox(service, vendor=vendor)
    browser = member_of(service, Permission.PRODUCTS, Permission.MANAGE_MAILBOXES)
    vendor.forget_calls()

    page = browser.get(at("mailboxes", service)).content.decode()
    refused = browser.post(of("webmail", service, mailbox))

    assert "webmail/" not in page
    assert refused.status_code == 403
    assert not vendor.calls()


def test_a_user_of_two_clients_has_at_each_what_that_client_allows(
    service: Service, vendor: Sandbox
) -> None:
    other = makers.make_service(vendor=vendor)
    user = makers.make_member(client=service.client, permissions=[Permission.MANAGE_MAILBOXES])
    user.memberships.create(client=other.client, permissions=[Permission.PRODUCTS])
    browser = Browser()
    browser.force_login(user)

    assert browser.get(at("mailboxes", service)).status_code == 200
    assert browser.get(at("mailboxes", other)).status_code == 403


def test_my_services_shows_those_of_clients_that_let_me_see_them(
    service: Service, vendor: Sandbox
) -> None:
    hidden = makers.make_service(vendor=vendor, domain="hidden.test")
    user = makers.make_member(client=service.client, permissions=[Permission.PRODUCTS])
    user.memberships.create(client=hidden.client, permissions=[Permission.INVOICES])
    browser = Browser()
    browser.force_login(user)

    for address in ("/", "/services/"):
        page = browser.get(address).content.decode()

        assert "acme.test" in page
        assert "hidden.test" not in page


def test_a_feature_that_is_switched_off_has_no_tile_and_no_page(
    customer: Browser, service: Service
) -> None:
    service.mail_domain.features = [Feature.ALIASES]
    service.mail_domain.save()

    page = customer.get(at("service", service)).content.decode()

    assert at("mailboxes", service) not in page
    assert customer.get(at("mailboxes", service)).status_code == 404


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("suspended", "This service is suspended"),
        ("pending", "This service is being set up"),
        ("terminated", "This service has ended"),
    ],
)
def test_the_mail_pages_of_a_closed_service_say_why(
    customer: Browser, service: Service, status: str, says: str
) -> None:
    closed = makers.make_service(client=service.client, status=status)
    makers.make_job(closed)
    mailbox = makers.make_mailbox(closed)

    for address in (at("mailboxes", closed), of("manage", closed, mailbox)):
        assert says in customer.get(address).content.decode()
    assert customer.post(of("disable", closed, mailbox)).status_code == 409

    mailbox.refresh_from_db()
    assert mailbox.status == Mailbox.Status.ACTIVE


def test_the_reason_of_a_suspension_is_told(customer: Browser, service: Service) -> None:
    late = makers.make_service(client=service.client, status="suspended")

    page = customer.get(at("service", late)).content.decode()

    assert "Overdue on Payment" in page
    assert "Locked for now" in page


def test_behind_the_gate_every_page_shows_the_record(customer: Browser, service: Service) -> None:
    waiting = makers.make_unverified(client=service.client)

    for name in ("service", "mailboxes", "mailboxes-add"):
        page = customer.get(at(name, waiting)).content.decode()

        assert "ea-verify=0123456789abcdef" in page, name
        assert "mx-verification" in page
    assert customer.post(at("mailboxes-add", waiting), {"local_part": "x"}).status_code == 409
    assert not Mailbox.objects.filter(mail_domain=waiting.mail_domain).exists()


def test_a_row_asked_for_when_the_service_was_suspended_reloads_the_page(
    customer: Browser, service: Service
) -> None:
    mailbox = makers.make_mailbox(service)
    service.suspend()
    service.save()

    response = customer.get(of("row", service, mailbox), headers={"HX-Request": "true"})

    assert response["HX-Refresh"] == "true"


def test_pages_are_kept_by_nobody(customer: Browser, service: Service) -> None:
    for address in ("/", "/services/", at("mailboxes", service), at("mailboxes-add", service)):
        assert "no-store" in customer.get(address)["Cache-Control"], address


def test_times_are_told_in_the_users_own_zone(customer: Browser, service: Service) -> None:
    user = service.client.memberships.get().user
    user.time_zone = "Asia/Kolkata"
    user.save()
    domain = service.mail_domain
    assert domain.mirrored_at is not None
    domain.mirrored_at = domain.mirrored_at.replace(hour=3, minute=10)
    domain.save()

    page = customer.get(at("service", service)).content.decode()

    assert ">08:40</time>" in page


def test_a_plan_without_a_type_does_not_speak_of_it(customer: Browser, service: Service) -> None:
    basic_only = makers.make_service(
        client=service.client, entitlement=Entitlement(basic_mailboxes=3, enhanced_mailboxes=0)
    )

    page = customer.get(at("mailboxes", basic_only)).content.decode()

    assert "0 of 3" in page
    assert "0 of 0" not in page
