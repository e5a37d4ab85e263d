"""The client area's one door: who may see which service, and what of it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo, available_timezones

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from billing.models import Service
from clientarea.grants import Grants
from clientarea.http import ClientRequest, in_dialog, render_page
from clientarea.standing import Standing, standing_of
from clients.actors import Actor
from clients.models import Permission, User
from provisioning.models import Feature, Mailbox, MailboxBatch

Params = ParamSpec("Params")
ServiceView = Callable[Concatenate[ClientRequest, Service, Params], HttpResponse]
Route = Callable[..., HttpResponse]


def client_user(view: Route) -> Route:
    """Let a logged-in user in; anybody else is sent to log in first."""

    @wraps(view)
    def guarded(request: HttpRequest, **captured: Any) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return _log_in_first(request)
        visitor = _identified(request, user)
        with _time_zone_of(user):
            return view(visitor, **captured)

    return guarded


def client_service(
    *, permission: Permission, feature: Feature | None = None
) -> Callable[[ServiceView[Params]], Route]:
    """
    Hand the view the service its address names, if this user reaches it.

    A service of somebody else is not found; a missing permission is refused. Pages with a
    `feature` are mail pages: not found where the product has it switched off, and until the
    domain is verified and active they answer with what stands in the way.
    """

    def decorate(view: ServiceView[Params]) -> Route:
        @wraps(view)
        def guarded(
            request: ClientRequest, service_id: int, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponse:
            service, grants = _service_and_grants(request.user, service_id)
            if not grants.allows(permission):
                raise PermissionDenied(
                    _("The owner of this account has not allowed you to open this page.")
                )
            request.service, request.grants = service, grants
            if feature is not None:
                if feature not in service.mail_domain.features:
                    raise Http404
                if standing_of(service) is not Standing.OPEN:
                    return closed_page(request)
            return view(request, service, *args, **kwargs)

        return client_user(guarded)

    return decorate


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


def clients_with(request: ClientRequest, permission: Permission) -> list[int]:
    """Return the ids of the clients for whom this user has a permission."""
    memberships = request.user.memberships.all()
    return [each.client_id for each in memberships if each.allows(permission)]


def _service_and_grants(user: User, service_id: int) -> tuple[Service, Grants]:
    # The membership comes with the service: the join that finds one knows the other.
    found: Any = (
        Service.objects.reachable_by(user)
        .with_domain()
        .annotate(
            member_is_owner=F("client__memberships__is_owner"),
            member_permissions=F("client__memberships__permissions"),
        )
        .filter(pk=service_id)
        .first()
    )
    if found is None:
        raise Http404
    grants = Grants(is_owner=found.member_is_owner, permissions=frozenset(found.member_permissions))
    service: Service = found
    return service, grants


def _identified(request: HttpRequest, user: User) -> ClientRequest:
    # The middleware made a plain request; from here on it carries what ClientRequest declares.
    visitor = cast("ClientRequest", request)
    visitor.actor = Actor.from_user(user, ip_address=get_adapter(request).get_client_ip(request))
    return visitor


def _time_zone_of(user: User) -> AbstractContextManager[None]:
    if user.time_zone in available_timezones():
        return timezone.override(ZoneInfo(user.time_zone))
    return nullcontext()


def _log_in_first(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # A fragment's own address is no place to come back to.
        return HttpResponseClientRedirect(request.headers.get("HX-Current-URL", "/"))
    return redirect_to_login(request.get_full_path())
