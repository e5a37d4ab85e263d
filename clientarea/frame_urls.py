"""Routes of the account frame: who one is, who else may come in, what was sent."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import account, emails, invitation, security, users

urlpatterns: list[URLPattern] = [
    path("switch-client/", account.switch_client, name="switch-client"),
    path("account-details/", account.details, name="account-details"),
    path("profile/", account.profile, name="profile"),
    path("profile/email/", account.new_email, name="profile-email"),
    path("profile/email/keep/", account.forget_new_email, name="profile-email-keep"),
    path("users/", users.index, name="users"),
    path("users/invite/", users.invite, name="users-invite"),
    path("users/<int:membership_id>/", users.edit, name="users-edit"),
    path("users/<int:membership_id>/remove/", users.remove, name="users-remove"),
    path("invitations/<int:invitation_id>/resend/", users.resend, name="invitation-resend"),
    path("invitations/<int:invitation_id>/cancel/", users.cancel, name="invitation-cancel"),
    path("invitation/<str:token>/", invitation.show, name="invitation"),
    path("security/", security.index, name="security"),
    path("security/sessions/<int:session_id>/", security.end_session, name="session-end"),
    path("security/sessions/others/", security.end_other_sessions, name="sessions-end"),
    path("emails/", emails.index, name="emails"),
    path("emails/<int:email_id>/", emails.show, name="email"),
]
