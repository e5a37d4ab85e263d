"""Set-up instructions: on the page, as files, by a link, by email; never with the password."""

from __future__ import annotations

import html
import plistlib
import re
from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw
from pytest_django import Settings

from billing.models import Service
from clientarea.qr import qr_code
from clients.models import Activity
from provisioning.models import Mailbox
from provisioning.operations import setup
from provisioning.sandbox import Sandbox
from tests import makers
from tests.clientarea.addresses import of

Post = Callable[[], list[EmailMultiAlternatives]]


@pytest.fixture
def mailbox(service: Service, vendor: Sandbox) -> Mailbox:
    return makers.make_mailbox(service, "anna", display_name="Anna & Co", vendor=vendor)


def link_on(browser: Browser, service: Service, mailbox: Mailbox) -> str:
    page = browser.get(of("setup", service, mailbox)).content.decode()
    found = re.search(r'id="setup-link"\s+href="http://testserver([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def test_the_page_names_every_server_and_asks_the_vendor_nothing(
    customer: Browser, service: Service, mailbox: Mailbox, vendor: Sandbox
) -> None:
    vendor.forget_calls()

    page = customer.get(of("setup", service, mailbox)).content.decode()

    for words in (
        "anna@acme.test", "imap.emailarray.com", "993", "smtp.emailarray.com", "465",
        "pop.emailarray.com", "995", "https://login.emailarray.com", "SSL/TLS",
    ):  # fmt: skip
        assert words in page
    assert not vendor.calls()


def test_the_reseller_may_have_host_names_of_their_own(
    customer: Browser, service: Service, mailbox: Mailbox, settings: Settings
) -> None:
    settings.MAIL_IMAP_HOST = "imap.reseller.example"

    page = customer.get(of("setup", service, mailbox)).content.decode()

    assert "imap.reseller.example" in page
    assert "imap.emailarray.com" not in page


def test_the_list_leads_there(customer: Browser, service: Service, mailbox: Mailbox) -> None:
    accounts = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})

    page = customer.get(accounts).content.decode()

    assert f'href="{mailbox.pk}/setup/"' in page
    assert of("setup", service, mailbox) == f"{accounts}{mailbox.pk}/setup/"


def test_the_apple_profile_sets_up_imap_and_smtp_without_a_password(
    customer: Browser, service: Service, mailbox: Mailbox
) -> None:
    response = customer.get(of("setup-profile", service, mailbox))

    profile = plistlib.loads(response.content)
    account = profile["PayloadContent"][0]
    assert response["Content-Type"] == "application/x-apple-aspen-config"
    assert "anna@acme.test.mobileconfig" in response["Content-Disposition"]
    assert profile["PayloadType"] == "Configuration"
    assert account["EmailAccountName"] == "Anna & Co"
    assert account["IncomingMailServerHostName"] == "imap.emailarray.com"
    assert (account["IncomingMailServerPortNumber"], account["IncomingMailServerUseSSL"]) == (
        993,
        True,
    )
    assert account["OutgoingMailServerUsername"] == "anna@acme.test"
    assert not {"IncomingPassword", "OutgoingPassword"} & set(account)


def test_a_profile_that_is_installed_again_replaces_itself_alone(
    customer: Browser, service: Service, mailbox: Mailbox
) -> None:
    ben = makers.make_mailbox(service, "ben")

    first, again, other = (
        plistlib.loads(customer.get(of("setup-profile", service, each)).content)
        for each in (mailbox, mailbox, ben)
    )

    assert first["PayloadUUID"] == again["PayloadUUID"]
    assert first["PayloadIdentifier"] == again["PayloadIdentifier"]
    assert other["PayloadUUID"] != first["PayloadUUID"]
    assert first["PayloadContent"][0]["PayloadUUID"] != first["PayloadUUID"]


def test_thunderbird_reads_its_file(customer: Browser, service: Service, mailbox: Mailbox) -> None:
    response = customer.get(of("setup", service, mailbox) + "thunderbird/")

    provider = ET.fromstring(response.content).find("emailProvider")  # noqa: S314  # our own file
    assert provider is not None
    assert "config-v1.1.xml" in response["Content-Disposition"]
    assert provider.findtext("domain") == "acme.test"
    servers = [provider.find("incomingServer[@type='imap']"), provider.find("outgoingServer")]
    found = [
        [server.findtext(tag) for tag in ("hostname", "port", "socketType", "username")]
        for server in servers
        if server is not None
    ]
    assert found == [
        ["imap.emailarray.com", "993", "SSL", "%EMAILADDRESS%"],
        ["smtp.emailarray.com", "465", "SSL", "%EMAILADDRESS%"],
    ]


def test_outlook_reads_its_file(customer: Browser, service: Service, mailbox: Mailbox) -> None:
    response = customer.get(of("setup", service, mailbox) + "outlook/")

    schema = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
    protocols = ET.fromstring(response.content).iter(f"{schema}Protocol")  # noqa: S314  # our own file
    assert "autodiscover.xml" in response["Content-Disposition"]
    assert [
        tuple(protocol.findtext(f"{schema}{tag}") for tag in ("Type", "Server", "Port", "SSL"))
        for protocol in protocols
    ] == [
        ("IMAP", "imap.emailarray.com", "993", "on"),
        ("POP3", "pop.emailarray.com", "995", "on"),
        ("SMTP", "smtp.emailarray.com", "465", "on"),
    ]


def test_no_other_program_has_a_file(customer: Browser, service: Service, mailbox: Mailbox) -> None:
    assert customer.get(of("setup", service, mailbox) + "pine/").status_code == 404


# The link


def test_a_phone_that_is_not_logged_in_gets_the_settings_and_the_profile(
    customer: Browser, service: Service, mailbox: Mailbox
) -> None:
    link = link_on(customer, service, mailbox)
    phone = Browser()

    page = phone.get(link)
    profile = phone.get(f"{link}profile/")

    assert "Set up anna@acme.test" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert plistlib.loads(profile.content)["PayloadDisplayName"] == "Email anna@acme.test"


@pytest.mark.parametrize("suffix", ["", "profile/"])
def test_a_link_ends_after_a_week(
    customer: Browser, service: Service, mailbox: Mailbox, suffix: str
) -> None:
    link = link_on(customer, service, mailbox)

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        response = Browser().get(link + suffix)

    assert response.status_code == 410
    assert "anna@acme.test" not in response.content.decode()


def test_a_link_ends_with_its_mailbox_and_with_its_service(
    customer: Browser, service: Service, mailbox: Mailbox
) -> None:
    link = link_on(customer, service, mailbox)
    domain = service.mail_domain
    domain.suspend(at=timezone.now(), reason="Overdue on Payment")
    domain.save()
    suspended = Browser().get(link)
    domain.unsuspend()
    domain.save()
    mailbox.remove(at=timezone.now())
    mailbox.save()

    assert suspended.status_code == 410
    assert Browser().get(link).status_code == 410


@pytest.mark.parametrize("token", ["made-up", "MQ:1abcde:made-up", "x" * 300])
def test_a_made_up_link_leads_nowhere(mailbox: Mailbox, token: str) -> None:
    url = reverse("clientarea:device-setup", kwargs={"token": token})

    response = Browser().get(url)

    assert response.status_code == 410
    assert mailbox.address not in response.content.decode()


def test_the_code_is_drawn_as_it_is_meant() -> None:
    code = qr_code("https://mail.example.test/setup/abc/")

    image = Image.new("1", (code.size, code.size), 1)
    draw = ImageDraw.Draw(image)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", code.path):
        draw.line([(int(x), int(y)), (int(x) + int(width) - 1, int(y))], fill=0)
    corner = [[image.getpixel((4 + x, 4 + y)) == 0 for x in range(7)] for y in range(7)]

    assert corner[0] == corner[6] == [True] * 7
    assert corner[1] == corner[5] == [True, False, False, False, False, False, True]
    assert corner[3] == [True, False, True, True, True, False, True]
    assert not any(image.getpixel((x, 3)) == 0 for x in range(code.size))


# By email


def test_the_email_has_the_settings_and_the_link_and_says_that_the_password_is_not_in_it(
    customer: Browser, service: Service, mailbox: Mailbox, post: Post
) -> None:
    response = customer.post(
        of("setup-send", service, mailbox), {"address": "anna@home.test"}, follow=True
    )

    [message] = post()
    body = str(message.body)
    link = re.search(r"http://testserver(/setup/\S+)", body)
    assert "on their way to anna@home.test" in response.content.decode()
    assert message.to == ["anna@home.test"]
    assert "How to set up anna@acme.test" in message.subject
    assert "imap.emailarray.com, port 993, SSL/TLS" in body
    assert "The password is not in this email" in body
    assert link is not None
    assert Browser().get(link[1]).status_code == 200
    assert Activity.objects.get(action="mailbox.setup_mailed").after == {"to": "anna@home.test"}


def test_a_wrong_address_is_said_at_its_field(
    customer: Browser, service: Service, mailbox: Mailbox, post: Post
) -> None:
    response = customer.post(of("setup-send", service, mailbox), {"address": "nobody"})

    assert response.status_code == 422
    assert "valid email address" in response.content.decode()
    assert post() == []


def test_no_more_than_so_many_are_sent(
    customer: Browser, service: Service, mailbox: Mailbox, post: Post
) -> None:
    Activity.objects.bulk_create(
        Activity(
            actor_kind=Activity.ActorKind.USER,
            client=service.client,
            action=setup.MAILED,
            object_name=mailbox.address,
        )
        for _ in range(setup.MAILS_AN_HOUR - 1)
    )
    url = of("setup-send", service, mailbox)

    codes = [customer.post(url, {"address": "a@home.test"}).status_code for _ in range(2)]

    assert codes == [302, 422]
    assert len(post()) == 1
