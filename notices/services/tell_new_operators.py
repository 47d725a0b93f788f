"""Tell operators who came by application about their first call, and the day after it about their first statement."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min, Q, Sum
from django.utils.translation import ngettext

from billing import conf
from core import clock
from core.days import write_date
from core.db import transactional
from core.money import format_money
from notices.models import Notice
from notices.pages import OPERATOR_HOME, OPERATOR_STATEMENT
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.models import Operator

# Of who was approved so lately; a notice and its key are kept for longer, so that each is told once.
_NEW_FOR = timedelta(days=90)
_BATCH = 200


@transactional
def tell_new_operators() -> int:
    """Write what is due of both; how many notices."""
    at = clock.now()
    return _first_calls(at) + _first_statements(at)


def _first_calls(at: datetime) -> int:
    count = 0
    for operator, _first, earned_minor in _untold(NoticeKind.FIRST_CALL, at):
        enqueue(
            NoticeKind.FIRST_CALL,
            recipient=operator.user,
            key=f"first-call:{operator.pk}",
            amount=format_money(earned_minor, conf.currency()),
            url=OPERATOR_HOME.url(host=settings.PORTAL_HOSTS[0]),
        )
        count += 1
    return count


def _first_statements(at: datetime) -> int:
    count = 0
    for operator, first, _earned in _untold(NoticeKind.FIRST_STATEMENT, at):
        if first >= at.astimezone(ZoneInfo(operator.user.time_zone)).date():
            continue  # the day isn't over
        day = operator.days.filter(day=first).aggregate(calls=Sum("calls"), earned=Sum("earned_minor"))
        enqueue(
            NoticeKind.FIRST_STATEMENT,
            recipient=operator.user,
            key=f"first-statement:{operator.pk}",
            day=write_date(first),
            calls=ngettext("%(count)s call", "%(count)s calls", day["calls"]) % {"count": day["calls"]},
            amount=format_money(day["earned"], conf.currency()),
            url=OPERATOR_STATEMENT.url(host=settings.PORTAL_HOSTS[0]),
        )
        count += 1
    return count


def _untold(kind: NoticeKind, at: datetime) -> Iterator[tuple[Operator, date, int]]:
    """New operators with a call who don't have this notice yet; the day of it, and what they earned so far."""
    rows = Operator.objects.filter(application__decided_at__gt=at - _NEW_FOR)
    rows = rows.exclude(user__in=Notice.objects.filter(kind=kind).values("recipient"))
    rows = rows.annotate(
        first_day=Min("days__day", filter=Q(days__calls__gt=0)), earned=Sum("days__earned_minor")
    )
    for operator in rows.exclude(first_day=None).select_related("user").order_by("pk")[:_BATCH]:
        yield operator, vars(operator)["first_day"], vars(operator)["earned"]
