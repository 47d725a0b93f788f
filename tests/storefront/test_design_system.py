"""What the design promises, measured: contrast of every theme, weight of the faces, one way to write components."""

import re
from pathlib import Path

import pytest

from brands.themes import THEMES
from tests.storefront.test_stylesheets import chain, linked

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
THEMES_CSS = (STATIC / "css" / "themes.css").read_text()
OURS = sorted(TEMPLATES.rglob("*.html"))
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
MEANINGS = {"bg", "surface", "text", "muted", "accent", "on-accent", "ok", "warn", "bad"}
AA = 4.5
# Copies of Django's own templates with one change each: their lines stay as they are there.
FROM_DJANGO = ("admin/edit_inline/tabular.html", "admin/search_form.html")


def colours(theme: str, scheme: str) -> dict[str, str]:
    """Meaning → `#rrggbb` of a theme in one scheme, read from the style sheet; its own go before the defaults."""
    defaults, block = (
        THEMES_CSS.split(f"{selector} {{")[1].split("\n  }")[0]
        for selector in ("[data-theme]", f'[data-theme="{theme}"]')
    )
    named = dict(re.findall(r"--([a-z]+-\d+): (#[0-9a-f]{6});", block))
    pairs = re.findall(r"--color-([a-z-]+): light-dark\(([^,]+), (.+)\);", defaults + block)
    assert {name for name, _, _ in pairs} == MEANINGS
    chosen = {name: light if scheme == "light" else dark for name, light, dark in pairs}
    return {
        name: value if value.startswith("#") else named[value.removeprefix("var(--").removesuffix(")")]
        for name, value in chosen.items()
    }


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG 2's contrast ratio."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", THEMES)
def test_every_pair_that_text_is_written_in_meets_aa(theme: str, scheme: str) -> None:
    tone = colours(theme, scheme)
    inks = ("text", "muted", "accent", "ok", "warn", "bad")
    pairs = [(ink, ground) for ink in inks for ground in ("bg", "surface")] + [("on-accent", "accent")]
    weak = {pair: round(contrast(tone[pair[0]], tone[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < AA} == {}


@pytest.mark.parametrize("display", ["fraunces", "newsreader"])
def test_the_faces_of_a_brand_are_two_files_of_at_most_60_kb(display: str) -> None:
    files = [STATIC / "fonts" / f"{face}-latin.woff2" for face in (display, "inter")]
    assert sum(file.stat().st_size for file in files) <= 60 * 1024
    assert all((STATIC / "fonts" / f"OFL-{face}.txt").exists() for face in (display, "inter"))


@pytest.mark.parametrize(
    "page", sorted((TEMPLATES / "storefront").rglob("*.html")), ids=lambda page: page.stem
)
def test_a_customers_page_loads_less_than_150_kb_before_pictures(page: Path) -> None:
    """Fonts, icons, and what the page links, with the modules that its scripts import."""
    texts = chain(page)
    if not any('{% extends "base.html" %}' in text for text in texts) or page.name == "gallery.html":
        return
    scripts = {name for text in texts for name in re.findall(r"'js/([a-z-]+\.js)'", text)}
    waiting = list(scripts)
    while waiting:
        text = (STATIC / "js" / waiting.pop()).read_text()
        imported = set(re.findall(r'(?:from|import) "\./([a-z-]+\.js)"', text)) - scripts
        scripts |= imported
        waiting += imported
    files = [
        *(STATIC / "css" / f"{name}.css" for name in linked(texts)),
        *(STATIC / "js" / name for name in scripts),
        *(STATIC / "fonts" / f"{face}-latin.woff2" for face in ("newsreader", "inter")),
        STATIC / "icons" / "sprite.svg",
    ]
    assert sum(file.stat().st_size for file in files) < 150 * 1024


@pytest.mark.parametrize("template", OURS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_templates_hold_no_inline_script_style_or_handler(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"\sstyle\s*=|<style", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "|safe" not in text.replace("field.help_text|safe", "")


@pytest.mark.parametrize("template", OURS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_templates_say_their_parameters_first_and_include_with_only(template: Path) -> None:
    text = template.read_text()
    assert text.startswith("{#")
    for include in re.findall(r"{% include [^%]*%}", text):
        assert include.endswith("only %}") or '"admin/' in include, include  # Django's own want their context


@pytest.mark.parametrize("template", OURS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_no_comment_of_a_template_is_shown(template: Path) -> None:
    """A comment ends on its line; one that goes on is text on the page."""
    assert not [line for line in template.read_text().splitlines() if line.count("{#") != line.count("#}")]


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons" / "sprite.svg").read_text()))
    named = {
        name
        for template in OURS
        for name in re.findall(r'(?:{% icon |[ ]icon=)"([a-z-]+)"', template.read_text())
    }
    assert named <= drawn
    assert drawn - named == set(), "an icon nobody uses"


def test_every_component_is_used() -> None:
    """By a template, or by what draws a part of a page to keep it."""
    text = "".join(file.read_text() for file in (*OURS, *(ROOT / "storefront").glob("*.py")))
    assert [c.name for c in COMPONENTS if f'"components/{c.name}"' not in text] == []


def test_scripts_are_modules_without_eval_or_inner_html() -> None:
    for script in (STATIC / "js").glob("*.js"):
        text = script.read_text()
        assert not re.search(
            r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text
        )
        assert text.startswith("/**"), f"{script.name} says what it is for"
        for path in re.findall(r'from "([^"]+)"|import "([^"]+)"', text):
            assert (STATIC / "js" / (path[0] or path[1])).exists()


def test_files_stay_small_enough_to_read() -> None:
    for script in (STATIC / "js").glob("*.js"):
        assert len(script.read_text().splitlines()) <= 220, script.name
    for template in OURS:
        assert len(template.read_text().splitlines()) <= 150, template.name


@pytest.mark.parametrize("template", OURS, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_templates_say_one_idea_a_line(template: Path) -> None:
    if str(template.relative_to(TEMPLATES)) in FROM_DJANGO:
        return
    long = [line.strip() for line in template.read_text().splitlines() if len(line) > 120]
    assert long == []
