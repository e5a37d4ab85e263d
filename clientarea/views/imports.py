"""Import mailboxes: send a file, check what would happen, confirm, watch, fetch what is left."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.models import Service
from clientarea.access import client_service
from clientarea.downloads import csv_file
from clientarea.forms.imports import ImportFile
from clientarea.forms.lists import number_in
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clients.models import Permission
from provisioning.models import Feature, MailboxImport, MailboxImportRow
from provisioning.operations import imports
from provisioning.queries import usage_of

Status = MailboxImportRow.Status
HEADINGS = ("type", "user", "password", "quota", "name")
EXAMPLES = (
    ("basic", "anna", "generate", "5", "Anna Example"),
    ("enhanced", "ben", "generate", "10", "Ben Example"),
)
GENERATE = "generate"
# So many lines that need a look stand on the page; the file has all.
MOST_SHOWN = 50
SHOWN = {"ready": [Status.WAITING], "problems": [Status.SKIPPED]}


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def start(request: ClientRequest, service: Service) -> HttpResponse:
    """Take a file and try it dry."""
    form = ImportFile(request.POST, request.FILES) if request.method == "POST" else ImportFile()
    if form.is_valid():
        try:
            read = imports.read_import(
                mail_domain=service.mail_domain, content=form.content, actor=request.actor
            )
        except imports.UnableToReadFile as error:
            form.add_error("file", error.user_message)
        else:
            return go_to(request, _url("review", service, read))
    context = {
        "form": form,
        "most": imports.MOST_ROWS,
        "usage": usage_of(service.mail_domain),
        "earlier": service.mail_domain.imports.exclude(started_at=None)[:5],
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/imports/start.html", context, status=status)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def template(_request: ClientRequest, _service: Service) -> StreamingHttpResponse:
    """Hand out a file to fill in."""
    return csv_file("mailboxes-template.csv", [HEADINGS, *EXAMPLES])


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def review(request: ClientRequest, service: Service, import_id: int) -> HttpResponse:
    """Show a verdict on each line and the effect on the plan, or start the import."""
    found = _import_of(service, import_id)
    if request.method == "POST":
        try:
            imports.start_import(mailbox_import=found, actor=request.actor)
        except imports.UnableToStartImport as error:
            messages.error(request, error.user_message)
            return go_to(request, _url("", service))
        return go_to(request, _url("progress", service, found))
    if found.status != MailboxImport.Status.REVIEW:
        return redirect(_url("progress", service, found))
    progress = imports.progress_of(found)
    show = request.GET.get("show", "")
    rows = found.rows.filter(status__in=SHOWN[show]) if show in SHOWN else found.rows.all()
    totals = {"ready": progress.good, "problems": progress.skipped}
    usage = usage_of(service.mail_domain)
    context = {
        "import": found,
        "progress": progress,
        "show": show if show in SHOWN else "",
        "page": page_of(
            rows.defer("password"),
            number=number_in(request.GET.get("page", "")) or 1,
            size=_size(request),
            total=totals.get(show, progress.total),
        ),
        "sizes": SIZES,
        "usage": usage,
        "after": imports.after_import(progress, usage),
    }
    return render_page(request, "clientarea/imports/review.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def progress(request: ClientRequest, service: Service, import_id: int) -> HttpResponse:
    """Show how far an import has got and which lines need a look."""
    found = _import_of(service, import_id)
    if found.status == MailboxImport.Status.REVIEW:
        return redirect(_url("review", service, found))
    counted = imports.progress_of(found)
    context: dict[str, Any] = {
        "import": found,
        "progress": counted,
        "returned": _returned(found)[:MOST_SHOWN],
        "not_shown": max(counted.returned - MOST_SHOWN, 0),
        "may_take_passwords": counted.unread and found.requested_by_id == request.user.pk,
    }
    name = "_progress" if request.htmx else "progress"
    return render_page(request, f"clientarea/imports/{name}.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def result(_request: ClientRequest, service: Service, import_id: int) -> StreamingHttpResponse:
    """Hand out the lines that made no mailbox, each with its reason and none with its password."""
    found = _import_of(service, import_id)
    rows = [("line", *HEADINGS, "reason")]
    for row in _returned(found):
        account_type, user, quota, name = row.cells
        password = GENERATE if row.is_password_generated else ""
        rows.append((str(row.number), account_type, user, password, quota, name, row.message))
    return csv_file(f"{service.domain}-not-imported.csv", rows)


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def passwords(
    request: ClientRequest, service: Service, import_id: int
) -> HttpResponse | StreamingHttpResponse:
    """Hand out the passwords that we made up: once, to who imported."""
    found = _import_of(service, import_id)
    try:
        handed_over = imports.take_passwords(mailbox_import=found, actor=request.actor)
    except imports.UnableToHandOverPasswords as error:
        messages.error(request, error.user_message)
        return redirect(_url("progress", service, found))
    return csv_file(f"{service.domain}-passwords.csv", [("address", "password"), *handed_over])


@require_POST
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def cancel(request: ClientRequest, service: Service, import_id: int) -> HttpResponse:
    """Discard a file, or stop an import where it is."""
    found = _import_of(service, import_id)
    was_started = found.started_at is not None
    imports.cancel_import(mailbox_import=found, actor=request.actor)
    if was_started:
        return go_to(request, _url("progress", service, found))
    messages.success(request, _("The file is discarded. Nothing was imported."))
    return go_to(request, reverse("clientarea:mailboxes", kwargs={"service_id": service.pk}))


def _import_of(service: Service, import_id: int) -> MailboxImport:
    found = MailboxImport.objects.filter(mail_domain=service.mail_domain, pk=import_id).first()
    if found is None:
        raise Http404
    found.mail_domain = service.mail_domain
    return found


def _returned(found: MailboxImport) -> QuerySet[MailboxImportRow]:
    return found.rows.filter(status__in=[Status.SKIPPED, Status.FAILED]).defer("password")


def _size(request: ClientRequest) -> int:
    size = number_in(request.GET.get("size", ""))
    return size if size in SIZES else SIZES[1]


def _url(page: str, service: Service, found: MailboxImport | None = None) -> str:
    name = f"mailboxes-import-{page}" if page else "mailboxes-import"
    ids = {"service_id": service.pk} | ({"import_id": found.pk} if found else {})
    return reverse(f"clientarea:{name}", kwargs=ids)
