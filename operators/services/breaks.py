"""A break: away until a time that customers see, then online again by itself."""

from datetime import datetime, timedelta

from core import clock
from core.db import transactional
from core.errors import Conflict, Invalid
from operators.models import Operator
from operators.services.presence import PRESENCE_COLUMNS, announce_presence, put_online_if_allowed
from operators.states import Presence

BREAK_CHOICES = (10, 20, 30, 60)  # minutes
MAX_BREAK = timedelta(hours=4)


@transactional
def take_break(*, operator_id: int, minutes: int | None) -> Operator:
    """Away for `minutes` from now, or for so much longer during a break; a call in progress continues.

    Raises Invalid, and Conflict (`not_online`) for who isn't online: nobody would be set online again.
    """
    if minutes not in BREAK_CHOICES:
        raise Invalid("Choose a break of 10, 20, 30, or 60 minutes.")
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    at = clock.now()
    length = timedelta(minutes=minutes)
    if operator.is_on_break(at) and operator.break_until is not None:
        operator.break_until += length
        if operator.break_until - at > MAX_BREAK:
            raise Invalid("A break can last up to four hours. Go offline instead.")
    elif operator.presence != Presence.ONLINE or operator.has_timed_out(at):
        raise Conflict("You can take a break while you’re online.", code="not_online")
    else:
        operator.presence, operator.presence_since = Presence.AWAY, at
        operator.away_reason, operator.break_until = "", at + length
    operator.save(update_fields=PRESENCE_COLUMNS)
    announce_presence(operator)
    return operator


@transactional
def end_breaks(*, at: datetime) -> int:
    """Whose break is over at `at`: online again, if they may work and didn't choose anything else; how many. Run by the worker."""
    due = Operator.objects.select_for_update(skip_locked=True).filter(break_until__lte=at)
    ended = list(due)
    for operator in ended:
        if operator.presence == Presence.AWAY and not operator.is_on_vacation(at):
            put_online_if_allowed(operator, at)
        operator.break_until = None
        operator.save(update_fields=PRESENCE_COLUMNS)
        announce_presence(operator)
    return len(ended)
