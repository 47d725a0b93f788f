"""Raise an alarm where one exchange takes too large a part of the trunk's time (`telephony.exchanges`). Run by a job.

Numbers are decrypted here, in memory, and added up by exchange; nothing of them is written but the exchange of an alarm.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet, Sum

from core import clock
from core.db import transactional
from core.money import BPS
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from phones.models import PhoneNumber
from telephony.exchanges import BusyExchange, ExchangeRules, busy_exchanges, exchange_of
from telephony.models import Call, ExchangeAlarm

WINDOWS = {"day": timedelta(days=1), "week": timedelta(days=7)}
_LEGS = (
    ("customer_phone__phone_number", "customer_answered_at"),
    ("operator__phone_number", "operator_answered_at"),
)


def rules() -> ExchangeRules:
    """As they are set."""
    configured = settings.EXCHANGE_ALARM
    return ExchangeRules(configured["SHARE_BPS"], configured["LEAST_MINUTES"])


def watch_exchanges() -> int:
    """Look at the last day and the last week; how many new alarms. Each exchange alarms once a day for each of the two."""
    if rules().share_bps >= BPS:
        return 0
    at, count = clock.now(), 0
    for window, length in WINDOWS.items():
        seconds, total = seconds_on_the_trunk(at - length)
        count += sum(_raise(busy, window, at) for busy in busy_exchanges(seconds, total, rules()))
    return count


def seconds_on_the_trunk(since: datetime) -> tuple[Counter[str], int]:
    """Of each exchange, and of all legs that were answered, of calls that ended since then. A leg's time is until the call's end."""
    ended = Call.objects.filter(authorization__settled_at__gte=since, ended_at__isnull=False)
    by_number: Counter[int | None] = Counter()
    for number, answered_at in _LEGS:
        for pk, time in _times(ended, number, answered_at):
            by_number[pk] += max(0, round(time.total_seconds()))
    exchanges: Counter[str] = Counter()
    for row in PhoneNumber.objects.filter(pk__in=[pk for pk in by_number if pk]).iterator():
        exchange = exchange_of(row.e164)
        if exchange:
            exchanges[exchange] += by_number[row.pk]
    return exchanges, sum(by_number.values())


def _times(
    calls: QuerySet[Call], number: str, answered_at: str
) -> QuerySet[Call, tuple[int | None, timedelta]]:
    answered = calls.filter(**{f"{answered_at}__isnull": False}).order_by()
    return answered.values_list(number).annotate(time=Sum(F("ended_at") - F(answered_at)))


@transactional
def _raise(busy: BusyExchange, window: str, at: datetime) -> bool:
    alarm, is_new = ExchangeAlarm.objects.get_or_create(
        exchange=busy.exchange,
        window=window,
        day=at.date(),
        defaults={"share_bps": busy.share_bps, "minutes": busy.minutes, "raised_at": at},
    )
    if is_new and settings.OWNER_EMAILS:
        enqueue(
            NoticeKind.EXCHANGE_ALARM,
            key=f"exchange:{busy.exchange}:{window}:{alarm.day}",
            exchange=busy.exchange,
            share=f"{busy.share_bps // 100}%",
            minutes=f"{busy.minutes:,}",
            window=window,
        )
    return is_new
