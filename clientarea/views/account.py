"""The client's details, one's own profile, and changing between clients."""

from __future__ import annotations

from collections.abc import Callable

from allauth.decorators import rate_limit
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clientarea import email_change
from clientarea.access import Route, client_member, client_user, reauthenticated
from clientarea.forms.account import ClientDetailsForm, NewEmail, ProfileForm
from clientarea.forms.lists import number_in
from clientarea.http import ClientRequest, go_to, render_page
from clientarea.seats import seat_at, take
from clients.models import Membership, Permission
from clients.operations import clients, users

# Each request may send an email to an address of somebody's choice.
seldom: Callable[[Route], Route] = rate_limit(action="manage_email")


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(permission=Permission.PROFILE)
def details(request: ClientRequest, seat: Membership) -> HttpResponse:
    """Show the client's details, or save them."""
    form = ClientDetailsForm(request.POST or None, client=seat.client)
    if form.is_valid():
        try:
            clients.change_details(
                client=seat.client, details=form.to_details(), actor=request.actor
            )
        except clients.UnableToChangeClient as error:
            form.add_error(None, error.user_message)
        else:
            messages.success(request, _("The account details are saved."))
            return go_to(request, reverse("clientarea:account-details"))
    status = 422 if form.errors else 200
    context = {"form": form, "client": seat.client}
    return render_page(request, "clientarea/account/details.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_user
def profile(request: ClientRequest) -> HttpResponse:
    """Show somebody's own profile, or save it."""
    form = ProfileForm(request.POST or None, user=request.user)
    if form.is_valid():
        users.change_profile(user=request.user, profile=form.to_profile(), actor=request.actor)
        messages.success(request, _("Your profile is saved."))
        return go_to(request, reverse("clientarea:profile"))
    status = 422 if form.errors else 200
    context = {"form": form, "waiting": email_change.waiting_for(request.user)}
    return render_page(request, "clientarea/account/profile.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_user
@seldom
@reauthenticated
def new_email(request: ClientRequest) -> HttpResponse:
    """Ask for another address to log in with; it counts once it is confirmed."""
    form = NewEmail(request.POST or None, user=request.user)
    if form.is_valid():
        email = form.cleaned_data["email"]
        email_change.begin(request, email=email)
        messages.success(
            request,
            _("Look at the mail of %(email)s and open the link in it.") % {"email": email},
        )
        return go_to(request, reverse("clientarea:profile"))
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/account/new_email.html", {"form": form}, status=status)


@require_POST
@client_user
def forget_new_email(request: ClientRequest) -> HttpResponse:
    """Keep the address one has: the link that was sent stops working."""
    email_change.forget(request.user)
    messages.success(request, _("Your address stays %(email)s.") % {"email": request.user.email})
    return go_to(request, reverse("clientarea:profile"))


@require_POST
@client_user
def switch_client(request: ClientRequest) -> HttpResponse:
    """Act for another of one's clients from now on."""
    seat = seat_at(request, number_in(request.POST.get("client", "")) or 0)
    if seat is None:
        raise Http404
    take(request, seat)
    messages.success(request, _("You act for %(client)s now.") % {"client": seat.client.label})
    return go_to(request, reverse("clientarea:home"))
