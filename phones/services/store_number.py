"""The one way a person's number comes into the database."""

from django.db import IntegrityError

from core.errors import Conflict
from phones.models import PhoneNumber
from phones.selectors import find_number


def store_number(e164: str) -> PhoneNumber:
    """The row of a number in E.164, made if there is none. Two at once get the same one. Joins a transaction."""
    known = find_number(e164)
    if known is not None and known.e164:
        return known
    if known is not None:  # it was forgotten with its owner's data
        known.e164 = e164
        known.save(update_fields=["e164", "e164_hash", "last_two"])
        return known
    number = PhoneNumber(e164=e164)
    try:
        number.save()
    except (
        Conflict,
        IntegrityError,
    ):  # somebody was faster; by the lock, or by the index where they have fewer keys
        return PhoneNumber.objects.of(e164).get()
    return number
