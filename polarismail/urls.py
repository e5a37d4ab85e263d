"""Root URLs: each face brings its own."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# One door for all: the staff pages' own form would not ask for a second factor.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("clientarea.urls")),
    path("account/", include("clientarea.account_urls")),
    path("django-admin/", admin.site.urls),
]

handler403 = "clientarea.views.errors.forbidden"
handler404 = "clientarea.views.errors.not_found"
handler500 = "clientarea.views.errors.server_error"
