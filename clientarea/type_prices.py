"""The price box of a mailbox's type: what saving costs, or why the type cannot be had."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Invoice, Quote, Service, Upgrade
from billing.operations import mailbox_type_offers, mailbox_types
from billing.operations.change_quotes import PricedChange
from billing.operations.mailbox_type_offers import TypeOffer
from billing.operations.mailbox_types import TypeChanged
from billing.operations.quotes import QuoteVoid
from billing.operations.upgrade_guards import NOT_OFFERED, UnableToChange
from clientarea.forms.mailboxes import ManageMailbox
from clientarea.http import ClientRequest
from clients.models import Permission
from provisioning.models import Mailbox


@dataclass(frozen=True)
class TypePrice:
    """
    What the box shows: a free slot, a price to agree to, or a refusal.

    `notice` says why a price is shown that was not asked for.
    """

    offer: TypeOffer | None = None
    quote: Quote | None = None
    refusal: str = ""
    notice: str = ""
    can_upgrade: bool = False

    @property
    def shown(self) -> PricedChange | None:
        """Return what it comes to, if it has a price."""
        return self.offer.shown if self.offer else None

    @property
    def policy(self) -> str:
        """Return how the product has such changes charged."""
        return str(self.shown.service.product.type_change_policy) if self.shown else ""


def of_type(
    request: ClientRequest,
    service: Service,
    mailbox: Mailbox,
    account_type: int,
    refused: UnableToChange | QuoteVoid | None = None,
) -> TypePrice | None:
    """Return what to show for a type, with a quote to agree to; nothing for the present one."""
    if account_type == mailbox.account_type:
        return None
    now = timezone.now()
    try:
        found = mailbox_type_offers.preview_type(
            service=service, mailbox=mailbox, account_type=account_type, on=timezone.localdate()
        )
        if found.shown is not None:
            check_may_buy(request)
    except UnableToChange as refusal:
        can_upgrade = refusal.code == NOT_OFFERED and request.grants.manage_service
        return TypePrice(refusal=refusal.user_message, can_upgrade=can_upgrade)
    quote = mailbox_type_offers.offer(found=found, user=request.user, now=now)
    return TypePrice(offer=found, quote=quote, notice=refused.user_message if refused else "")


def change(
    request: ClientRequest, service: Service, mailbox: Mailbox, form: ManageMailbox
) -> TypeChanged:
    """
    Save the form; a price is agreed to by the quote that it brings.

    :raises UnableToChange: what `of_type` then shows stands in the way
    :raises UnableToChangeMailbox: with a reason fit for the customer
    """
    quote_id = form.cleaned_data["quote"]
    if quote_id is not None:
        check_may_buy(request)
    try:
        return mailbox_types.change_mailbox(
            service=service,
            mailbox=mailbox,
            change=form.to_change(),
            quote_id=quote_id,
            actor=request.actor,
            on=timezone.localdate(),
            now=timezone.now(),
        )
    except QuoteVoid as void:
        raise UnableToChange(void.user_message, code=void.code) from void


def check_may_buy(request: ClientRequest) -> None:
    """
    Refuse what costs something to who may not change the plan.

    :raises UnableToChange: they may not
    """
    if not request.grants.manage_service:
        raise UnableToChange(
            _("No mailbox of this type is free. Ask the owner of this account for one more.")
        )


def say_ordered(request: ClientRequest, upgrade: Upgrade | None) -> None:
    """Say what a change of type has cost, and what is to be paid before it is made."""
    if upgrade is None:
        return
    if upgrade.status == Upgrade.Status.AWAITING_PAYMENT:
        messages.info(request, _("The type is changed as soon as its invoice is paid."))
    invoice = Invoice.objects.filter(items__upgrade=upgrade).first()
    if invoice is not None and request.grants.allows(Permission.INVOICES):
        messages.info(
            request,
            _("The change of the type is on invoice %(number)s.") % {"number": invoice.number},
        )
