"""Every page links the stylesheets of the components it shows, and no other."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
CSS = settings.BASE_DIR / "static" / "css"
LEGAL_DOCUMENTS = TEMPLATES / "storefront" / "legal"
# Parts that a page's scripts fetch into it.
FETCHED = {"portal/console.html": ["portal/console/chat.html"]}
MOST = 16  # stylesheets that a page may ask for
# The admin has a look of its own; e-mails and parts have none.
PAGES = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if re.search(r'{% extends "(?!admin/|backoffice/)', path.read_text())
]


def chain(template: Path) -> list[str]:
    """The texts of a page: its own, those of what it extends and includes, of parts fetched later, and of the legal documents that it shows."""
    texts: list[str] = []
    waiting = [template]
    waiting += [TEMPLATES / name for name in FETCHED.get(str(template.relative_to(TEMPLATES)), [])]
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        texts.append(path.read_text())
        named = re.findall(r'{%-? (?:extends|include) "([^"]+)"', texts[-1])
        waiting += [TEMPLATES / name for name in named]
        if "{{ document.html }}" in texts[-1]:
            waiting += LEGAL_DOCUMENTS.glob("*.html")
    return texts


def linked(texts: list[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"'css/([a-z-]+)\.css'", text)}


def classes(texts: list[str]) -> set[str]:
    values = [
        value
        for text in texts
        for value in re.findall(r'class="((?:[^"{]|{{.*?}}|{%.*?%})*)"|main_class %}(?P<main>[^{]*)', text)
    ]
    plain = " ".join(re.sub(r"{[{%].*?[%}]}", " ", " ".join(pair)) for pair in values)
    return set(re.findall(r"[a-z][\w-]*", plain))


def owners() -> dict[str, set[str]]:
    """Which files begin a rule with a class: only these can say how it looks on its own."""
    sheets_of: dict[str, set[str]] = {}
    for path in CSS.glob("*.css"):
        if path.stem in ("admin", "backoffice"):
            continue
        for selector in re.findall(r"^\s*([^{}@/*]+?)\s*[,{]\s*$", path.read_text(), re.MULTILINE):
            for name in re.findall(r"^\.([a-z][\w-]*)", selector):
                sheets_of.setdefault(name, set()).add(path.stem)
    return sheets_of


OWNERS = owners()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_a_page_links_the_stylesheet_of_every_class_it_uses(page: Path) -> None:
    texts = chain(page)
    sheets = linked(texts)
    missing = {name: OWNERS[name] for name in classes(texts) if name in OWNERS and not OWNERS[name] & sheets}
    assert missing == {}
    assert len(sheets) <= MOST or page.name == "gallery.html"  # which shows everything


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name != "base.html"], ids=lambda p: str(p.relative_to(TEMPLATES))
)
def test_a_page_links_no_stylesheet_that_it_does_not_use(page: Path) -> None:
    own = linked([page.read_text()])
    used = {sheet for name in classes(chain(page)) for sheet in OWNERS.get(name, set())}
    assert own - used == set()


def test_every_stylesheet_is_linked_by_a_page() -> None:
    texts = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    assert {path.stem for path in CSS.glob("*.css")} == linked(texts)
