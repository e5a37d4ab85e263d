"""An invitation, as the person sees it who was sent its link."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clientarea import seats
from clientarea.forms.users import NewLogin
from clients.actors import Actor
from clients.models import Invitation, User
from clients.operations import invitations
from clients.operations.memberships import labels_of


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """
    Show what somebody is invited to, and let them accept.

    Who is logged in with the invited address accepts by a button. Anybody else is shown the same
    page, whether the address has a login or not: log in, or give name and password.
    """
    invitation = invitations.find(token)
    if invitation is None:
        return _page(request, "ended", status=410)
    if isinstance(request.user, User):
        return _as_user(request, request.user, invitation)
    form = NewLogin(request.POST or None, email=invitation.email)
    if form.is_valid():
        try:
            user = invitations.accept_as_new(
                invitation=invitation,
                first_name=form.cleaned_data["first_name"],
                last_name=form.cleaned_data["last_name"],
                password=form.cleaned_data["password"],
                ip_address=get_adapter(request).get_client_ip(request),
            )
        except invitations.UnableToAcceptInvitation as error:
            form.add_error(None, error.user_message)
        else:
            return _first_visit(request, user, invitation)
    status = 422 if form.errors else 200
    return _page(request, "new", {"form": form}, invitation=invitation, status=status)


def _as_user(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    if not invitations.is_meant_for(invitation, user):
        return _page(request, "other", status=403 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, "accept", invitation=invitation)
    actor = Actor.from_user(user, ip_address=get_adapter(request).get_client_ip(request))
    try:
        membership = invitations.accept(invitation=invitation, user=user, actor=actor)
    except invitations.UnableToAcceptInvitation:
        return _page(request, "ended", status=410)
    seats.take(request, membership)
    _welcome(request, invitation)
    return redirect("clientarea:home")


def _first_visit(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    # The link came to the address, so the address is theirs.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    _welcome(request, invitation)
    answer: HttpResponse = perform_login(request, user, email_verification="none")
    return answer


def _welcome(request: HttpRequest, invitation: Invitation) -> None:
    messages.success(request, _("Welcome to %(client)s.") % {"client": invitation.client.label})


def _page(
    request: HttpRequest,
    way: str,
    context: dict[str, object] | None = None,
    *,
    invitation: Invitation | None = None,
    status: int = 200,
) -> HttpResponse:
    content: dict[str, object] = {"way": way, **(context or {})}
    if invitation is not None:
        content |= {"invitation": invitation, "permissions": labels_of(invitation.permissions)}
    response = render(request, "clientarea/users/invitation.html", content, status=status)
    add_never_cache_headers(response)
    return response
