"""Whether a text gives a phone number away, however it is spelled. Pure."""

import base64
import html
import re
import unicodedata
import urllib.parse
from functools import lru_cache

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_BETWEEN = r"[^0-9A-Za-z]{0,3}"  # what people and programs put between digits


def mentions(text: str | bytes, number: str) -> bool:
    """Whether the digits of `number` (E.164) stand in `text`: plain or grouped in any way, with or without the
    country code, in other scripts' digits, as URL or HTML escapes, in words, in hexadecimal, reversed or in base64.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    digits = re.sub(r"\D", "", number)
    national = digits.removeprefix("1") if len(digits) > 10 else digits
    for form, plain in _readings(text):
        if re.search(_BETWEEN.join(national), plain) or re.search(_BETWEEN.join(reversed(national)), plain):
            return True
        if re.search(_BETWEEN.join(_WORDS[int(digit)] for digit in national), form, re.IGNORECASE):
            return True
        if national.encode().hex() in form.lower():
            return True
    return any(encoded in text for encoded in _base64_forms(national))


@lru_cache(maxsize=4)
def _readings(text: str) -> list[tuple[str, str]]:
    """Each way to read the text, as it is and with plain digits. Kept, because one text is searched for many numbers."""
    return [
        (form, form if form.isascii() else "".join(map(_ascii_digit, form)))
        for form in dict.fromkeys(_unescaped(text))
    ]


def _unescaped(text: str) -> list[str]:
    """The text as it is and as it reads after one and two rounds of unescaping."""
    forms = [text]
    for _ in range(2):
        escaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), forms[-1])
        forms.append(html.unescape(urllib.parse.unquote(escaped)))
    return forms


def _ascii_digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _base64_forms(digits: str) -> list[str]:
    """What base64 makes of the digits at each of its three alignments, less the characters that mix with neighbours."""
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + digits.encode()).decode().rstrip("=")
        forms.append(encoded[(0, 2, 3)[shift] : len(encoded) - 1])
    return forms
