"""Root URLs: each face brings its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("clientarea.urls")),
    path("account/", include("clientarea.account_urls")),
    path("django-admin/", admin.site.urls),
]

handler403 = "clientarea.views.errors.forbidden"
handler404 = "clientarea.views.errors.not_found"
handler500 = "clientarea.views.errors.server_error"
