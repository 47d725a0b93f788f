"""The leak finder finds: a test that relies on it must be able to fail."""

import base64

import pytest

from tests.lab.leaks import mentions

NUMBER = "+12125550147"

SPELLINGS = {
    "E.164": "<sip:+12125550147@trunk>",
    "national": "call 2125550147 now",
    "grouped": "(212) 555-0147",
    "dotted": "212.555.0147",
    "spaced": "2 1 2 5 5 5 0 1 4 7",
    "hard spaces": "212\u00a0555\u00a00147",
    "URL": "/call?to=%2B1212%2D555%2D0147",
    "HTML": "&#50;&#49;2-555-0147",
    "JSON": r'{"to": "\u0032125550147"}',
    "full width": "２１２５５５０１４７",
    "Arabic": "٢١٢٥٥٥٠١٤٧",
    "words": "two one two, five five five, zero one four seven",
    "reversed": "7410555212",
    "hexadecimal": b"2125550147".hex(),
    "base64": base64.b64encode(b'{"to": "+12125550147"}').decode(),
    "bytes": b"To: 2125550147",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_is_found(text: str | bytes) -> None:
    assert mentions(text, NUMBER)


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_found_at_every_alignment(shift: int) -> None:
    assert mentions(base64.b64encode(b"x" * shift + b"2125550147 and more").decode(), NUMBER)


@pytest.mark.parametrize(
    "text", ["", "+1 212 555 0148", "212555014", "212, and later 5550147", "two one two"]
)
def test_another_text_is_not(text: str) -> None:
    assert not mentions(text, NUMBER)
