"""The tag with which a page takes parts from memory."""

from django import template
from django.utils.safestring import SafeString

from web.drawn_parts import Drawable, draw_part

register = template.Library()


@register.simple_tag
def drawn_part(name: str, operator: Drawable) -> SafeString:
    """The template of this name with this operator's card (`web.drawn_parts`)."""
    return draw_part(name, operator)
