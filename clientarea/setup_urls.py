"""The routes of setting a mailbox up."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import setup

mailbox_routes: list[URLPattern] = [
    path("setup/", setup.show, name="mailboxes-setup"),
    path("setup/profile/", setup.profile, name="mailboxes-setup-profile"),
    path("setup/send/", setup.send, name="mailboxes-setup-send"),
    path("setup/<str:program>/", setup.autoconfig, name="mailboxes-setup-autoconfig"),
]

# For the device itself, where nobody is logged in.
urlpatterns: list[URLPattern] = [
    path("setup/<str:token>/", setup.on_device, name="device-setup"),
    path("setup/<str:token>/profile/", setup.profile_on_device, name="device-setup-profile"),
]
