"""What is sold, what is owed and what was paid."""

from __future__ import annotations

from billing.models.automation_run import (
    AutomationItem,
    AutomationJob,
    AutomationJobRun,
    AutomationRun,
)
from billing.models.billing_profile import BillingProfile
from billing.models.billing_settings import BillingSettings
from billing.models.cancellation_request import CancellationRequest
from billing.models.client_group import ClientGroup
from billing.models.closing import Closing
from billing.models.credit_entry import CreditEntry
from billing.models.credit_note import CreditNote
from billing.models.currency import Currency
from billing.models.invoice import Invoice
from billing.models.invoice_item import InvoiceItem
from billing.models.invoice_notice import InvoiceNotice
from billing.models.option import ConfigurableOption, OptionValue
from billing.models.order import Order
from billing.models.payment import Payment
from billing.models.price import Price
from billing.models.price_change import PriceChange
from billing.models.product import Product
from billing.models.product_group import ProductGroup
from billing.models.promotion import Promotion
from billing.models.published import PublishedDocumentChanged
from billing.models.quote import Quote
from billing.models.selection import PRODUCT_KEY, Selection
from billing.models.service import Service
from billing.models.tax_rule import TaxRule
from billing.models.termination_approval import TerminationApproval
from billing.models.upgrade import Upgrade

__all__ = [
    "PRODUCT_KEY",
    "AutomationItem",
    "AutomationJob",
    "AutomationJobRun",
    "AutomationRun",
    "BillingProfile",
    "BillingSettings",
    "CancellationRequest",
    "ClientGroup",
    "Closing",
    "ConfigurableOption",
    "CreditEntry",
    "CreditNote",
    "Currency",
    "Invoice",
    "InvoiceItem",
    "InvoiceNotice",
    "OptionValue",
    "Order",
    "Payment",
    "Price",
    "PriceChange",
    "Product",
    "ProductGroup",
    "Promotion",
    "PublishedDocumentChanged",
    "Quote",
    "Selection",
    "Service",
    "TaxRule",
    "TerminationApproval",
    "Upgrade",
]
