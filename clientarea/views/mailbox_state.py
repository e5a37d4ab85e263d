"""Enable and disable a mailbox."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from billing.models import Service
from clientarea.access import client_service, mailbox_of
from clientarea.forms.lists import MailboxQuery
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Permission
from provisioning.models import Feature, Mailbox
from provisioning.operations import mailboxes


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def enable(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Let the mailbox's user log in again."""
    mailbox = mailbox_of(service, mailbox_id)
    return _switch(request, service, mailbox, mailboxes.enable_mailbox, _("%(address)s is enabled"))


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def disable(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Keep the mailbox's user from logging in."""
    mailbox = mailbox_of(service, mailbox_id)
    return _switch(
        request, service, mailbox, mailboxes.disable_mailbox, _("%(address)s is disabled")
    )


def _switch(
    request: ClientRequest,
    service: Service,
    mailbox: Mailbox,
    operation: Callable[..., Mailbox],
    done: str,
) -> HttpResponse:
    level = messages.SUCCESS
    try:
        mailbox = operation(mailbox=mailbox, actor=request.actor)
    except mailboxes.UnableToChangeMailbox as error:
        level, text = messages.ERROR, error.user_message
    else:
        text = done % {"address": mailbox.address}
        if mailbox.is_unsettled:
            level = messages.INFO
            text = _("The change to %(address)s is being checked.") % {"address": mailbox.address}
    if request.htmx:
        template = "clientarea/mailboxes/_row.html"
        response = render_page(request, template, {"mailbox": mailbox})
        tag = messages.constants.DEFAULT_TAGS[level]
        return trigger_client_event(response, "toast", {"level": tag, "text": text})
    messages.add_message(request, level, text)
    # Back to the page of the list the button stood on.
    list_query = MailboxQuery.read(QueryDict(request.POST.get("list", ""))).text
    url = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
    return go_to(request, f"{url}?{list_query}" if list_query else url)
