"""What every model with a state machine derives from, besides `models.Model`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The type checker cannot follow the library's mixin and would take every model for Any.
    class ConcurrentTransitionMixin:
        """Saves with `WHERE status = <as loaded>`: a stale copy cannot overwrite a transition."""

else:
    from django_fsm import ConcurrentTransitionMixin

__all__ = ["ConcurrentTransitionMixin"]
