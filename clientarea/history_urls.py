"""Routes of what has happened and what can be found, below a service's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import activity, search

urlpatterns: list[URLPattern] = [
    path("search/", search.index, name="search"),
    path("activity/", activity.index, name="activity"),
    path("activity/<int:activity_id>/undo/", activity.undo, name="activity-undo"),
]
