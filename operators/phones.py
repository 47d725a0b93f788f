"""Whether an operator's phone can be called, and the words for why not: one rule for going online, pages, and calls."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from django.conf import settings

from core.dialing import may_dial
from core.errors import Invalid, NotAllowed
from core.phones import to_e164
from core.planned_query import PlannedQuery
from operators.models import Operator, OperatorPhone
from phones.models import PhoneNumber

MOST_PHONES = 4


class PhoneObstacle(StrEnum):
    """What keeps us from calling an operator; the words are stable error codes."""

    NONE_GIVEN = "no_phone"
    BLOCKED = "phone_blocked"  # 9 was pressed on it
    NOT_ALLOWED = "number_not_allowed"
    NOT_VERIFIED = "phone_not_verified"


_TEXTS = {
    PhoneObstacle.NONE_GIVEN: "Verify your phone in your settings first. Then you can go online.",
    PhoneObstacle.BLOCKED: (
        "Someone pressed 9 on your phone, so we won’t call it. Verify it again or use another phone in your settings."
    ),
    PhoneObstacle.NOT_ALLOWED: "We can’t call your phone number. Use a regular US or Canadian number in your settings.",
    PhoneObstacle.NOT_VERIFIED: "Verify your phone in your settings first. Then you can go online.",
}


@dataclass(frozen=True, slots=True)
class ListedPhone:
    """One of an operator's phones. `verified_at` is None for one that staff entered and nobody has verified yet."""

    number: PhoneNumber
    verified_at: datetime | None
    blocked_at: datetime | None

    @property
    def obstacle(self) -> PhoneObstacle | None:
        """What is in the way of calling it; None if nothing is."""
        if self.blocked_at is not None:
            return PhoneObstacle.BLOCKED
        if not is_allowed(self.number.e164):
            return PhoneObstacle.NOT_ALLOWED
        return None if self.verified_at is not None else PhoneObstacle.NOT_VERIFIED


def listed_phones(operator: Operator) -> list[ListedPhone]:
    """The operator's phones in the order in which they are called. One query, one more unless the first number is loaded.

    The first is the one in the operator's row, whatever the list says: the release before this one knows no other.
    """
    rows = sorted(_FURTHER.all(operator.pk), key=attrgetter("position"))
    others = [row for row in rows if row.phone_number_id != operator.phone_number_id]
    first = _first_phone(operator)
    return [
        *([first] if first else []),
        *(ListedPhone(row.phone_number, row.verified_at, row.blocked_at) for row in others),
    ]


def phone_obstacle(operator: Operator) -> PhoneObstacle | None:
    """What is in the way of calling the operator's first phone; None if nothing is. Reads the number unless it is loaded.

    The first is one that can be called if any can (`services.phone_list`).
    """
    first = _first_phone(operator)
    return first.obstacle if first else PhoneObstacle.NONE_GIVEN


def _first_phone(operator: Operator) -> ListedPhone | None:
    number = operator.phone_number
    return ListedPhone(number, operator.phone_verified_at, operator.phone_blocked_at) if number else None


def require_working_phone(operator: Operator) -> None:
    """Raises NotAllowed, its code a `PhoneObstacle`, unless the operator's phone can be called."""
    if obstacle := phone_obstacle(operator):
        raise NotAllowed(_TEXTS[obstacle], code=obstacle)


def describe_phone_obstacle(operator: Operator) -> str:
    """The sentence for the operator; empty if their phone can be called."""
    obstacle = phone_obstacle(operator)
    return _TEXTS[obstacle] if obstacle else ""


def operators_phone(typed: str) -> str:
    """A typed number in E.164, if calls may be sent to it. Raises Invalid, for staff and operators in the same words."""
    number = to_e164(typed, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
    if not is_allowed(number):
        raise Invalid("We can only call regular US and Canadian numbers.")
    return number


def is_allowed(number: str) -> bool:
    """Whether this installation dials `number` (E.164) at all."""
    return may_dial(number, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES)


_FURTHER = PlannedQuery(
    OperatorPhone.objects.filter(position__gt=1).select_related("phone_number"), "operator"
)
