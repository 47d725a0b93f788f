"""Drawn portraits: abstract figures cut from coloured paper, the same for the same seed.

Shapes only, in a brand's two colours and their mixtures, never a face. Pure: text in, SVG out; called by the
portrait view and by nothing else. A seed is any text; its SHA-256 decides every choice, so that a change of
Python or of its random module changes no portrait.
"""

import hashlib

from brands.themes import Palette

WIDTH, HEIGHT = 240, 300


# Hair behind the head and over the forehead, for a head of 32 x 40 around (120, 128).
_HAIR = (
    # a bob to the jaw
    (
        "M74 164C68 96 88 72 121 72s53 26 46 92c-8 6-17 4-20-2l-6-48H98l-5 48c-4 6-12 8-19 2z",
        "M86 126c2-34 20-42 36-42 18 0 31 12 33 40-20-2-34-10-42-24-4 14-12 22-27 26z",
    ),
    # long and loose
    (
        "M72 226C58 168 66 68 122 68s62 92 48 158c-12 10-24 4-26-8l-6-96h-36l-4 96c-4 14-16 18-26 8z",
        "M87 128c-2-30 14-46 34-46s36 14 34 46c-10-8-16-18-19-30-10 18-28 26-49 30z",
    ),
    # a knot on top
    (
        "M102 62a20 18 0 1 1 38 0c-1 12-8 16-19 16s-18-5-19-16zM84 132c-4-40 14-58 37-58s41 18 36 58z",
        "M87 122c0-28 14-40 34-40s34 12 34 40c-12-16-22-22-34-22s-24 6-34 22z",
    ),
    # short curls
    (
        "M82 134a18 18 0 0 1-4-32 20 20 0 0 1 20-26 24 24 0 0 1 42-2 22 22 0 0 1 24 26 18 18 0 0 1-4 34z",
        "M88 116a14 14 0 0 1 14-18 16 16 0 0 1 20-6 16 16 0 0 1 22 6 13 13 0 0 1 10 18c-16-10-50-10-66 0z",
    ),
    # cropped, swept to the side
    (
        "M86 128c-6-38 12-54 36-54s38 18 33 54z",
        "M86 122c-8-34 14-48 38-48 22 0 36 14 31 48-6-14-10-20-14-24-18 6-40 6-50 2-2 6-4 12-5 22z",
    ),
    # a wave over one shoulder
    (
        "M80 140C70 92 92 70 122 70c34 0 50 28 44 70-4 30 14 52 2 84-10 18-38 14-36-8 2-26 14-40 8-76l-58 8z",
        "M86 124c4-32 20-42 38-42s32 14 31 42c-8-12-14-18-16-28-14 14-34 24-53 28z",
    ),
)

_SHOULDERS = (
    "M30 300c2-56 34-80 70-86l20 14 20-14c36 6 68 30 70 86z",  # a deep neckline
    "M26 300c4-60 42-82 76-88 12 8 24 8 36 0 34 6 72 28 76 88z",  # a round collar
    "M34 300c0-52 30-78 66-86l8-14h24l8 14c36 8 66 34 66 86z",  # a high collar
)


class _Choices:
    """A stream of decisions out of a seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = hashlib.sha256(seed.encode()).digest()
        self._at = 0

    def below(self, limit: int) -> int:
        value = self._bytes[self._at % len(self._bytes)]
        self._at += 1
        return value % limit


def portrait(seed: str, palette: Palette) -> str:
    """The SVG of `seed` in the colours of `palette`: a backdrop, hair, neck, head, shoulders, a jewel."""
    choose = _Choices(seed)
    ground_is_deep = choose.below(5) > 1
    ground, light = (palette.deep, palette.bright) if ground_is_deep else (palette.bright, palette.deep)
    ground = mix(ground, "#ffffff" if not ground_is_deep else "#000000", 8 + 6 * choose.below(3))
    backdrop = _backdrop(choose, ground, light)
    hair_back, fringe = _HAIR[choose.below(len(_HAIR))]
    shoulders = _SHOULDERS[choose.below(len(_SHOULDERS))]
    # Hair and cloth must stand off the ground; the skin is any mixture warm enough to glow.
    skin = mix(mix(palette.bright, palette.deep, 4 + 9 * choose.below(6)), "#ffe9d9", 22)
    dark, pale = mix(palette.deep, "#000000", 34), mix(palette.bright, "#ffffff", 46)
    hair = (dark, pale, mix(palette.deep, palette.bright, 62), mix(palette.deep, "#000000", 55))[
        choose.below(4)
    ]
    cloth = (pale, mix(palette.bright, palette.deep, 18), dark, mix(palette.bright, "#ffffff", 74))[
        choose.below(4)
    ]
    if cloth == hair:
        cloth = mix(palette.bright, "#ffffff", 60)
    tilt = choose.below(13) - 6
    mirrored = ' transform="matrix(-1 0 0 1 240 0)"' if choose.below(2) else ""
    jewel = _jewel(choose, mix(light, "#ffffff", 30))
    shade = mix(skin, palette.deep, 30)
    head_at = f"translate(0 24) rotate({tilt} 120 180)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>{backdrop}<g{mirrored}>'
        f'<g transform="translate(-18 -34) scale(1.15)"><g transform="{head_at}"><path fill="{hair}" d="{hair_back}"/></g>'
        f'<path fill="{cloth}" d="{shoulders}"/>'
        f'<path fill="{skin}" d="M104 170h33v42c10 3 12 5 12 5-8 24-49 24-57 0 0 0 2-2 12-5z"/>'
        f'<path fill="{shade}" d="M104 186h33v4c-6 10-25 14-33 8z"/>'
        f'<g transform="{head_at}"><path fill="{skin}" d="M88 122c0-26 14-40 33-40s33 14 33 40c0 30-15 50-33 50'
        f's-33-20-33-50z"/>{jewel}<path fill="{hair}" stroke="{hair}" stroke-width="5" stroke-linejoin="round" d="{fringe}"/>'
        "</g></g></g></svg>"
    )


def mix(first: str, second: str, percent: int) -> str:
    """`percent` of the second colour in the first, both `#rrggbb`."""
    parts = (
        (int(first[i : i + 2], 16) * (100 - percent) + int(second[i : i + 2], 16) * percent) // 100
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _backdrop(choose: _Choices, ground: str, light: str) -> str:
    """What stands behind the figure: a moon, an arch, blinds, hills, or two panes."""
    soft, softer = mix(ground, light, 42), mix(ground, light, 20)
    x, y = 60 + 20 * choose.below(7), 60 + 12 * choose.below(5)
    kind = choose.below(5)
    if kind == 0:
        return f'<circle cx="{x}" cy="{y}" r="{58 + 8 * choose.below(4)}" fill="{soft}"/>'
    if kind == 1:
        return (
            f'<path fill="{softer}" d="M28 300V132a92 92 0 0 1 184 0v168z"/>'
            f'<path fill="{soft}" d="M54 300V138a66 66 0 0 1 132 0v162z"/>'
        )
    if kind == 2:
        bars = "".join(
            f'<rect y="{18 + 34 * i}" width="240" height="{8 + 2 * i}" fill="{softer}"/>' for i in range(8)
        )
        return f'{bars}<circle cx="{x}" cy="{y}" r="34" fill="{soft}"/>'
    if kind == 3:
        return (
            f'<circle cx="{x}" cy="{y - 10}" r="30" fill="{soft}"/>'
            f'<path fill="{softer}" d="M0 190c50-44 90-34 130-6s80 10 110-18v134H0z"/>'
        )
    return (
        f'<path fill="{softer}" d="M0 0h{x}v300H0z"/>'
        f'<path fill="{soft}" d="M{x} {y + 40}a56 56 0 0 1 0-112z"/>'
    )


def _jewel(choose: _Choices, colour: str) -> str:
    """An earring, a pair of glasses, or nothing."""
    kind = choose.below(4)
    if kind == 0:
        return f'<circle cx="156" cy="152" r="6" fill="{colour}"/>'
    if kind == 1:
        return f'<path fill="{colour}" d="M152 142h7l4 22h-15z"/>'
    if kind == 2:
        return (
            f'<g fill="none" stroke="{colour}" stroke-width="3"><circle cx="107" cy="132" r="11"/>'
            f'<circle cx="136" cy="132" r="11"/><path d="M118 130h7"/></g>'
        )
    return ""
