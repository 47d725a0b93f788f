"""Drawn portraits: the same for the same seed, different for others, shapes alone."""

from xml.etree import ElementTree

import pytest

from brands.themes import THEMES
from web.generated_portraits import mix, portrait

SEEDS = [f"operator-{n}" for n in range(60)]
PALETTES = {slug: theme.portraits for slug, theme in THEMES.items()}


@pytest.mark.parametrize("theme", PALETTES)
def test_every_portrait_is_well_formed_and_made_of_shapes_alone(theme: str) -> None:
    for seed in SEEDS:
        root = ElementTree.fromstring(portrait(seed, PALETTES[theme]))  # noqa: S314 (our own drawing)
        tags = {element.tag.rsplit("}", 1)[1] for element in root.iter()}
        assert tags <= {"svg", "g", "path", "rect", "circle"}


def test_a_seed_keeps_its_face_and_another_seed_has_another() -> None:
    drawn = {portrait(seed, PALETTES["flirts"]) for seed in SEEDS}
    assert len(drawn) == len(SEEDS)
    assert portrait("sarah", PALETTES["flirts"]) == portrait("sarah", PALETTES["flirts"])


def test_a_seed_is_never_part_of_the_picture() -> None:
    assert "script" not in portrait("<script>alert(1)</script>", PALETTES["flirts"])


def test_brands_draw_the_same_person_in_their_own_colours() -> None:
    assert portrait("sarah", PALETTES["flirts"]) != portrait("sarah", PALETTES["nycflirts"])


def test_mixing_ends_at_either_colour() -> None:
    assert mix("#102030", "#ffffff", 0) == "#102030"
    assert mix("#102030", "#ffffff", 100) == "#ffffff"
    assert mix("#000000", "#ffffff", 50) == "#7f7f7f"
