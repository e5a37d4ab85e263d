"""The client area's routes."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "clientarea"
urlpatterns: list[URLPattern] = []
