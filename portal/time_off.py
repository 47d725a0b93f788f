"""What the console shows of a break, a vacation, and texts, in finished words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.days import write_date
from operators.models import Operator
from operators.services.breaks import BREAK_CHOICES
from operators.services.presence import describe_refusal
from operators.states import Presence


@dataclass(frozen=True, slots=True)
class TimeOff:
    """`refusal`: why they weren't set online by themselves. `vacation`: the one that runs or is planned."""

    takes_messages: bool = True
    may_take_break: bool = False
    back_at: datetime | None = None  # of a break
    vacation: str = ""
    is_on_vacation: bool = False
    refusal: str = ""
    break_choices: tuple[int, ...] = BREAK_CHOICES


def time_off_of(operator: Operator, at: datetime) -> TimeOff:
    """How it is at `at`. No query but for a refusal."""
    is_on_vacation = operator.is_on_vacation(at)
    return TimeOff(
        takes_messages=operator.takes_messages,
        may_take_break=operator.presence == Presence.ONLINE
        and not operator.has_timed_out(at)
        and not is_on_vacation,
        back_at=operator.break_until if operator.is_on_break(at) and not is_on_vacation else None,
        vacation=vacation_words(operator, at),
        is_on_vacation=is_on_vacation,
        refusal=describe_refusal(operator),
    )


def vacation_words(operator: Operator, at: datetime) -> str:
    """Of the vacation that runs or is planned; empty without one."""
    if operator.vacation_from is None or operator.back_on is None:
        return ""
    back = write_date(operator.back_on)
    if operator.is_on_vacation(at):
        return f"You’re on vacation. Customers see that you’re back on {back}."
    first = operator.vacation_from.astimezone(ZoneInfo(operator.user.time_zone)).date()
    return f"Your vacation begins on {write_date(first)}. You’re back on {back}."
