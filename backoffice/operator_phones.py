"""An operator's phones as the operator's page shows them to staff: the last two digits, and why one isn't called."""

from dataclasses import dataclass
from datetime import datetime

from operators.models import Operator
from operators.phones import PhoneObstacle, listed_phones

_WORDS = {
    PhoneObstacle.BLOCKED: "9 was pressed during a call",
    PhoneObstacle.NOT_ALLOWED: "numbers of this kind can't be called",
    PhoneObstacle.NOT_VERIFIED: "not verified yet",
}


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """`hint`: "ends in 08". `why_not`: why it isn't called, or empty. `may_verify`: staff can lift that (the first phone only)."""

    hint: str
    why_not: str
    blocked_at: datetime | None
    may_verify: bool


def phone_rows(operator: Operator) -> list[PhoneRow]:
    """In the order in which they are called. Two queries at most."""
    rows = []
    for place, phone in enumerate(listed_phones(operator)):
        obstacle = phone.obstacle
        may_verify = place == 0 and obstacle in (PhoneObstacle.BLOCKED, PhoneObstacle.NOT_VERIFIED)
        why_not = _WORDS.get(obstacle, "") if obstacle else ""
        rows.append(PhoneRow(phone.number.hint, why_not, phone.blocked_at, may_verify))
    return rows
