"""How a mailbox is set up on phones and in mail programs."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Service
from clientarea.access import client_service, mailbox_of
from clientarea.downloads import file_of
from clientarea.forms.setup import MailInstructions
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.qr import qr_code
from clients.models import Permission
from provisioning.models import Feature, Mailbox
from provisioning.operations import mail_programs, setup
from provisioning.operations.mail_programs import Instructions

PROFILE_TYPE = "application/x-apple-aspen-config"
# Each under the name that its mail program looks for.
AUTOCONFIG: dict[str, tuple[str, Callable[[Instructions], bytes]]] = {
    "thunderbird": ("config-v1.1.xml", mail_programs.thunderbird_config),
    "outlook": ("autodiscover.xml", mail_programs.outlook_autodiscover),
}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def show(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Show a mailbox's settings, and every way to get them onto a device."""
    return _page(request, mailbox_of(service, mailbox_id), MailInstructions())


@require_http_methods(["POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def send(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Mail the settings to an address, without the password."""
    mailbox = mailbox_of(service, mailbox_id)
    form = MailInstructions(request.POST)
    if form.is_valid():
        address: str = form.cleaned_data["address"]
        try:
            setup.mail_instructions(
                mailbox=mailbox, address=address, link=_link(request, mailbox), actor=request.actor
            )
        except setup.UnableToMailInstructions as error:
            form.add_error(None, error.user_message)
        else:
            messages.success(
                request, _("The instructions are on their way to %(email)s.") % {"email": address}
            )
            ids = {"service_id": service.pk, "mailbox_id": mailbox.pk}
            return go_to(request, reverse("clientarea:mailboxes-setup", kwargs=ids))
    return _page(request, mailbox, form, status=422)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def profile(_request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Hand out the profile for Apple's devices."""
    return _profile_of(mailbox_of(service, mailbox_id))


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def autoconfig(
    _request: ClientRequest, service: Service, mailbox_id: int, program: str
) -> HttpResponse:
    """Hand out the file that Thunderbird or Outlook looks for on a domain's web site."""
    if program not in AUTOCONFIG:
        raise Http404
    name, make = AUTOCONFIG[program]
    content = make(mail_programs.instructions_for(mailbox_of(service, mailbox_id)))
    return file_of(name, content, "application/xml")


@require_safe
def on_device(request: HttpRequest, token: str) -> HttpResponse:
    """Show the settings to whoever was given the link; the device need not be logged in."""
    mailbox = setup.mailbox_of_token(token)
    if mailbox is None:
        return render(request, "clientarea/setup/ended.html", status=410)
    context = {"instructions": mail_programs.instructions_for(mailbox), "token": token}
    response = render(request, "clientarea/setup/on_device.html", context)
    response["Referrer-Policy"] = "no-referrer"
    add_never_cache_headers(response)
    return response


@require_safe
def profile_on_device(request: HttpRequest, token: str) -> HttpResponse:
    """Hand out the profile to whoever was given the link."""
    mailbox = setup.mailbox_of_token(token)
    if mailbox is None:
        return render(request, "clientarea/setup/ended.html", status=410)
    return _profile_of(mailbox)


def _page(
    request: ClientRequest, mailbox: Mailbox, form: MailInstructions, *, status: int = 200
) -> HttpResponse:
    link = _link(request, mailbox)
    context = {
        "mailbox": mailbox,
        "instructions": mail_programs.instructions_for(mailbox),
        "form": form,
        "link": link,
        "code": qr_code(link),
    }
    return render_page(request, "clientarea/setup/show.html", context, status=status)


def _link(request: ClientRequest, mailbox: Mailbox) -> str:
    path = reverse("clientarea:device-setup", kwargs={"token": setup.link_token(mailbox)})
    return request.build_absolute_uri(path)


def _profile_of(mailbox: Mailbox) -> HttpResponse:
    instructions = mail_programs.instructions_for(mailbox)
    content = mail_programs.apple_profile(instructions)
    return file_of(f"{instructions.address}.mobileconfig", content, PROFILE_TYPE)
