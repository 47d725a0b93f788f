"""The themes: how a site looks, as far as code must know it. `Brand.theme` names one of them.

The style sheet of a theme is the block `[data-theme="<slug>"]` in `static/css/themes.css`; a test keeps the colors
here equal to those there. Read by the page frame, the manifest, icons and cards, and the admin.
"""

from dataclasses import dataclass
from typing import Literal

from brands.models import Brand


@dataclass(frozen=True, slots=True)
class Colors:
    """Six colors of the style sheet as `#rrggbb`, in one scheme."""

    background: str
    surface: str
    text: str
    muted: str
    accent: str
    on_accent: str


@dataclass(frozen=True, slots=True)
class Theme:
    """One entry. `fonts` are static files, the display face first; `scheme` holds until a visitor chooses.

    `colors`: of the scheme that the theme shows first. `dark`: for dark systems, in mails; none where the first is dark.
    """

    slug: str
    name: str  # as the admin offers it
    fonts: tuple[str, ...]
    scheme: Literal["light", "dark", "auto"]  # auto: as the visitor's system
    colors: Colors
    dark: Colors | None = None


_TEXT_FACE = "fonts/inter-latin.woff2"

FLIRTS = Theme(
    slug="flirts",
    name="After dark (plum and coral, dark first)",
    fonts=("fonts/fraunces-latin.woff2", _TEXT_FACE),
    scheme="dark",
    colors=Colors("#17121c", "#221a2a", "#f6eff3", "#bcadba", "#ff8a6b", "#24100a"),
)
NYCFLIRTS = Theme(
    slug="nycflirts",
    name="Sunday paper (paper and pine, light first)",
    fonts=("fonts/newsreader-latin.woff2", _TEXT_FACE),
    scheme="light",
    colors=Colors("#f6f0e4", "#fffcf5", "#1e1a14", "#62594b", "#1f5c4d", "#ffffff"),
    dark=Colors("#14161a", "#1d2025", "#f3eee2", "#b5ad9c", "#7fd1ba", "#07231c"),
)
PORTAL = Theme(
    slug="portal",
    name="Instrument panel (steel and blue, as the system)",
    fonts=(_TEXT_FACE,),
    scheme="auto",
    colors=Colors("#f4f6f8", "#ffffff", "#17202a", "#566270", "#1d4ed8", "#ffffff"),
    dark=Colors("#10151b", "#182029", "#eaf0f6", "#a5b2c0", "#8ab4ff", "#071a3a"),
)
NEUTRAL = Theme(
    slug="neutral",
    name="Neutral (sand and slate, as the system)",
    fonts=(_TEXT_FACE,),
    scheme="auto",
    colors=Colors("#f7f5f2", "#ffffff", "#1f1d1b", "#5f5a54", "#3b4a6b", "#ffffff"),
    dark=Colors("#161514", "#201e1d", "#f2efec", "#b3aca4", "#a9b8d9", "#141a2a"),
)

THEMES = {theme.slug: theme for theme in (NEUTRAL, FLIRTS, NYCFLIRTS, PORTAL)}


def theme_of(brand: Brand | None) -> Theme:
    """A brand's theme, neutral where it names none that is registered; every other site looks like the portal."""
    return PORTAL if brand is None else THEMES.get(brand.theme, NEUTRAL)
