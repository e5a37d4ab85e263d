"""What a page says after a write: done, or still being checked."""

from __future__ import annotations

from django.contrib import messages
from django.utils.translation import gettext as _

from clientarea.http import ClientRequest
from provisioning.models import Element


def say(request: ClientRequest, row: Element, done: str, name: str) -> None:
    """Tell that a write is done, or that the vendor is still being asked about it."""
    if row.pk and row.is_unsettled:
        text = _("The change to %(name)s is being checked. The list shows how it ended.")
        messages.info(request, text % {"name": name})
    else:
        messages.success(request, done)


def say_undoable(request: ClientRequest, done: str, undo_url: str) -> None:
    """Tell that a write is done, with a button beside it that takes it back by a POST."""
    messages.success(request, done, extra_tags=undo_url)
