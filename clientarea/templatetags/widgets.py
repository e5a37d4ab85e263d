"""Form controls with the classes and the ARIA links the pages need."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """Render a field's control, tied to its hint and its errors."""
    widget = field.field.widget
    look = "form-select" if isinstance(widget, forms.Select) else "form-control"
    attrs: dict[str, Any] = {"class": look, **attributes}
    described_by = [f"{field.auto_id}-hint"] if attributes.pop("hint", False) else []
    attrs.pop("hint", None)
    if field.form.errors and not field.errors:
        # The cursor belongs where something is wrong.
        attrs.pop("autofocus", None)
    if field.errors:
        attrs["class"] = f"{look} is-invalid"
        attrs["aria-invalid"] = "true"
        described_by.append(f"{field.auto_id}-error")
    if described_by:
        attrs["aria-describedby"] = " ".join(described_by)
    return field.as_widget(attrs=attrs)
