"""The routes of mailboxes from a file and into one."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import exports, imports

urlpatterns: list[URLPattern] = [
    path("accounts/export/", exports.mailboxes, name="mailboxes-export"),
    path("accounts/import/", imports.start, name="mailboxes-import"),
    path("accounts/import/template/", imports.template, name="mailboxes-import-template"),
    path(
        "accounts/import/<int:import_id>/",
        imports.review,
        name="mailboxes-import-review",
    ),
    path(
        "accounts/import/<int:import_id>/progress/",
        imports.progress,
        name="mailboxes-import-progress",
    ),
    path(
        "accounts/import/<int:import_id>/result/",
        imports.result,
        name="mailboxes-import-result",
    ),
    path(
        "accounts/import/<int:import_id>/passwords/",
        imports.passwords,
        name="mailboxes-import-passwords",
    ),
    path(
        "accounts/import/<int:import_id>/cancel/",
        imports.cancel,
        name="mailboxes-import-cancel",
    ),
]
