"""Routes of the billing pages: invoices, credit notes, credit."""

from __future__ import annotations

from django.urls import URLPattern, path

from clientarea.views import credit, invoices

urlpatterns: list[URLPattern] = [
    path("invoices/", invoices.index, name="invoices"),
    path("invoices/export/", invoices.export, name="invoices-export"),
    path("invoices/<int:invoice_id>/", invoices.show, name="invoice"),
    path("invoices/<int:invoice_id>/print/", invoices.printable, name="invoice-print"),
    path("invoices/<int:invoice_id>/pdf/", invoices.pdf, name="invoice-pdf"),
    path("invoices/<int:invoice_id>/credit/", invoices.use_credit, name="invoice-credit"),
    path("credit-notes/<int:credit_note_id>/", invoices.credit_note, name="credit-note"),
    path(
        "credit-notes/<int:credit_note_id>/print/",
        invoices.credit_note_printable,
        name="credit-note-print",
    ),
    path(
        "credit-notes/<int:credit_note_id>/pdf/", invoices.credit_note_pdf, name="credit-note-pdf"
    ),
    path("credit/", credit.index, name="credit"),
    path("credit/add/", credit.add, name="funds-add"),
    path("mass-payment/", credit.mass_payment, name="mass-payment"),
]
