"""Whether an operator's phone can be called, and the words for why not: one rule for going online, pages, and calls."""

from enum import StrEnum

from django.conf import settings

from core.dialing import may_dial
from core.errors import Invalid, NotAllowed
from core.phones import to_e164
from operators.models import Operator


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


def phone_obstacle(operator: Operator) -> PhoneObstacle | None:
    """What is in the way of calling the operator's phone; None if nothing is. Reads the number unless it is loaded."""
    if operator.phone_number_id is None:
        return PhoneObstacle.NONE_GIVEN
    if operator.phone_blocked_at is not None:
        return PhoneObstacle.BLOCKED
    if not is_allowed(operator.phone):
        return PhoneObstacle.NOT_ALLOWED
    return None if operator.phone_verified_at is not None else PhoneObstacle.NOT_VERIFIED


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
