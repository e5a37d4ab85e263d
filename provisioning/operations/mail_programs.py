"""What mail programs need to know to open a mailbox, also as the files they read. No passwords."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass
from uuid import NAMESPACE_DNS, uuid5
from xml.etree import ElementTree as ET

from django.conf import settings
from django.utils.translation import gettext as _

from provisioning.models import Mailbox

IMAP_PORT, POP_PORT, SMTP_PORT = 993, 995, 465
AUTODISCOVER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
AUTODISCOVER_OUTLOOK = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)


@dataclass(frozen=True)
class MailServer:
    """One server: all of ours speak TLS from the first byte and take the whole address as login."""

    kind: str
    host: str
    port: int


@dataclass(frozen=True)
class Instructions:
    """All that is needed to set a mailbox up, but for its password."""

    address: str
    display_name: str
    domain: str
    imap: MailServer
    pop: MailServer
    smtp: MailServer
    webmail_url: str


def instructions_for(mailbox: Mailbox) -> Instructions:
    """Return how a mailbox is set up."""
    return Instructions(
        address=mailbox.address,
        display_name=mailbox.display_name,
        domain=mailbox.mail_domain.domain,
        imap=MailServer("imap", settings.MAIL_IMAP_HOST, IMAP_PORT),
        pop=MailServer("pop3", settings.MAIL_POP_HOST, POP_PORT),
        smtp=MailServer("smtp", settings.MAIL_SMTP_HOST, SMTP_PORT),
        webmail_url=settings.MAIL_WEBMAIL_URL,
    )


def apple_profile(instructions: Instructions) -> bytes:
    """
    Return a configuration profile for iPhone, iPad and Mac, unsigned.

    Its ids come from the address: installed twice, it replaces itself. The device asks for the
    password.
    """
    address = instructions.address
    account = {
        "PayloadType": "com.apple.mail.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{_reversed(instructions.domain)}.mail.{address}.account",
        "PayloadUUID": _uuid(address, "account"),
        "PayloadDisplayName": address,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": address,
        "EmailAccountName": instructions.display_name or address,
        "EmailAddress": address,
        "IncomingMailServerAuthentication": "EmailAuthPassword",
        "IncomingMailServerHostName": instructions.imap.host,
        "IncomingMailServerPortNumber": instructions.imap.port,
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": address,
        "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": instructions.smtp.host,
        "OutgoingMailServerPortNumber": instructions.smtp.port,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": address,
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{_reversed(instructions.domain)}.mail.{address}",
        "PayloadUUID": _uuid(address, "profile"),
        "PayloadDisplayName": _("Email %(address)s") % {"address": address},
        "PayloadDescription": _("Sets up %(address)s. It holds no password.")
        % {"address": address},
        "PayloadOrganization": settings.BRAND_NAME,
        "PayloadContent": [account],
    }
    return plistlib.dumps(profile)


def thunderbird_config(instructions: Instructions) -> bytes:
    """Return `config-v1.1.xml`, which serves every mailbox of the domain."""
    root = ET.Element("clientConfig", version="1.1")
    provider = ET.SubElement(root, "emailProvider", id=instructions.domain)
    _text(provider, "domain", instructions.domain)
    _text(provider, "displayName", instructions.domain)
    _text(provider, "displayShortName", instructions.domain)
    for server in (instructions.imap, instructions.pop):
        _thunderbird_server(provider, "incomingServer", server)
    _thunderbird_server(provider, "outgoingServer", instructions.smtp)
    return _document(root)


def _thunderbird_server(provider: ET.Element, tag: str, server: MailServer) -> None:
    element = ET.SubElement(provider, tag, type=server.kind)
    _text(element, "hostname", server.host)
    _text(element, "port", str(server.port))
    _text(element, "socketType", "SSL")
    _text(element, "username", "%EMAILADDRESS%")
    _text(element, "authentication", "password-cleartext")


def outlook_autodiscover(instructions: Instructions) -> bytes:
    """Return `autodiscover.xml`, which serves every mailbox of the domain."""
    root = ET.Element("Autodiscover", xmlns=AUTODISCOVER)
    response = ET.SubElement(root, "Response", xmlns=AUTODISCOVER_OUTLOOK)
    account = ET.SubElement(response, "Account")
    _text(account, "AccountType", "email")
    _text(account, "Action", "settings")
    for server in (instructions.imap, instructions.pop, instructions.smtp):
        protocol = ET.SubElement(account, "Protocol")
        _text(protocol, "Type", server.kind.upper())
        _text(protocol, "Server", server.host)
        _text(protocol, "Port", str(server.port))
        # Without a login name Outlook takes the address.
        _text(protocol, "DomainRequired", "off")
        _text(protocol, "SPA", "off")
        _text(protocol, "SSL", "on")
        _text(protocol, "AuthRequired", "on")
        if server is instructions.smtp:
            _text(protocol, "UsePOPAuth", "on")
    return _document(root)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _reversed(domain: str) -> str:
    return ".".join(reversed(domain.split(".")))


def _uuid(address: str, part: str) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{part}.{address}")).upper()
