"""Which of an operator's phones a call may ring, in order, and the names that call plans and reports have for them."""

import re

from operators.models import Operator
from operators.phones import listed_phones
from phones.models import PhoneNumber
from telephony.call_plan import MOST_PHONES

_NAME = re.compile(r"phone_([0-9]{1,19})")


def phones_to_ring(operator: Operator) -> list[PhoneNumber]:
    """Those that can be called, in their order; the first one alone if none can, which `require_free` has refused before."""
    phones = listed_phones(operator)
    usable = [phone.number for phone in phones if phone.obstacle is None]
    return usable[:MOST_PHONES] or [phone.number for phone in phones[:1]]


def phone_name(number: PhoneNumber) -> str:
    """What a call plan calls this phone; nothing of the number is in it."""
    return f"phone_{number.pk}"


def phone_named(operator: Operator, name: str) -> PhoneNumber | None:
    """The phone that a report of the phone system names: one that is or was this operator's. Their first for anything else, as
    from an adapter that names none.
    """
    if match := _NAME.fullmatch(name):
        rows = operator.phones.filter(phone_number=int(match[1])).select_related("phone_number")
        if row := rows.first():
            return row.phone_number
    return operator.phone_number
