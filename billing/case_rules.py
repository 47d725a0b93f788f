"""How long a case may take, for us and for who opened it, and what its words may hold. Pure.

The days are those of the books (`core.days.BOOKS_ZONE`); business days are Mondays to Fridays.
"""

import re
from datetime import date, datetime, timedelta

from billing.receipt_numbers import MistypedReceiptNumber, read_receipt_number
from core.contact_masking import mask
from core.days import BOOKS_ZONE, add_business_days, business_days_between
from core.errors import Invalid

ANSWERED_WITHIN = 7  # business days after the day on which it was opened or appealed
RED_AFTER = 5  # business days that a case has waited when the queue shows it red
APPEAL_WITHIN = timedelta(days=30)  # after our answer
MAX_WORDS = 1_000
_RECEIPT = re.compile(r"(\b[A-Z]-[0-9]{4,20}-[0-9]{2}\b)", re.ASCII)


def due_on(at: datetime) -> date:
    """The last day on which we may answer what was asked at this time."""
    return add_business_days(at.astimezone(BOOKS_ZONE).date(), ANSWERED_WITHIN)


def business_days_waited(since: datetime, at: datetime) -> int:
    """How many business days have begun since."""
    return business_days_between(since.astimezone(BOOKS_ZONE).date(), at.astimezone(BOOKS_ZONE).date())


def checked_words(text: str, *, is_needed: bool = True) -> str:
    """What a person wrote, as it is kept: without phone numbers, addresses, and card numbers; receipt numbers stay.

    Raises Invalid where it is too long, or empty and needed.
    """
    stated = text.replace("\x00", "").strip()
    if len(stated) > MAX_WORDS:
        raise Invalid(f"At most {MAX_WORDS:,} characters, please.")
    if is_needed and not stated:
        raise Invalid("Please tell us what happened.")
    parts = _RECEIPT.split(stated)
    return "".join(part if _is_receipt_number(part) else mask(part) for part in parts)[:MAX_WORDS]


def _is_receipt_number(text: str) -> bool:
    try:
        return _RECEIPT.fullmatch(text) is not None and bool(read_receipt_number(text))
    except MistypedReceiptNumber:
        return False
