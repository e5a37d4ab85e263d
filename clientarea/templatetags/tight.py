"""Long lists without what their templates are written with and a browser does not need."""

from __future__ import annotations

import re

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


WHITE = re.compile(r"\s+")
# White space beside these is never shown: they are blocks, parts of a table or of a picture.
BLOCKS = (
    "table|caption|thead|tbody|tr|th|td|ul|li|div|section|nav|p|h1|h2|option"
    "|path|rect|circle|ellipse|line|polyline|use"
)
BESIDE_BLOCK = re.compile(rf" ?(</?(?:{BLOCKS})\b[^>]*>) ?")
# The stylesheet gives every icon this look, and its size.
LOOK_OF_ICON = re.compile(
    r'<svg width="\d+" height="\d+" (viewBox="[^"]*") fill="none" stroke="currentColor"'
    r' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" class="icon'
)


class TightNode(template.Node):
    """Renders what it holds, without white space and icons' attributes that change nothing."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        html = WHITE.sub(" ", self.nodelist.render(context)).strip()
        html = LOOK_OF_ICON.sub(r'<svg \1 class="icon', html)
        html = BESIDE_BLOCK.sub(r"\1", html)
        return mark_safe(html)  # noqa: S308  # only what changes nothing was taken away


@register.tag
def tight(parser: Parser, _token: Token) -> TightNode:
    """Squeeze white space up to `endtight`; not for anything with preformatted text in it."""
    nodelist = parser.parse(("endtight",))
    parser.delete_first_token()
    return TightNode(nodelist)
