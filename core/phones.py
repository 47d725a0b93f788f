"""Phone numbers in the one form we keep, E.164 (`+12125550100`): from what a person types."""

import re
from collections.abc import Sequence

import phonenumbers

from core.errors import Invalid

E164 = r"^\+[1-9][0-9]{6,14}\Z"
E164_PATTERN = re.compile(E164)


def is_e164(text: str) -> bool:
    """Whether `text` is a number in E.164; short codes and names are not."""
    return E164_PATTERN.match(text) is not None


def to_e164(text: str, *, region: str = "US", lab_prefixes: Sequence[str] = ()) -> str:
    """The number in E.164. Raises Invalid unless the numbering plans know it or it starts with a lab prefix."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise Invalid("This isn’t a phone number. Enter it like (212) 555-0100.") from None
    spelled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        raise Invalid("We can’t call extensions. Enter a direct number.")
    is_lab = any(prefix and spelled.startswith(prefix) for prefix in lab_prefixes)
    if not is_lab and not phonenumbers.is_valid_number(number):
        raise Invalid("We can’t call this number. Check the digits.")
    return spelled
