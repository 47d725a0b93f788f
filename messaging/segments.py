"""How many SMS a text takes (3GPP TS 23.038: GSM 7-bit alphabet; else UCS-2). Pure."""

_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")  # each takes two places

_GSM_SINGLE, _GSM_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


def is_gsm7(text: str) -> bool:
    """Whether the GSM alphabet has every character of it."""
    return set(text) <= _BASIC | _EXTENDED


def with_straight_quotes(text: str) -> str:
    """The words of a page for an SMS: the GSM alphabet has no curly quotes, and one alone makes every segment less than half as long."""
    return text.translate(_STRAIGHT)


def segment_count(text: str) -> int:
    """Segments that `text` is sent in; 0 for none."""
    if not text:
        return 0
    if is_gsm7(text):
        places = [2 if character in _EXTENDED else 1 for character in text]
        single, part = _GSM_SINGLE, _GSM_PART
    else:
        places = [2 if ord(character) > 0xFFFF else 1 for character in text]
        single, part = _UCS2_SINGLE, _UCS2_PART
    if sum(places) <= single:
        return 1
    return _filled(places, part)


def _filled(places: list[int], part: int) -> int:
    """Parts needed when a character of two places is never cut in half."""
    count, used = 1, 0
    for place in places:
        if used + place > part:
            count, used = count + 1, 0
        used += place
    return count
