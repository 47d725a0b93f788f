"""Scripts show what the server computed: no rule of a price stands in them."""

import re
from pathlib import Path

import pytest

SCRIPTS = sorted(Path("static/js").rglob("*.js"))
FORBIDDEN = ("rate", "fee", "increment", "share", "bps", "tariff", "minor", "tax")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def price_words(source: str) -> set[str]:
    """The forbidden names in code and markup names: `ratePerMinute`, `rate_per_minute`, and `data-rate` are all "rate"."""
    code = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.DOTALL)
    names = re.findall(r"[A-Za-z_][\w-]*", code)
    words = {word.lower() for name in names for word in WORD.findall(name)}
    return words & set(FORBIDDEN)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_holds_a_rule_of_a_price(path: Path) -> None:
    assert not price_words(path.read_text())


@pytest.mark.parametrize(
    "code",
    ["const ratePerMinute = 2;", "cost = data.connect_fee", "timer.increment", "root.dataset.priceMinor"],
)
def test_a_rule_of_a_price_is_recognized(code: str) -> None:
    assert price_words(code)
