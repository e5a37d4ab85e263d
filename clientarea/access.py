"""The client area's one door: who may see which service, and what of it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from billing.models import CreditNote, Invoice, Service
from billing.queries import endings
from clientarea.grants import Grants
from clientarea.http import ClientRequest, in_dialog, render_page
from clientarea.seats import current_seat, seat_at, seats_of, take
from clientarea.standing import Standing, standing_of
from clients.actors import Actor
from clients.models import Membership, Permission, User
from provisioning.models import Feature, Mailbox, MailboxBatch

Params = ParamSpec("Params")
ServiceView = Callable[Concatenate[ClientRequest, Service, Params], HttpResponseBase]
MemberView = Callable[Concatenate[ClientRequest, Membership, Params], HttpResponseBase]
OrderView = Callable[Concatenate[ClientRequest, Membership | None, Params], HttpResponseBase]
InvoiceView = Callable[Concatenate[ClientRequest, Invoice, Params], HttpResponseBase]
CreditNoteView = Callable[Concatenate[ClientRequest, CreditNote, Params], HttpResponseBase]
Paper = TypeVar("Paper", Invoice, CreditNote)
Route = Callable[..., HttpResponseBase]

# Who has not shown for a while that it is them is asked to; then the request goes on.
reauthenticated: Callable[[Route], Route] = reauthentication_required(app="allauth.account")

NOT_ALLOWED = _("The owner of this account has not allowed you to open this page.")


def client_user(view: Route) -> Route:
    """Let a logged-in user in; anybody else is sent to log in first."""

    @wraps(view)
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return _log_in_first(request)
        return view(_identified(request, user), **captured)

    return guarded


def client_service(
    *,
    permission: Permission,
    or_permission: Permission | None = None,
    feature: Feature | None = None,
) -> Callable[[ServiceView[Params]], Route]:
    """
    Hand the view the service its address names, if this user reaches it.

    A service of somebody else is not found; a missing permission is refused, where two are named
    either will do. Pages with a
    `feature` are mail pages: not found where the product has it switched off, and until the
    domain is verified and active they answer with what stands in the way.
    """

    def decorate(view: ServiceView[Params]) -> Route:
        @wraps(view)
        def guarded(
            request: ClientRequest, service_id: int, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponseBase:
            service, grants = _service_and_grants(request, service_id)
            if not (grants.allows(permission) or (or_permission and grants.allows(or_permission))):
                raise PermissionDenied(NOT_ALLOWED)
            request.service, request.grants = service, grants
            if feature is not None:
                if feature not in service.mail_domain.features:
                    raise Http404
                if standing_of(service) is not Standing.OPEN:
                    return closed_page(request)
            return view(request, service, *args, **kwargs)

        return client_user(guarded)

    return decorate


def client_member(
    *, permission: Permission | None = None, is_owner: bool = False
) -> Callable[[MemberView[Params]], Route]:
    """
    Hand the view the membership this user acts under right now.

    Refused without one, without the `permission`, and where `is_owner` says so to all but the
    owner. The membership was read for this request: access that ended has ended.
    """

    def decorate(view: MemberView[Params]) -> Route:
        @wraps(view)
        def guarded(
            request: ClientRequest, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponseBase:
            seat = current_seat(request)
            if seat is None:
                raise PermissionDenied(_("This login belongs to no account."))
            if is_owner and not seat.is_owner:
                raise PermissionDenied(_("Only the owner of this account can open this page."))
            if permission is not None and not seat.allows(permission):
                raise PermissionDenied(NOT_ALLOWED)
            return view(request, seat, *args, **kwargs)

        return client_user(guarded)

    return decorate


def client_invoice(view: InvoiceView[Params]) -> Route:
    """Hand the view the published invoice its address names, if this user may see it."""

    @wraps(view)
    def guarded(
        request: ClientRequest, invoice_id: int, *args: Params.args, **kwargs: Params.kwargs
    ) -> HttpResponseBase:
        # A draft that was cancelled has no number: nobody has seen it.
        rows = Invoice.objects.published().exclude(number__isnull=True)
        return view(request, _paper(request, rows, invoice_id), *args, **kwargs)

    return client_user(guarded)


def client_credit_note(view: CreditNoteView[Params]) -> Route:
    """Hand the view the credit note its address names, if this user may see it."""

    @wraps(view)
    def guarded(
        request: ClientRequest, credit_note_id: int, *args: Params.args, **kwargs: Params.kwargs
    ) -> HttpResponseBase:
        rows = CreditNote.objects.select_related("invoice")
        return view(request, _paper(request, rows, credit_note_id), *args, **kwargs)

    return client_user(guarded)


def may_order(view: OrderView[Params]) -> Route:
    """
    Hand the view the membership that an order would be for; a visitor orders for nobody yet.

    Who is logged in orders for the client they act for, or else for the first of theirs that they
    may order for; refused where there is none.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs
    ) -> HttpResponseBase:
        if not isinstance(request.user, User):
            visitor = cast("ClientRequest", request)
            visitor.actor = Actor.visitor(ip_address=get_adapter(request).get_client_ip(request))
            return view(visitor, None, *args, **kwargs)
        current = current_seat(request)
        allowed = [seat for seat in seats_of(request) if seat.allows(Permission.ORDERS)]
        if not allowed:
            raise PermissionDenied(NOT_ALLOWED)
        seat = current if current in allowed else allowed[0]
        return view(_identified(request, request.user), seat, *args, **kwargs)

    return guarded


def closed_page(request: ClientRequest) -> HttpResponse:
    """Say why the mail pages of a service are closed; a change that was sent is refused."""
    if request.htmx and not in_dialog(request):
        return HttpResponseClientRefresh()
    status = 200 if request.method in {"GET", "HEAD"} else 409
    return render_page(request, "clientarea/services/closed.html", status=status)


def mailbox_of(service: Service, mailbox_id: int) -> Mailbox:
    """
    Return a mailbox of this service's domain.

    :raises Http404: where the domain has no such mailbox any more
    """
    mailbox = service.mail_domain.mailboxes.live().filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404(_("This mailbox does not exist any more."))
    return mailbox


def deleted_mailbox_of(service: Service, mailbox_id: int) -> Mailbox:
    """
    Return a mailbox of this service's domain that was deleted lately, or has just been restored.

    :raises Http404: where it is gone for good
    """
    mailbox = service.mail_domain.mailboxes.existing().filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404(_("This mailbox does not exist any more."))
    return mailbox


def mailboxes_of(service: Service, ids: Iterable[int]) -> list[Mailbox]:
    """Return those of the mailboxes that are this service's; others are left out."""
    return list(service.mail_domain.mailboxes.live().filter(pk__in=list(ids)))


def batch_of(service: Service, batch_id: int) -> MailboxBatch:
    """
    Return a batch of this service's domain.

    :raises Http404: where there is none
    """
    batch = MailboxBatch.objects.filter(mail_domain=service.mail_domain, pk=batch_id).first()
    if batch is None:
        raise Http404
    return batch


def _service_and_grants(request: ClientRequest, service_id: int) -> tuple[Service, Grants]:
    clients = [seat.client_id for seat in seats_of(request)]
    services = endings.with_cancellation(Service.objects.with_domain()).filter(client__in=clients)
    service = services.filter(pk=service_id).first()
    seat = seat_at(request, service.client_id) if service else None
    if service is None or seat is None:
        raise Http404
    take(request, seat)  # a service of another of one's clients brings one there
    return service, Grants.of(seat)


def _paper(request: ClientRequest, rows: QuerySet[Paper], paper_id: int) -> Paper:
    """Return a document of one of this user's clients; refuse one who may not see its money."""
    clients = [seat.client_id for seat in seats_of(request)]
    found = rows.select_related("client", "currency").filter(client__in=clients)
    paper = found.filter(pk=paper_id).first()
    seat = seat_at(request, paper.client_id) if paper else None
    if paper is None or seat is None:
        raise Http404
    if not seat.allows(Permission.INVOICES):
        raise PermissionDenied(NOT_ALLOWED)
    take(request, seat)
    return paper


def _identified(request: HttpRequest, user: User) -> ClientRequest:
    # The middleware made a plain request; from here on it carries what ClientRequest declares.
    visitor = cast("ClientRequest", request)
    visitor.actor = Actor.from_user(user, ip_address=get_adapter(request).get_client_ip(request))
    return visitor


def _log_in_first(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # A fragment's own address is no place to come back to.
        return HttpResponseClientRedirect(request.headers.get("HX-Current-URL", "/"))
    return redirect_to_login(request.get_full_path())
