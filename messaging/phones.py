"""Numbers at the SMS seam: their one spelling, and what may be shown of them. Pure."""

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")


def is_e164(text: str) -> bool:
    """Whether `text` is a number in international spelling; short codes and names are not."""
    return _E164.match(text) is not None


def hint(number: str) -> str:
    """What staff may see of a person's number."""
    return f"ends in {number[-2:]}" if number else "none"
