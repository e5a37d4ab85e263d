"""Days that a client, a group of clients or the settings say: which rows have reached theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Q

from billing.models import BillingProfile, ClientGroup


def reached(
    *,
    column: str,
    days: str,
    owner: str,
    default: int,
    day: Callable[[int], date],
) -> Q:
    """
    Return the rows whose `column` is not after `day(days)`, for the days that hold for their owner.

    `days` is a field that profiles and groups both have, blank where the wider one counts: the
    client's own, else the group's, else the `default`. `owner` is the path to the client. The
    widest day bounds all of them, so that an index on the column serves.
    """
    own = f"{owner}__billing__{days}"
    of_group = f"{owner}__billing__group__{days}"
    said = {days: None}
    owns = set(BillingProfile.objects.exclude(**said).values_list(days, flat=True).distinct())
    groups = set(ClientGroup.objects.exclude(**said).values_list(days, flat=True).distinct())
    if not owns and not groups:
        return Q(**{f"{column}__lte": day(default)})
    found = Q(**{own: None, of_group: None, f"{column}__lte": day(default)})
    for each in owns:
        found |= Q(**{own: each, f"{column}__lte": day(each)})
    for each in groups:
        found |= Q(**{own: None, of_group: each, f"{column}__lte": day(each)})
    widest = max(day(each) for each in {default, *owns, *groups} if each is not None)
    return Q(**{f"{column}__lte": widest}) & found
