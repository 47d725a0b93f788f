"""How a mail looks, by theme: what MJML needs beside the theme's colors. Faces are the reader's own; nothing is fetched."""

from dataclasses import dataclass
from typing import Literal

from brands.themes import Theme

_SANS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class MailLook:
    """`face`, `weight`, `tracking`, `align`: of the name at the top. `rule`: the line below it, in CSS but for its color."""

    face: str
    weight: int
    tracking: str
    align: Literal["left", "center"]
    rule_style: str
    rule_width: str
    rule_length: str
    radius: str
    text_face: str = _SANS


_PLAIN = MailLook(_SANS, 600, "-0.2px", "left", "solid", "2px", "32px", "6px")
_LOOKS = {
    "flirts": MailLook("Georgia, 'Times New Roman', serif", 400, "-0.3px", "left", "solid", "3px", "40px", "10px"),
    "nycflirts": MailLook(
        "'Iowan Old Style', Palatino, 'Palatino Linotype', Georgia, serif",
        600, "-0.4px", "center", "double", "4px", "100%", "2px",
    ),
}  # fmt: skip


def look_of(theme: Theme) -> MailLook:
    """Of a theme; a theme of a later brand has the plain one."""
    return _LOOKS.get(theme.slug, _PLAIN)
