"""Bulk actions: preview, start, progress, retry."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea.access import batch_of, client_service, mailboxes_of
from clientarea.forms.batches import BulkAction, ticked
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Permission
from provisioning.models import Feature, MailboxBatch
from provisioning.operations import batches
from provisioning.operations.mailboxes import restorable_until


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def start(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what a bulk action would do to the ticked mailboxes, or start it."""
    data = request.POST if request.method == "POST" else request.GET
    mailboxes = mailboxes_of(service, ticked(data))
    list_url = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
    if not mailboxes:
        messages.warning(request, _("Tick at least one mailbox first."))
        return go_to(request, list_url)
    form = BulkAction(data, mail_domain=service.mail_domain)
    if not form.is_valid() and "action" in form.errors:
        messages.warning(request, _("Choose what to do with the ticked mailboxes."))
        return go_to(request, list_url)
    until = restorable_until()
    is_for_good = form.cleaned_data.get("action") == MailboxBatch.Action.DELETE and until is None
    if request.method == "POST" and form.is_valid() and (not is_for_good or form.is_confirmed()):
        try:
            batch = batches.start_batch(
                mail_domain=service.mail_domain,
                mailboxes=mailboxes,
                action=MailboxBatch.Action(form.cleaned_data["action"]),
                account_type=form.cleaned_data["account_type"],
                quota_mb=form.quota_mb,
                actor=request.actor,
            )
        except batches.UnableToStartBatch as error:
            form.add_error(None, error.user_message)
        else:
            return go_to(request, _batch_url(service, batch))
    action = MailboxBatch.Action(form.cleaned_data["action"])
    context = {
        "form": form,
        "mailboxes": mailboxes,
        "action": action,
        "until": until,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "clientarea/batches/start.html", context, status=status)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def show(request: ClientRequest, service: Service, batch_id: int) -> HttpResponse:
    """Show how far a bulk action has got, row by row."""
    batch = batch_of(service, batch_id)
    done, failed, total = batch.progress()
    context = {
        "batch": batch,
        "done": done,
        "failed": failed,
        "total": total,
        "items": batch.items.select_related("mailbox__mail_domain").order_by("pk"),
        "percent": round(100 * (done + failed) / total) if total else 100,
    }
    name = "_progress" if request.htmx else "show"
    return render_page(request, f"clientarea/batches/{name}.html", context)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def retry(request: ClientRequest, service: Service, batch_id: int) -> HttpResponse:
    """Try the failed rows once more."""
    batch = batch_of(service, batch_id)
    try:
        batch = batches.retry_failed(batch=batch, actor=request.actor)
    except batches.UnableToStartBatch as error:
        messages.error(request, error.user_message)
    return redirect(_batch_url(service, batch))


def _batch_url(service: Service, batch: MailboxBatch) -> str:
    return reverse("clientarea:batch", kwargs={"service_id": service.pk, "batch_id": batch.pk})
