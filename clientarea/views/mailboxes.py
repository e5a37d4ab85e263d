"""Accounts: the list of mailboxes, and one of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Service
from billing.operations.mailbox_type_offers import types_for_sale
from billing.operations.upgrade_guards import UnableToChange
from clientarea import outcomes, type_prices
from clientarea.access import client_service, mailbox_of
from clientarea.columns import columns_of
from clientarea.forms import mailboxes as forms
from clientarea.forms.lists import MailboxQuery, number_in
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.paging import SIZES, page_of
from clientarea.type_prices import TypePrice
from clients.models import Permission
from provisioning.models import Feature, Mailbox, MailboxBatch
from provisioning.operations import mailboxes, mirror
from provisioning.queries import dependents_of, mailbox_list, recently_deleted, usage_of

FRAGMENT = "mailbox-list"
NOT_LISTED = {Mailbox.Status.TRASHED, Mailbox.Status.REMOVED}


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def index(request: ClientRequest, service: Service) -> HttpResponse:
    """List the mailboxes of a domain."""
    query = MailboxQuery.read(request.GET)
    mail_domain = service.mail_domain
    usage = usage_of(mail_domain)
    found = mailbox_list(
        mail_domain,
        search=query.search,
        account_type=query.account_type,
        status=query.status,
        sort=query.sort,
    )
    total = None if query.is_filtered else usage.mailboxes.used
    page = page_of(found, number=query.page, size=query.size, total=total)
    new = _new_mailbox(request.GET, service)
    context = {
        "query": query,
        "list_query": query.text,
        "page": page,
        # The one just created stands first, marked; its own place may be pages away.
        "new_mailbox": new,
        "rows": [each for each in page.rows if new is None or each.pk != new.pk],
        "sizes": SIZES,
        "usage": usage,
        "columns": columns_of(query),
        "types": Mailbox.Type.choices,
        "statuses": [each for each in Mailbox.Status.choices if each[0] not in NOT_LISTED],
        "actions": MailboxBatch.Action.choices,
        "is_refreshing": mirror.refresh_when_stale(mail_domain),
    }
    wants_list = request.htmx and request.htmx.target == FRAGMENT
    name = "_list" if wants_list else "index"
    return render_page(request, f"clientarea/mailboxes/{name}.html", context)


@require_safe
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def row(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Answer with one row of the list; asked for again while a change is being checked."""
    mailbox = service.mail_domain.mailboxes.filter(pk=mailbox_id).first()
    context = {"mailbox": mailbox}
    if mailbox is None or mailbox.status == Mailbox.Status.REMOVED or mailbox.is_in_trash:
        return render_page(request, "clientarea/mailboxes/_gone.html", context)
    return render_page(request, "clientarea/mailboxes/_row.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def add(request: ClientRequest, service: Service) -> HttpResponse:
    """Show the 'Add Mailbox' form, or save it."""
    mail_domain = service.mail_domain
    usage = usage_of(mail_domain)
    form = forms.AddMailbox(request.POST or None, mail_domain=mail_domain, usage=usage)
    deleted = None
    if form.is_valid():
        spec = form.to_spec()
        try:
            mailbox = mailboxes.add_mailbox(mail_domain=mail_domain, spec=spec, actor=request.actor)
        except mailboxes.UnableToAddMailbox as error:
            if error.code == mailboxes.IN_TRASH:
                deleted = recently_deleted(mail_domain).filter(local_part=spec.local_part).first()
            form.refuse(error)
        else:
            name = {"address": mailbox.address}
            if mailbox.status == Mailbox.Status.CREATING:
                messages.info(
                    request,
                    _("Mailbox %(address)s is being created. The list shows when it is ready.")
                    % name,
                )
            else:
                messages.success(request, _("Mailbox %(address)s created") % name)
            return go_to(request, f"{_list_url(service)}?new={mailbox.pk}")
    context = {
        "form": form,
        "usage": usage,
        "deleted_mailbox": deleted,
        # What was typed never goes back to the page; a fresh one takes its place.
        "fresh_password": mailboxes.generate_password(),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/mailboxes/add.html", context, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def manage(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Show the 'Update account' page, or save it."""
    mailbox = mailbox_of(service, mailbox_id)
    usage = usage_of(service.mail_domain)
    form = forms.ManageMailbox(
        request.POST or None,
        mailbox=mailbox,
        mail_domain=service.mail_domain,
        usage=usage,
        for_sale=types_for_sale(service),
    )
    price: TypePrice | None = None
    if form.is_valid():
        try:
            changed = type_prices.change(request, service, mailbox, form)
        except mailboxes.UnableToChangeMailbox as error:
            form.refuse(error)
        except UnableToChange as refusal:
            # A price that was not agreed to, or not to this one, is shown: saving it agrees.
            wanted = form.cleaned_data["account_type"]
            price = type_prices.of_type(request, service, mailbox, wanted, refusal)
        else:
            _say_saved(request, changed.mailbox)
            type_prices.say_ordered(request, changed.upgrade)
            return go_to(request, _list_url(service))
    context = {"form": form, "mailbox": mailbox, "usage": usage, "price": price}
    status = 422 if form.errors or price else 200
    return render_page(request, "clientarea/mailboxes/manage.html", context, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def password(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """Show the 'Change password' form, or save it."""
    mailbox = mailbox_of(service, mailbox_id)
    form = forms.NewPassword(request.POST or None)
    if form.is_valid():
        try:
            changed = mailboxes.update_mailbox(
                mailbox=mailbox, change=form.to_change(), actor=request.actor
            )
        except mailboxes.UnableToChangeMailbox as error:
            form.add_error("password", error.user_message)
        else:
            _say_saved(request, changed)
            return go_to(request, _list_url(service))
    context = {
        "form": form,
        "mailbox": mailbox,
        "fresh_password": mailboxes.generate_password(),
    }
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/mailboxes/password.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_service(permission=Permission.MANAGE_MAILBOXES, feature=Feature.ACCOUNTS)
def delete(request: ClientRequest, service: Service, mailbox_id: int) -> HttpResponse:
    """
    Show what depends on a mailbox, or delete it.

    Its address has to be typed only where nothing would bring it back.
    """
    mailbox = mailbox_of(service, mailbox_id)
    until = mailboxes.restorable_until()
    form = forms.DeleteForGood(request.POST or None, mailbox=mailbox)
    refusal = ""
    if request.method == "POST" and (until is not None or form.is_valid()):
        try:
            gone = mailboxes.delete_mailbox(mailbox=mailbox, actor=request.actor)
        except mailboxes.UnableToChangeMailbox as error:
            refusal = error.user_message
        else:
            _say_deleted(request, service, gone)
            return go_to(request, _list_url(service))
    context = {
        "form": form,
        "mailbox": mailbox,
        "dependents": dependents_of(mailbox),
        "until": until,
        "refusal": refusal,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "clientarea/mailboxes/delete.html", context, status=status)


def _say_deleted(request: ClientRequest, service: Service, mailbox: Mailbox) -> None:
    name = {"address": mailbox.address}
    if mailbox.is_unsettled:
        messages.info(request, _("Mailbox %(address)s is being deleted.") % name)
    elif mailbox.status == Mailbox.Status.REMOVED:
        messages.success(request, _("Mailbox %(address)s deleted") % name)
    else:
        ids = {"service_id": service.pk, "mailbox_id": mailbox.pk}
        outcomes.say_undoable(
            request,
            _("Mailbox %(address)s deleted") % name,
            reverse("clientarea:mailboxes-restore", kwargs=ids),
        )


def _new_mailbox(query: QueryDict, service: Service) -> Mailbox | None:
    new_id = number_in(query.get("new", ""))
    if new_id is None:
        return None
    return service.mail_domain.mailboxes.live().filter(pk=new_id).first()


def _say_saved(request: ClientRequest, mailbox: Mailbox) -> None:
    name = {"address": mailbox.address}
    if mailbox.is_unsettled:
        messages.info(
            request,
            _("The change to %(address)s is being checked. The list shows how it ended.") % name,
        )
    else:
        messages.success(request, _("%(address)s is saved") % name)


def _list_url(service: Service) -> str:
    return reverse("clientarea:mailboxes", kwargs={"service_id": service.pk})
