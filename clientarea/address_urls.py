"""Routes of aliases, forwarding and distribution lists, below a service's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import (
    alias_domains,
    aliases,
    distribution_lists,
    forwards,
    list_members,
)

urlpatterns: list[URLPattern] = [
    path("aliases/", aliases.index, name="aliases"),
    path("aliases/add/", aliases.add, name="aliases-add"),
    path("aliases/catch-all/", aliases.catch_all, name="aliases-catch-all"),
    path("aliases/domains/add/", alias_domains.add, name="alias-domains-add"),
    path(
        "aliases/domains/<int:alias_domain_id>/delete/",
        alias_domains.delete,
        name="alias-domains-delete",
    ),
    path("aliases/<int:alias_id>/", aliases.edit, name="aliases-edit"),
    path("aliases/<int:alias_id>/row/", aliases.row, name="aliases-row"),
    path("aliases/<int:alias_id>/delete/", aliases.delete, name="aliases-delete"),
    path("forwarding/", forwards.index, name="forwards"),
    path("forwarding/add/", forwards.add, name="forwards-add"),
    path("forwarding/<int:forward_id>/row/", forwards.row, name="forwards-row"),
    path("forwarding/<int:forward_id>/delete/", forwards.delete, name="forwards-delete"),
    path("lists/", distribution_lists.index, name="distribution-lists"),
    path("lists/add/", distribution_lists.add, name="distribution-lists-add"),
    path("lists/<int:list_id>/", list_members.edit, name="distribution-lists-edit"),
    path("lists/<int:list_id>/row/", distribution_lists.row, name="distribution-lists-row"),
    path(
        "lists/<int:list_id>/progress/", list_members.progress, name="distribution-lists-progress"
    ),
    path("lists/<int:list_id>/finish/", list_members.finish, name="distribution-lists-finish"),
    path(
        "lists/<int:list_id>/delete/", distribution_lists.delete, name="distribution-lists-delete"
    ),
]
