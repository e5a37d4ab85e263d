"""Routes of Upgrade/Downgrade, below a service's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import upgrades

urlpatterns: list[URLPattern] = [
    path("upgrade/", upgrades.index, name="upgrade"),
    path("upgrade/review/", upgrades.review, name="upgrade-review"),
    path("upgrade/withdraw/", upgrades.withdraw, name="upgrade-withdraw"),
    path("upgrade-options/", upgrades.options, name="upgrade-options"),
]
