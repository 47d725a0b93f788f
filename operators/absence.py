"""Whether an operator is away by choice, and what a customer who writes meanwhile is sent automatically.

An absence lasts until they go online. A vacation is one of its own, also for who was offline before it. Who was set away because calls
were missed or the online time was up didn't choose it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from core.days import write_date
from operators.models import Operator, WorkPlan
from operators.states import AwayReason, Presence

_NOT_CHOSEN = (AwayReason.MISSED, AwayReason.IDLE)


@dataclass(frozen=True, slots=True)
class Absence:
    """`since`: an automatic reply from before was of another absence; None: there was none before."""

    since: datetime | None
    text: str


def absence_of(operator: Operator, at: datetime) -> Absence | None:
    """What to answer with at `at`; None for who is there or wants no automatic replies. One query for who isn't there."""
    is_on_vacation = operator.is_on_vacation(at)
    is_chosen = operator.presence != Presence.ONLINE and operator.away_reason not in _NOT_CHOSEN
    if not is_on_vacation and not is_chosen:
        return None
    plan = WorkPlan.objects.filter(operator=operator).first() or WorkPlan()
    if not (plan.replies_on_vacation if is_on_vacation else plan.replies_when_away):
        return None
    starts = [operator.went_online_at, operator.vacation_from if is_on_vacation else None]
    since = max((start for start in starts if start), default=None)
    return Absence(since, operator.auto_reply or default_text(operator, at))


def default_text(operator: Operator, at: datetime) -> str:
    """What is sent for who wrote nothing of their own."""
    if operator.is_on_vacation(at) and operator.back_on:
        return _("I’m on vacation and back on %(day)s. I’ll read your message then.") % {
            "day": write_date(operator.back_on)
        }
    return _("I’m away right now. I’ll read your message when I’m back.")


def was_on_vacation(operator: Operator, since: datetime, at: datetime) -> bool:
    """Whether any of the time between was vacation, the one that runs or the last one. One query."""
    began, until = operator.vacation_from, operator.vacation_until
    if began is not None and until is not None and began <= at and until > since:
        return True
    over = WorkPlan.objects.filter(
        operator=operator, last_vacation_from__lt=at, last_vacation_until__gt=since
    )
    return over.exists()
