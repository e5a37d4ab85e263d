"""How billing works and how a client is billed: rows that staff change by hand."""

from __future__ import annotations

from typing import TypeVar

from django.db import models, transaction

from billing.models import BillingProfile, BillingSettings, ClientGroup, Invoice, TaxRule
from billing.operations import profiles
from clients.actors import Actor
from clients.operations import activity
from core.errors import OperationError
from core.money import ZERO
from core.sentences import sentence as _

Row = TypeVar("Row", BillingSettings, TaxRule, ClientGroup)


class UnableToConfigure(OperationError):
    """Everything stays as it was."""


@transaction.atomic
def save_row(*, row: Row, actor: Actor) -> Row:
    """Save settings, a tax rule or a client group, and note what is different."""
    stored = type(row).objects.select_for_update().filter(pk=row.pk).first()
    row.save()
    word = "changed" if stored else "added"
    _note(row, f"{row._meta.model_name}.{word}", actor, stored)
    return row


@transaction.atomic
def remove_row(*, row: TaxRule | ClientGroup, actor: Actor) -> None:
    """Remove a tax rule or a client group; what it was is noted."""
    _note(row, f"{row._meta.model_name}.removed", actor, None)
    row.delete()


@transaction.atomic
def save_profile(*, profile: BillingProfile, actor: Actor) -> BillingProfile:
    """
    Save how a client is billed; the credit is left as it is, only its ledger moves it.

    :raises UnableToConfigure: another currency while there is credit or an open invoice
    """
    stored = profiles.lock(profile.client)
    if profile.currency_id != stored.currency_id:
        is_bound = Invoice.objects.filter(client=profile.client, status__in=["draft", "unpaid"])
        if stored.credit != ZERO or is_bound.exists():
            raise UnableToConfigure(
                _("The currency can be changed with no credit and no open invoice only."),
                field="currency",
            )
    profile.pk, profile.credit = stored.pk, stored.credit
    profile.save()
    _note(profile, "billingprofile.changed", actor, stored)
    return profile


def _note(row: models.Model, action: str, actor: Actor, stored: models.Model | None) -> None:
    before = _values(stored) if stored is not None else {}
    after = _values(row)
    changed = [name for name in after if before.get(name) != after[name] and name != "updated_at"]
    activity.record(
        action=action,
        subject=row,
        name=str(row),
        client=row.client if isinstance(row, BillingProfile) else None,
        actor=actor,
        before={name: before.get(name, "") for name in changed if stored is not None},
        after={name: after[name] for name in changed},
    )


def _values(row: models.Model) -> dict[str, str]:
    return {field.attname: str(getattr(row, field.attname)) for field in row._meta.concrete_fields}
