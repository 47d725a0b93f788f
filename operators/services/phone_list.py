"""An operator's phones: add, order, remove. All of it is on record, without numbers.

The first is also in the operator's own row, and a phone that can't be called is never before one that can. Each change holds
the operator's row.
"""

from collections.abc import Sequence
from datetime import datetime

from core import audit
from core.db import transactional
from core.errors import Conflict, NotFound
from operators.models import Operator, OperatorPhone
from operators.phones import MOST_PHONES, ListedPhone, PhoneObstacle, listed_phones
from operators.services.presence import announce_presence
from operators.services.submissions import lock_operator
from operators.states import Presence
from phones.models import PhoneNumber

TOO_MANY = f"You can have up to {MOST_PHONES} phones. Remove one first."
KEEP_ONE = "You’re online, and this is the only phone we can call. Add another one or go offline first."


def take_verified_phone(*, operator: Operator, number: PhoneNumber, at: datetime) -> None:
    """A spoken code proved this phone: it is called from the next call on, after those before it. Inside a transaction.

    Raises Conflict for one phone too many.
    """
    operator = lock_operator(operator.pk)
    proved = ListedPhone(number, at, None)
    phones = [proved if phone.number == number else phone for phone in listed_phones(operator)]
    if proved not in phones:
        phones = [*_verified(phones), proved]
    if len(phones) > MOST_PHONES:
        raise Conflict(TOO_MANY, code="too_many_phones")
    keep_phones(operator, phones)
    audit.record(actor=operator.user, action="operator.phone", subject=operator)
    announce_presence(operator)


@transactional
def move_phone(*, operator_id: int, number_id: int, up: bool) -> None:
    """Call this phone before the one before it, or after the one behind it. Nothing happens at the ends. Raises NotFound."""
    operator = lock_operator(operator_id)
    phones = _verified(listed_phones(operator))
    index = _index(phones, number_id)
    other = index - 1 if up else index + 1
    if not 0 <= other < len(phones):
        return
    phones[index], phones[other] = phones[other], phones[index]
    keep_phones(operator, phones)
    audit.record(actor=operator.user, action="operator.phone_order", subject=operator)
    announce_presence(operator)


@transactional
def remove_phone(*, operator_id: int, number_id: int) -> None:
    """Don't call this phone any more. Raises NotFound, Conflict for the only one that can be called while online."""
    operator = lock_operator(operator_id)
    phones = listed_phones(operator)
    del phones[_index(phones, number_id)]
    if not any(phone.obstacle is None for phone in phones) and operator.presence == Presence.ONLINE:
        raise Conflict(KEEP_ONE, code="online")
    keep_phones(operator, phones)
    audit.record(actor=operator.user, action="operator.phone_removed", subject=operator)
    announce_presence(operator)


def keep_phones(operator: Operator, phones: Sequence[ListedPhone]) -> None:
    """Write the list, what can be called before what can't, and the first into the operator's row, which is locked.

    A phone that staff entered stays the first until it is verified, or another one takes its place.
    """
    ordered = sorted(phones, key=lambda phone: phone.obstacle not in (None, PhoneObstacle.NOT_VERIFIED))
    first = ordered[0] if ordered else None
    rows = OperatorPhone.objects.filter(operator=operator)
    rows.exclude(phone_number__in=[phone.number for phone in _verified(ordered)]).update(position=None)
    for position, phone in enumerate(ordered, start=1):
        if phone.verified_at is not None:
            changed = {"position": position, "blocked_at": phone.blocked_at}
            rows.update_or_create(
                operator=operator,
                phone_number=phone.number,
                defaults=changed,
                create_defaults={**changed, "verified_at": phone.verified_at},
            )
    operator.phone_number = first.number if first else None
    operator.phone_verified_at = first.verified_at if first else None
    operator.phone_blocked_at = first.blocked_at if first else None
    operator.save(update_fields=["phone_number", "phone_verified_at", "phone_blocked_at"])


def _verified(phones: Sequence[ListedPhone]) -> list[ListedPhone]:
    """Without one that staff entered and nobody verified: another one takes its place."""
    return [phone for phone in phones if phone.verified_at is not None]


def _index(phones: Sequence[ListedPhone], number_id: int) -> int:
    for index, phone in enumerate(phones):
        if phone.number.pk == number_id:
            return index
    raise NotFound("Phone not found.")
