"""Every theme is whole: registered, in the style sheet, its files there; every shipped brand names one."""

import importlib
import re

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import ImageFont

from brands.models import Brand
from brands.themes import NEUTRAL, PORTAL, THEMES, theme_of
from demo.people import BRANDS
from tests.factories import BrandFactory
from tests.storefront.test_design_system import THEMES_CSS, colours
from tools.environment import ROOT

MIGRATED = importlib.import_module("brands.migrations.0002_a_brand_is_a_row").THEMES.values()


@pytest.mark.parametrize("slug", sorted({*MIGRATED, *(brand.theme for brand in BRANDS), "neutral", "portal"}))
def test_the_theme_of_every_shipped_brand_is_registered_and_in_the_style_sheet(slug: str) -> None:
    assert THEMES[slug].slug == slug
    assert f'[data-theme="{slug}"] {{' in THEMES_CSS


def test_the_style_sheet_has_no_theme_that_is_not_registered() -> None:
    assert set(re.findall(r'\[data-theme="([a-z-]+)"\]', THEMES_CSS)) == set(THEMES)


@pytest.mark.parametrize("slug", THEMES)
def test_a_theme_sets_no_token_that_has_no_default(slug: str) -> None:
    def tokens(selector: str) -> set[str]:
        block = THEMES_CSS.split(f"{selector} {{")[1].split("\n  }")[0]
        return set(re.findall(r"--((?:font|weight|tracking|radius|masthead|portrait)[a-z-]*):", block))

    assert tokens(f'[data-theme="{slug}"]') <= tokens("[data-theme]")


@pytest.mark.parametrize("slug", THEMES)
def test_the_registry_has_the_colors_and_the_scheme_of_the_style_sheet(slug: str) -> None:
    theme = THEMES[slug]
    block = THEMES_CSS.split(f'[data-theme="{slug}"] {{')[1]
    scheme = re.search(r"color-scheme: ([a-z ]+);", block)
    assert scheme
    assert scheme[1] == ("light dark" if theme.scheme == "auto" else theme.scheme)
    schemes = {
        "dark" if theme.scheme == "dark" else "light": theme.colors,
        "dark": theme.dark or theme.colors,
    }
    for name, ours in schemes.items():
        of_css = colours(slug, name)
        assert (ours.background, ours.surface, ours.text, ours.muted, ours.accent, ours.on_accent) == (
            of_css["bg"], of_css["surface"], of_css["text"], of_css["muted"], of_css["accent"], of_css["on-accent"],
        )  # fmt: skip


@pytest.mark.parametrize("slug", THEMES)
def test_the_capitals_of_the_name_in_the_header_lie_beside_the_middle_of_the_mark(slug: str) -> None:
    """Faces have more or less room above their capitals; a line is centered with that room, rounded to a pixel of about 0.04 em."""
    em = 1000
    face = ImageFont.truetype(ROOT / "static" / THEMES[slug].fonts[0], em)
    ascent, descent = face.getmetrics()
    capitals_above_middle = -face.getbbox("H", anchor="ls")[1] / 2 - (ascent - descent) / 2
    blocks = [
        THEMES_CSS.split(f"{selector} {{")[1].split("\n  }")[0]
        for selector in ("[data-theme]", theme_block(slug))
    ]
    drop = [match for block in blocks for match in re.findall(r"--masthead-name-drop: ([\d.]+)em", block)][-1]
    assert float(drop) * em == pytest.approx(capitals_above_middle, abs=0.04 * em)


def theme_block(slug: str) -> str:
    return f'[data-theme="{slug}"]'


@pytest.mark.parametrize("slug", THEMES)
def test_the_faces_of_a_theme_are_there(slug: str) -> None:
    assert all((ROOT / "static" / font).is_file() for font in THEMES[slug].fonts)


def test_who_names_no_registered_theme_is_neutral_and_who_is_no_brand_is_the_portal() -> None:
    assert theme_of(Brand(theme="flirts")).slug == "flirts"
    assert theme_of(Brand(theme="gone")) is NEUTRAL
    assert theme_of(Brand()) is NEUTRAL
    assert theme_of(None) is PORTAL


@pytest.mark.django_db
def test_a_check_warns_of_active_brands_whose_theme_is_unknown() -> None:
    assert apps.is_installed("web")
    BrandFactory()
    BrandFactory(slug="velvet", name="Velvet", theme="gone")
    BrandFactory(slug="asleep", theme="gone", is_active=False)
    warnings = [message for message in run_checks(databases=["default"]) if message.id == "web.W001"]
    assert [message.msg.split()[0] for message in warnings] == ["Velvet"]


@pytest.mark.django_db
def test_the_check_reads_no_column_that_a_migration_may_be_about_to_add() -> None:
    BrandFactory(theme="gone")
    with CaptureQueriesContext(connection) as queries:
        run_checks(databases=["default"])
    reads = [query["sql"] for query in queries if 'FROM "brands_brand"' in query["sql"]]
    assert reads
    columns = {column for sql in reads for column in re.findall(r'"brands_brand"\."(\w+)"', sql)}
    assert columns <= {"id", "name", "theme", "is_active"}
