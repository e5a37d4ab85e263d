"""Bulk actions: preview, start, progress, retry."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea import bulk
from clientarea.access import batch_of, client_service
from clientarea.forms.batches import FEW, BulkAction
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Permission
from provisioning.models import Feature, MailboxBatch
from provisioning.operations import batches
from provisioning.operations.mailboxes import restorable_until


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def start(request: ClientRequest, service: Service) -> HttpResponse:
    """Show what a bulk action would do to each of the chosen mailboxes, or start it."""
    data = request.POST if request.method == "POST" else request.GET
    chosen = bulk.read(service, data)
    form = BulkAction(data, mail_domain=service.mail_domain)
    problem = _problem(chosen, form)
    if problem:
        messages.warning(request, problem)
        return go_to(request, _list_url(service, chosen))
    until = restorable_until()
    action = MailboxBatch.Action(form.cleaned_data["action"])
    is_deletion = action == MailboxBatch.Action.DELETE
    must_type = is_deletion and (until is None or chosen.total > FEW)
    if (
        request.method == "POST"
        and form.is_valid()
        and _is_agreed(form, chosen, must_type=must_type)
    ):
        try:
            batch = batches.start_batch(
                mail_domain=service.mail_domain,
                mailboxes=chosen.mailboxes,
                action=action,
                account_type=form.cleaned_data["account_type"],
                quota_mb=form.quota_mb,
                actor=request.actor,
            )
        except batches.UnableToStartBatch as error:
            form.add_error(None, error.user_message)
        else:
            return go_to(request, _batch_url(service, batch))
    changes = bulk.changes_of(
        chosen.mailboxes,
        action,
        account_type=form.cleaned_data.get("account_type"),
        quota_mb=form.quota_mb,
        until=until,
    )
    context = {
        "form": form,
        "chosen": chosen,
        "changes": changes,
        "idle": sum(change.is_idle for change in changes),
        "action": action,
        "until": until,
        "must_type": must_type,
        "few": FEW,
        "is_choosing": form.is_waiting_for_value,
        "back": bulk.without_value(data),
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "clientarea/batches/start.html", context, status=status)


def _problem(chosen: bulk.Chosen, form: BulkAction) -> str:
    """Say what is missing before there is anything to show."""
    if chosen.is_too_many:
        return _(
            "%(total)d mailboxes match, and up to %(most)d can be changed at a time. "
            "Search or filter for fewer, then choose all of those."
        ) % {"total": chosen.total, "most": batches.LARGEST}
    if not chosen.total:
        if chosen.query is not None:
            return _("No mailbox matches any more. Nothing was changed.")
        return _("Tick at least one mailbox first.")
    if not form.is_valid() and "action" in form.errors:
        return _("Choose what to do with the ticked mailboxes.")
    return ""


def _is_agreed(form: BulkAction, chosen: bulk.Chosen, *, must_type: bool) -> bool:
    """Tell whether what was shown is still so, and was confirmed; the form then says what not."""
    if chosen.has_changed:
        form.add_error(
            None,
            ngettext(
                "The list has changed: %(total)d mailbox matches now. Nothing was started. "
                "Look through it and confirm again.",
                "The list has changed: %(total)d mailboxes match now. Nothing was started. "
                "Look through them and confirm again.",
                chosen.total,
            )
            % {"total": chosen.total},
        )
        return False
    return not must_type or form.is_confirmed(chosen.total)


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


def _list_url(service: Service, chosen: bulk.Chosen) -> str:
    address = reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
    return f"{address}?{chosen.query.text}" if chosen.query else address
