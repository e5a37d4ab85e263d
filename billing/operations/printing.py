"""Documents on paper: the printable page, and the PDF where the machine can make one."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from PIL import ImageFile

from billing.models import BillingSettings, CreditNote, Invoice
from billing.operations import documents
from billing.operations.documents import Document

log = structlog.get_logger(__name__)

TEMPLATE = "documents/document.html"
STYLES = "clientarea/css/document.css"


def invoice_html(invoice: Invoice, *, today: date, says_how_to_print: bool = False) -> str:
    """
    Return the printable page of a published invoice, in the client's language.

    `says_how_to_print` adds how a browser makes a file, for whom no PDF could be made.
    """
    with translation.override(invoice.client.language):
        document = documents.invoice_document(invoice, today=today)
        return _html(document, says_how_to_print=says_how_to_print)


def credit_note_html(note: CreditNote, *, says_how_to_print: bool = False) -> str:
    """Return the printable page of a credit note, like an invoice's."""
    with translation.override(note.client.language):
        return _html(documents.credit_note_document(note), says_how_to_print=says_how_to_print)


def invoice_pdf(invoice: Invoice, *, today: date) -> bytes | None:
    """Return the same as a PDF file, or None where this machine cannot make one."""
    with translation.override(invoice.client.language):
        return _pdf(documents.invoice_document(invoice, today=today))


def credit_note_pdf(note: CreditNote) -> bytes | None:
    """Return the same as a PDF file, or None where this machine cannot make one."""
    with translation.override(note.client.language):
        return _pdf(documents.credit_note_document(note))


def _pdf(document: Document) -> bytes | None:
    """Nothing is loaded from anywhere: the styles are ours, a logo has to be part of the page."""
    try:
        # Loads Pango, which an installation can do without.
        from weasyprint import CSS, HTML  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as error:
        log.warning("no PDF", reason=str(error))
        return None
    # On import it has told Pillow to accept images that are cut off; logos must stay whole.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    page = HTML(
        string=_html(document, is_file=True), url_fetcher=URLFetcher(allowed_protocols=["data"])
    )
    written: bytes = page.write_pdf(stylesheets=[CSS(string=_styles())], pdf_variant="pdf/ua-1")
    return written


def _html(document: Document, *, is_file: bool = False, says_how_to_print: bool = False) -> str:
    instructions = BillingSettings.current().payment_instructions if document.is_open else ""
    return render_to_string(
        TEMPLATE,
        {
            "document": document,
            "is_file": is_file,
            "says_how_to_print": says_how_to_print,
            "instructions": [line.strip() for line in instructions.splitlines() if line.strip()],
            "brand_name": settings.BRAND_NAME,
            "brand_logo_url": settings.BRAND_LOGO_URL,
            "language": translation.get_language(),
        },
    )


@cache
def _styles() -> str:
    found = finders.find(STYLES)
    if not isinstance(found, str):
        raise FileNotFoundError(STYLES)
    return Path(found).read_text()
