"""The client area's routes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from clientarea import (
    address_urls,
    billing_urls,
    domain_urls,
    ending_urls,
    frame_urls,
    history_urls,
    import_urls,
    order_urls,
    setup_urls,
    upgrade_urls,
)
from clientarea.views import (
    batches,
    home,
    mailbox_state,
    mailboxes,
    recently_deleted,
    services,
    single_sign_on,
    site,
    type_price,
)

app_name = "clientarea"

mailbox_routes: list[URLPattern] = [
    path("", mailboxes.manage, name="mailboxes-manage"),
    path("row/", mailboxes.row, name="mailboxes-row"),
    path("price/", type_price.show, name="mailboxes-price"),
    path("password/", mailboxes.password, name="mailboxes-password"),
    path("delete/", mailboxes.delete, name="mailboxes-delete"),
    path("restore/", recently_deleted.restore, name="mailboxes-restore"),
    path("delete-now/", recently_deleted.purge, name="mailboxes-purge"),
    path("enable/", mailbox_state.enable, name="mailboxes-enable"),
    path("disable/", mailbox_state.disable, name="mailboxes-disable"),
    path("webmail/", single_sign_on.webmail, name="mailboxes-webmail"),
    path("control-panel/", single_sign_on.control_panel, name="mailboxes-control-panel"),
    *setup_urls.mailbox_routes,
]

service_routes: list[URLPattern | URLResolver] = [
    path("", services.show, name="service"),
    path("recheck/", services.recheck, name="service-recheck"),
    path("accounts/", mailboxes.index, name="mailboxes"),
    path("accounts/add/", mailboxes.add, name="mailboxes-add"),
    path("accounts/recently-deleted/", recently_deleted.index, name="mailboxes-deleted"),
    path("accounts/bulk/", batches.start, name="batch-start"),
    path("accounts/bulk/<int:batch_id>/", batches.show, name="batch"),
    path("accounts/bulk/<int:batch_id>/retry/", batches.retry, name="batch-retry"),
    *import_urls.urlpatterns,
    path("accounts/<int:mailbox_id>/", include(mailbox_routes)),
    *domain_urls.urlpatterns,
    *address_urls.urlpatterns,
    *history_urls.urlpatterns,
    *upgrade_urls.urlpatterns,
    *ending_urls.urlpatterns,
]

urlpatterns = [
    path("", home.home, name="home"),
    path("services/", services.index, name="services"),
    path("services/<int:service_id>/", include(service_routes)),
    path("", include(frame_urls.urlpatterns)),
    path("billing/", include(billing_urls.urlpatterns)),
    path("", include(order_urls.urlpatterns)),
    *setup_urls.urlpatterns,
    path("brand.css", site.brand_css, name="brand-css"),
    path("language/", set_language, name="language"),
    path("healthz/", site.healthz, name="healthz"),
]
