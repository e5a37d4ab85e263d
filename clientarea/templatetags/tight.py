"""Long lists without the white space their templates are written with."""

from __future__ import annotations

import re

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class TightNode(template.Node):
    """Renders what it holds, every run of white space made one space."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        html = re.sub(r"\s+", " ", self.nodelist.render(context))
        return mark_safe(html.strip())  # noqa: S308  # nothing but white space was changed


@register.tag
def tight(parser: Parser, _token: Token) -> TightNode:
    """Squeeze white space up to `endtight`; not for anything with preformatted text in it."""
    nodelist = parser.parse(("endtight",))
    parser.delete_first_token()
    return TightNode(nodelist)
