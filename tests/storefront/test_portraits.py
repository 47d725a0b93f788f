"""Drawn portraits: one static set, a fitting one for each operator, and people one can tell from what is behind them."""

import re
from xml.etree import ElementTree

import pytest

from brands.themes import THEMES
from operators.drawn_portraits import (
    CLOTHS,
    DEEP_SKIN_HAIR,
    DEEP_SKINS,
    HEADS,
    LIGHT_SKIN_HAIR,
    LIGHT_SKINS,
    Drawing,
    DrawnAs,
    drawing_of,
)
from operators.portrait_urls import portrait_of
from tests.storefront.test_design_system import THEMES_CSS, contrast
from tools.environment import ROOT

PARTS = (ROOT / "static/portraits/parts.svg").read_text()
COLORS = (ROOT / "static/css/portraits.css").read_text()
SYMBOLS = set(re.findall(r'<symbol id="([a-z-]+)"', PARTS))
DRAWN = [drawing_of(f"operator-{n}", topics=["Books"] if n % 2 else ["Music", "Wine"]) for n in range(400)]
ENOUGH, HAIR_ENOUGH = 1.6, 1.3


def color(css_class: str, name: str) -> str:
    """What a class of the style sheet sets."""
    block = COLORS.split(f".{css_class} {{")[1].split("}")[0]
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", block)[0]  # type: ignore[no-any-return]


def grounds(theme: str, kind: str) -> list[str]:
    """The two colors behind a person; a theme that names none has the defaults."""
    blocks = [
        THEMES_CSS.split(f"{it} {{")[1].split("\n  }")[0]
        for it in (f'[data-theme="{theme}"]', "[data-theme]")
    ]
    return [
        re.findall(rf"--portrait-{name}: (#[0-9a-f]{{6}});", "".join(blocks))[0]
        for name in (kind, f"{kind}-backdrop")
    ]


def test_the_set_has_women_and_men_in_three_poses() -> None:
    assert len(HEADS) >= 10
    assert sum(head.who is DrawnAs.MAN for head in HEADS) >= 4
    assert sum("beard" in head.words or "stubble" in head.words for head in HEADS) >= 3
    assert len({drawing.pose for drawing in DRAWN}) == 3
    assert {drawing.head.slug for drawing in DRAWN} == {head.slug for head in HEADS}


def test_every_part_that_is_chosen_is_in_the_file_which_holds_shapes_alone() -> None:
    root = ElementTree.fromstring(PARTS)  # noqa: S314 (our own drawing)
    tags = {element.tag.rsplit("}", 1)[1] for element in root.iter() if isinstance(element.tag, str)}
    assert tags <= {"svg", "symbol", "g", "path", "rect", "circle", "ellipse"}
    for drawing in DRAWN:
        assert names_of(drawing) <= SYMBOLS
        for css_class in drawing.classes.split():
            assert f".{css_class} {{" in COLORS
    used = set[str]().union(*(names_of(drawing) for drawing in DRAWN))
    unused = {name for name in SYMBOLS - used if not name.startswith("object-")}
    assert unused == set()


def names_of(drawing: Drawing) -> set[str]:
    return {
        f"ground-{drawing.ground}", f"back-{drawing.head.back}", f"body-{drawing.body}", f"face-{drawing.head.face}",
        f"look-{drawing.look}", f"head-{drawing.head.slug}", f"pose-{drawing.pose}", f"object-{drawing.object}", "hand",
    }  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_skin_and_hair_stand_out_from_what_is_behind_them(theme: str) -> None:
    weak = {}
    for kind, skins, hairs in (
        ("deep", LIGHT_SKINS, [*LIGHT_SKIN_HAIR, "gray"]),
        ("light", DEEP_SKINS, [*DEEP_SKIN_HAIR, "gray-deep"]),
    ):
        for ground in grounds(theme, kind):
            tones = {f"skin-{skin}": (color(f"skin-{skin}", "skin"), ENOUGH) for skin in skins}
            tones |= {f"hair-{hair}": (color(f"hair-{hair}", "hair"), HAIR_ENOUGH) for hair in hairs}
            for name, (tone, enough) in tones.items():
                # Hair is before the backdrop; only skin and clothes reach the ground around it.
                if contrast(tone, ground) < enough and (
                    name.startswith("skin") or ground == grounds(theme, kind)[1]
                ):
                    weak[name, ground] = round(contrast(tone, ground), 2)
    assert weak == {}


def test_no_skin_is_green_and_features_show_on_every_skin() -> None:
    for skin in (*LIGHT_SKINS, *DEEP_SKINS):
        tone = color(f"skin-{skin}", "skin")
        red, green, blue = (int(tone[i : i + 2], 16) for i in (1, 3, 5))
        assert red > green > blue
        assert contrast(tone, color(f"skin-{skin}", "lip")) >= 1.5
        assert contrast(tone, color("drawing", "ink")) >= 1.6


def test_what_is_held_shows_before_the_clothes() -> None:
    assert all(
        contrast(color(f"cloth-{it}", "object"), color(f"cloth-{it}", "cloth")) >= 1.6 for it in CLOTHS
    )


def test_a_seed_keeps_its_face_and_others_have_others() -> None:
    assert drawing_of("sarah", drawn_as="woman") == drawing_of("sarah", drawn_as="woman")
    assert len(set(DRAWN)) > 350


def test_a_man_is_drawn_as_one_and_holds_what_his_topics_are_about() -> None:
    for n in range(50):
        drawing = drawing_of(f"theo-{n}", drawn_as=DrawnAs.MAN, topics=["Movies"])
        assert drawing.head.who is DrawnAs.MAN
        assert drawing.object == "clapper"
    assert drawing_of("x", topics=["Small talk"]).object == "cup"


def test_the_words_tell_what_is_drawn() -> None:
    portrait = portrait_of("Jonah", photo="", seed="jonah", drawn_as="man", topics=["Books"])
    assert portrait.alt == "Drawing: short curls, round glasses, on the phone, a book"
    assert portrait.url == ""


def test_one_file_serves_all_and_weighs_little() -> None:
    assert len(PARTS.encode()) < 32 * 1024
