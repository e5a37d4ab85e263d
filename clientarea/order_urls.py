"""Routes of ordering: from the shelf to the order."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import checkout, shop

urlpatterns: list[URLPattern] = [
    path("order/", shop.index, name="order-new"),
    path("order/<int:product_id>/", shop.domain, name="order-domain"),
    path("order/options/", shop.options, name="order-options"),
    path("order/review/", checkout.review, name="order-review"),
    path("order/code/", checkout.code, name="order-code"),
    path("order/client/", checkout.client, name="order-client"),
    path("order/account/", checkout.account, name="order-account"),
    path("order/place/", checkout.place, name="order-place"),
    path("orders/", checkout.index, name="orders"),
    path("orders/<int:order_id>/", checkout.show, name="order"),
    path("orders/<int:order_id>/cancel/", checkout.cancel, name="order-cancel"),
]
