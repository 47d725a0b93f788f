"""What may not pass in a text: phone numbers, e-mail addresses, card numbers. Pure.

It is a net, not a wall: its purpose is that nobody is led to give away by habit what the product exists to protect.
What is masked is never stored. Digits count in any script and as English words, with or without separators between them.
"""

import re
import unicodedata

NUMBER, ADDRESS, CARD = "(number hidden)", "(address hidden)", "(card number hidden)"

_WORDS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_DIGIT = rf"(?:\d|(?<![^\W\d_])(?:{'|'.join(_WORDS)})(?![^\W\d_]))"
_GAP = r"[\s().\-–—·/*_+]{0,3}"  # no comma and no colon: 1,000,000 and 14:30 are not telephone numbers
_RUN = re.compile(rf"\+?\(?{_DIGIT}(?:{_GAP}{_DIGIT}){{6,}}", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])\Z")
_PLAIN_ADDRESS = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_SPELLED_ADDRESS = re.compile(
    r"[\w.+-]+\s*(?:@|\(at\)|\[at\]|\bat\b)\s*[\w-]+\s*(?:\.|\(dot\)|\[dot\]|\bdot\b)\s*"
    r"(?:com|net|org|edu|io|me|co|us|uk|de|info|live)\b",
    re.IGNORECASE,
)

# A number as a phone's: international with its plus sign, or North American with a one in front or signs between its parts.
_PHONE = re.compile(
    r"(?<![\w.:+])(?:\+[1-9](?:[ ().-]{0,2}\d){7,14}"
    r"|1[ .-]?\(?[2-9]\d\d\)?[ .-]{0,2}[2-9]\d\d[ .-]?\d{4}"
    r"|(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4})(?!\w|[.:]\d)"
)

_LEAST_PHONE_DIGITS, _MOST_CARD_DIGITS = 7, 19
_LEAST_CARD_DIGITS = 13


def mask(text: str, *, contacts: bool = True) -> str:
    """`text` without card numbers, and without phone numbers and e-mail addresses unless `contacts` is False."""
    parts, at = [], 0
    for start, end, instead in _matches(text, contacts):
        parts += [text[at:start], instead]
        at = end
    return "".join([*parts, text[at:]])


def hidden_kinds(text: str, *, contacts: bool = True) -> list[str]:
    """What `mask` would hide in `text`, one after the other: NUMBER, ADDRESS, or CARD for each; empty if it changes nothing."""
    return [instead for _, _, instead in _matches(text, contacts)]


def mask_phones(text: str) -> str:
    """`text` without what can only be a phone number: for reasons and reports, in which references and amounts must stay.

    Ten digits in a row may be a bank's reference and stay.
    """
    return _PHONE.sub(NUMBER, text)


def _matches(text: str, contacts: bool) -> list[tuple[int, int, str]]:
    """Start, end, and what is shown instead, in order; of overlapping ones the first."""
    normalized = _same_length(text)
    found = _runs(normalized, contacts)
    if contacts:
        for pattern in (_PLAIN_ADDRESS, _SPELLED_ADDRESS):
            found += [(match.start(), match.end(), ADDRESS) for match in pattern.finditer(normalized)]
    matches: list[tuple[int, int, str]] = []
    for match in sorted(found):
        if not matches or match[0] >= matches[-1][1]:
            matches.append(match)
    return matches


def _runs(normalized: str, contacts: bool) -> list[tuple[int, int, str]]:
    matches = []
    for match in _RUN.finditer(normalized):
        if _DATE.match(match[0]):
            continue
        digits = _digits(match[0])
        if _is_card(digits):
            matches.append((match.start(), match.end(), CARD))
        elif contacts and len(digits) >= _LEAST_PHONE_DIGITS:
            matches.append((match.start(), match.end(), NUMBER))
    return matches


def _same_length(text: str) -> str:
    """`text` with digits and signs of other scripts as plain ones, place for place, so that positions stay true."""
    plain = (unicodedata.normalize("NFKC", character) for character in text)
    return "".join(p if len(p) == 1 else c for p, c in zip(plain, text, strict=True))


def _digits(run: str) -> str:
    """The digits of a run, words among them included."""
    parts = re.findall(_DIGIT, run, re.IGNORECASE)
    return "".join(_WORDS.get(part.lower()) or str(unicodedata.digit(part)) for part in parts)


def _is_card(digits: str) -> bool:
    """Whether the whole run is a plausible card number (ISO/IEC 7812: 13 to 19 digits with a check digit)."""
    if not _LEAST_CARD_DIGITS <= len(digits) <= _MOST_CARD_DIGITS:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (place % 2 + 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
