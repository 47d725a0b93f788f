"""A translation can be added without touching a template that customers see: gettext is asked for each of its words."""

import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

from core.visible_strings import in_template
from tools.environment import ROOT

TEMPLATES = ROOT / "templates"
FOLDERS = ("account", "allauth", "components", "errors", "mfa", "storefront", "usersessions", "web")
PAGES = ("429.html", "base.html", "site_index.html")
NOT_FOR_CUSTOMERS = ("storefront/gallery.html",)  # shows developers the components
NO_WORDS = ("sheet-,", "(min-width: ")  # how an id begins, and the sizes of pictures

_MESSAGE = re.compile(
    r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}|\{%\s*translate\b.*?%\}", re.DOTALL
)
_CONSTANT = re.compile(r"_\((?:\"[^\"]*\"|'[^']*')\)")
_BLOCK_MESSAGE = re.compile(
    r"\{%\s*blocktranslate\b(?P<options>.*?)%\}(?P<text>.*?)\{%\s*endblocktranslate", re.DOTALL
)


def customers_templates() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((TEMPLATES / folder).rglob("*.*"))]
    found = [path for path in found if path.suffix in (".html", ".txt")]
    found += [TEMPLATES / page for page in PAGES]
    assert len(found) > 150
    return [path for path in found if named(path) not in NOT_FOR_CUSTOMERS]


def named(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def unwrapped(source: str) -> list[tuple[int, str]]:
    """The visible strings of a template, with their lines, that gettext is not asked for."""
    rest = _MESSAGE.sub(lambda message: "\n" * message[0].count("\n"), _CONSTANT.sub('""', source))
    found = [(line, " ".join(words.split())) for line, words in in_template(rest)]
    return [(line, words) for line, words in found if not words.startswith(NO_WORDS)]


def unknown_values(source: str) -> list[str]:
    """What would be shown as nothing: blocktranslate looks up plain names, and neither attributes nor filters."""
    values = []
    for message in _BLOCK_MESSAGE.finditer(source):
        tokens = Lexer(message["text"]).tokenize()
        values += [token.contents for token in tokens if token.token_type == TokenType.VAR]
    return [value for value in values if not re.fullmatch(r"[a-z]\w*", value)]


def untrimmed(source: str) -> list[str]:
    """Messages on several lines that would hold the indentation of their template."""
    messages = _BLOCK_MESSAGE.finditer(source)
    return [
        message[0] for message in messages if "\n" in message["text"] and "trimmed" not in message["options"]
    ]


def test_every_word_that_customers_see_is_given_to_gettext() -> None:
    assert [
        f"{named(path)}:{line}: {words}"
        for path in customers_templates()
        for line, words in unwrapped(path.read_text())
    ] == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% translate \"Go home\" %}\n<p>Not wrapped</p>", (2, "Not wrapped")),
        ("<p>{% blocktranslate trimmed %}\nWrapped\n{% endblocktranslate %}\nand then not</p>", (4, "and then not")),
        ('<img alt="A cup">', (1, "A cup")),
        ('{% include "x.html" with label="Go home" title=_("Home") only %}', (1, "Go home")),
        ('{{ text|default:"(deleted)" }}', (1, "(deleted)")),
    ],
)  # fmt: skip
def test_a_word_that_is_not_wrapped_is_seen(source: str, words: tuple[int, str]) -> None:
    assert unwrapped(source) == [words]


def test_each_word_is_listed_once_with_its_message() -> None:
    source = (
        '<p>{% translate "One" %}\n{% blocktranslate trimmed count n=rows|length %}\n{{ n }} row\n{% plural %}\n'
        "{{ n }} rows{% endblocktranslate %}</p>\n<a title=\"{% translate 'Two words' %}\" {% if a %}hidden{% endif %}>"
        '{{ b|default:_("None yet") }}</a>{% include "x.html" with label=_("Go home") only %}'
    )
    assert sorted((line, " ".join(words.split())) for line, words in in_template(source)) == [
        (1, "One"), (3, "… row"), (5, "… rows"), (6, "Go home"), (6, "None yet"), (6, "Two words"),
    ]  # fmt: skip


def test_messages_name_their_values_and_hold_no_indentation() -> None:
    sources = {named(path): path.read_text() for path in customers_templates()}
    assert {name: found for name, source in sources.items() if (found := unknown_values(source))} == {}
    assert {name: found for name, source in sources.items() if (found := untrimmed(source))} == {}
    assert unknown_values("{% blocktranslate %}{{ n }} of {{ a.name }}{% endblocktranslate %}") == ["a.name"]
    assert untrimmed("{% blocktranslate %}One\n  two{% endblocktranslate %}")


def test_makemessages_can_read_each_of_them() -> None:
    messages = [templatize(path.read_text(), origin=named(path)) for path in customers_templates()]
    assert sum(text.count("gettext(") for text in messages) > 800
