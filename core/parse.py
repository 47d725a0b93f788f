"""What people and machines send as text, read strictly: whole numbers and reasons. Called at every edge."""

from core.contact_masking import mask_phones
from core.errors import Invalid

MAX_ID = 2**63 - 1
MAX_REASON = 300


def can_be_stored(text: str) -> bool:
    """Whether PostgreSQL can keep `text`: it has no NUL and no half of a character (a lone surrogate)."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole_number(text: object, *, most: int) -> int | None:
    """`text` as a whole number from 0 to `most`; None if it is none.

    ASCII digits only: `int()` alone also takes signs, blanks, underscores and the digits of other scripts, and works long
    on a long text.
    """
    digits = str(text)
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(most)):
        return None
    number = int(digits)
    return number if number <= most else None


def checked_reason(
    text: str, purpose: str = "it is kept with the decision", *, may_hold_phones: bool = False
) -> str:
    """Why a person did something, as it is kept: without phone numbers, unless it may hold ours. Raises Invalid without one, or
    with a longer one than is kept.
    """
    stated = text.replace("\x00", "").strip()
    stated = stated if may_hold_phones else mask_phones(stated)
    if not 1 <= len(stated) <= MAX_REASON:
        raise Invalid(f"Enter a reason of at most {MAX_REASON} characters: {purpose}.")
    return stated
