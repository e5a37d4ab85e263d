"""Recently deleted mailboxes: restore one, or let it go for good."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service, deleted_mailbox_of
from clientarea.forms.lists import number_in
from clientarea.forms.mailboxes import DeleteForGood
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clients.models import Activity, Permission
from provisioning.models import Feature, Mailbox
from provisioning.operations import mailboxes
from provisioning.queries import dependents_of, recently_deleted


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List the mailboxes that can be restored, the latest first."""
    size = number_in(request.GET.get("size", ""))
    page = page_of(
        recently_deleted(service.mail_domain),
        number=number_in(request.GET.get("page", "")) or 1,
        size=size if size in SIZES else SIZES[0],
    )
    deletions = Activity.objects.latest_of(page.rows, action="mailbox.trashed")
    context = {
        "page": page,
        "rows": [(mailbox, deletions.get(str(mailbox.pk))) for mailbox in page.rows],
        "sizes": SIZES,
        "days": settings.MAILBOX_TRASH_DAYS,
    }
    return render_page(request, "clientarea/mailboxes/recently_deleted.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def restore(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Take a deleted mailbox back, with all its mail."""
    mailbox = deleted_mailbox_of(service, mailbox_id)
    name = {"address": mailbox.address}
    try:
        mailbox = mailboxes.restore_mailbox(mailbox=mailbox, actor=request.actor)
    except mailboxes.UnableToChangeMailbox as error:
        messages.error(request, error.user_message)
        return go_to(request, _index_url(service))
    if mailbox.is_unsettled:
        messages.info(request, _("%(address)s is being restored.") % name)
    elif mailbox.status == Mailbox.Status.DISABLED:
        messages.success(request, _("%(address)s is restored, disabled as it was") % name)
    else:
        messages.success(request, _("%(address)s is restored, with all its mail") % name)
    list_url = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
    return go_to(request, f"{list_url}?new={mailbox.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def purge(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Delete a mailbox and its mail now, once its address is typed."""
    mailbox = deleted_mailbox_of(service, mailbox_id)
    form = DeleteForGood(request.POST or None, mailbox=mailbox)
    refusal = ""
    if form.is_valid():
        try:
            gone = mailboxes.purge_mailbox(mailbox=mailbox, actor=request.actor)
        except mailboxes.UnableToChangeMailbox as error:
            refusal = error.user_message
        else:
            name = {"address": mailbox.address}
            if gone.is_unsettled:
                messages.info(request, _("Mailbox %(address)s is being deleted.") % name)
            else:
                messages.success(request, _("Mailbox %(address)s is gone for good") % name)
            return go_to(request, _index_url(service))
    context = {
        "form": form,
        "mailbox": mailbox,
        "dependents": dependents_of(mailbox),
        "refusal": refusal,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "clientarea/mailboxes/purge.html", context, status=status)


def _index_url(service: Service) -> str:
    return reverse("clientarea:mailboxes-deleted", kwargs={"service_id": service.pk})
