"""User Management: who can act for a client, who is invited to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clientarea.access import client_member
from clientarea.forms.users import InviteForm, PermissionsForm, role_label
from clientarea.http import ClientRequest, go_to, render_page
from clients.models import Client, Invitation, Membership
from clients.operations import invitations, memberships
from clients.operations.memberships import labels_of

# What counts as a second factor; recovery codes alone are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class Row:
    """A user or an invitation as the list shows it."""

    subject: Any
    role: Any
    permissions: list[Any]
    has_ended: bool = False


@require_safe
@client_member(is_owner=True)
def index(request: ClientRequest, seat: Membership) -> HttpResponse:
    """List the users of the client, and who is invited."""
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    members = (
        seat.client.memberships.select_related("user")
        .annotate(has_second_factor=Exists(factors))
        .order_by("-is_owner", "user__email")
    )
    now = timezone.now()
    context = {
        "client": seat.client,
        "members": [_row(member) for member in members],
        "invitations": [
            Row(
                subject=each,
                role=role_label(each.permissions),
                permissions=labels_of(each.permissions),
                has_ended=not each.is_live(at=now),
            )
            for each in seat.client.invitations.open()
        ],
    }
    return render_page(request, "clientarea/users/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(is_owner=True)
def invite(request: ClientRequest, seat: Membership) -> HttpResponse:
    """Show the form for an invitation, or send it."""
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            invitation = invitations.invite(
                client=seat.client,
                email=form.cleaned_data["email"],
                permissions=form.chosen,
                invited_by=request.user,
                link=_link_maker(request),
                actor=request.actor,
            )
        except invitations.UnableToInvite as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                _("An invitation is on its way to %(email)s.") % {"email": invitation.email},
            )
            return go_to(request, reverse("clientarea:users"))
    status = 422 if form.errors else 200
    return render_page(request, "clientarea/users/invite.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(is_owner=True)
def edit(request: ClientRequest, seat: Membership, membership_id: int) -> HttpResponse:
    """Show what a user may do, or change it."""
    member = _member_of(seat.client, membership_id)
    form = PermissionsForm(request.POST or None, permissions=member.permissions)
    if form.is_valid():
        try:
            memberships.change_permissions(
                membership=member, permissions=form.chosen, actor=request.actor
            )
        except memberships.UnableToChangeMembership as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                _("The permissions of %(email)s are saved.") % {"email": member.user.email},
            )
            return go_to(request, reverse("clientarea:users"))
    status = 422 if form.errors else 200
    context = {"form": form, "member": member}
    return render_page(request, "clientarea/users/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@client_member(is_owner=True)
def remove(request: ClientRequest, seat: Membership, membership_id: int) -> HttpResponse:
    """Ask whether a user's access shall end, or end it."""
    member = _member_of(seat.client, membership_id)
    if request.method == "POST":
        try:
            memberships.remove(membership=member, actor=request.actor)
        except memberships.UnableToChangeMembership as error:
            messages.error(request, error.user_message)
        else:
            messages.success(
                request, _("%(email)s has no access any more.") % {"email": member.user.email}
            )
        return go_to(request, reverse("clientarea:users"))
    return render_page(request, "clientarea/users/remove.html", {"member": member})


@require_POST
@client_member(is_owner=True)
def resend(request: ClientRequest, seat: Membership, invitation_id: int) -> HttpResponse:
    """Send an invitation again, with a new link."""
    invitation = _invitation_of(seat.client, invitation_id)
    try:
        invitations.send_again(
            invitation=invitation, link=_link_maker(request), actor=request.actor
        )
    except invitations.UnableToInvite as error:
        messages.error(request, error.user_message)
    else:
        messages.success(
            request,
            _("A new invitation is on its way to %(email)s; the link before it has ended.")
            % {"email": invitation.email},
        )
    return go_to(request, reverse("clientarea:users"))


@require_POST
@client_member(is_owner=True)
def cancel(request: ClientRequest, seat: Membership, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = _invitation_of(seat.client, invitation_id)
    try:
        invitations.cancel(invitation=invitation, actor=request.actor)
    except invitations.UnableToInvite as error:
        messages.error(request, error.user_message)
    else:
        messages.success(
            request, _("The invitation of %(email)s is cancelled.") % {"email": invitation.email}
        )
    return go_to(request, reverse("clientarea:users"))


def _row(member: Membership) -> Row:
    if member.is_owner:
        return Row(subject=member, role=_("Owner"), permissions=[])
    return Row(
        subject=member,
        role=role_label(member.permissions),
        permissions=labels_of(member.permissions),
    )


def _member_of(client: Client, membership_id: int) -> Membership:
    members = client.memberships.select_related("user").filter(is_owner=False)
    member = members.filter(pk=membership_id).first()
    if member is None:
        raise Http404
    return member


def _invitation_of(client: Client, invitation_id: int) -> Invitation:
    invitation = client.invitations.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404
    return invitation


def _link_maker(request: ClientRequest) -> invitations.LinkMaker:
    def link(token: str) -> str:
        return request.build_absolute_uri(reverse("clientarea:invitation", kwargs={"token": token}))

    return link
