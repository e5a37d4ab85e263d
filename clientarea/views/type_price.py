"""What another type of a mailbox costs, as it is chosen."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from billing.models import Service
from clientarea import type_prices
from clientarea.access import client_service, mailbox_of
from clientarea.forms.lists import number_in
from clientarea.http import ClientRequest, render_page
from clients.models import Permission
from provisioning.models import Feature


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def show(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Answer with the price box of the 'Update account' page for a type."""
    mailbox = mailbox_of(service, mailbox_id)
    wanted = number_in(request.GET.get("account_type", "")) or mailbox.account_type
    price = type_prices.of_type(request, service, mailbox, wanted)
    return render_page(request, "clientarea/mailboxes/_type_price.html", {"price": price})
