"""Reads of phone numbers."""

from phones.models import PhoneNumber


def find_number(e164: str) -> PhoneNumber | None:
    """The row of a number in E.164; None where nobody has given it to us. Constant time, whatever the keys."""
    return PhoneNumber.objects.of(e164).first()
