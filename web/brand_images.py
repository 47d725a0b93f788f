"""A brand's icon and social card, drawn from its name in the colors and faces of its theme.

Pure: names and a theme in, PNG out, the same for the same input; called by `web.brand_image_views`.
"""

from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from brands.themes import Theme

ICON_SIZES = (64, 180, 192, 512)
CARD_SIZE = (1200, 630)
_STATIC = Path(__file__).resolve().parent.parent / "static"
_MARGIN = 96


@lru_cache(maxsize=64)
def draw_icon(name: str, theme: Theme, size: int) -> bytes:
    """A square of `size` pixels: on the accent color the first letter or digit that our faces have (Latin)."""
    image = Image.new("RGB", (size, size), theme.colors.accent)
    letter = next(
        (character for character in name.upper() if character.isalnum() and character < "\u0100"), ""
    )
    font = _font(theme.fonts[0], round(size * 0.66))
    # Centered by the letter's own box: by its line it would sit too high.
    left, top, right, bottom = font.getbbox(letter)
    position = ((size - left - right) / 2, (size - top - bottom) / 2)
    ImageDraw.Draw(image).text(position, letter, fill=theme.colors.on_accent, font=font)
    return _png(image)


@lru_cache(maxsize=16)
def draw_card(name: str, tagline: str, theme: Theme) -> bytes:
    """What other sites show beside a link: the name, a rule in the accent color, the tagline."""
    width, height = CARD_SIZE
    colors = theme.colors
    image = Image.new("RGB", CARD_SIZE, colors.background)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 24, height), fill=colors.accent)
    size = 128
    while draw.textlength(name, _font(theme.fonts[0], size)) > width - 2 * _MARGIN:
        size -= 4
    draw.text((_MARGIN, 290), name, fill=colors.text, font=_font(theme.fonts[0], size), anchor="ls")
    draw.rectangle((_MARGIN, 336, _MARGIN + 120, 342), fill=colors.accent)
    font = _font(theme.fonts[-1], 40)
    for number, line in enumerate(_lines(draw, tagline, font, width - 2 * _MARGIN)[:3]):
        draw.text((_MARGIN, 420 + 56 * number), line, fill=colors.muted, font=font, anchor="ls")
    return _png(image)


@cache
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_STATIC / file, size)


def _lines(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """`text` broken between words so that no line is wider than `width` pixels, a single longer word apart."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _png(image: Image.Image) -> bytes:
    data = BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()
