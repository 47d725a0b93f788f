"""The tag with which a page takes parts from memory."""

from django import template
from django.utils.safestring import SafeString

from web.drawn_parts import Drawable, draw_card, draw_part

register = template.Library()


@register.simple_tag
def drawn_part(name: str, operator: Drawable) -> SafeString:
    """The template of this name with this operator's card (`web.drawn_parts`)."""
    return draw_part(name, operator)


@register.simple_tag
def drawn_card(operator: Drawable, next_url: str, csrf_token: object, is_visitor: object) -> SafeString:
    """`components/operator_card.html` with these four, whose `next_url` it calls `next`."""
    return draw_card(
        "components/operator_card.html",
        operator,
        next_url=str(next_url),
        csrf_token=csrf_token,
        is_visitor=bool(is_visitor),
    )
