"""Raise an alarm where one exchange takes too large a part of the trunk's time (`telephony.exchanges`). Run by a job.

Numbers are decrypted here, in memory, and added up by exchange; nothing of them is written but the exchange of an alarm.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet, Sum

from core import clock
from core.money import BPS
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.models import Operator, OperatorPhone
from phones.models import PhoneNumber
from telephony.exchanges import BusyExchange, ExchangeRules, busy_exchanges, exchange_of
from telephony.models import Call, ExchangeAlarm

WINDOWS = {"day": timedelta(days=1), "week": timedelta(days=7)}


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
    """Of each exchange, and of all legs that were answered, of calls that ended since then. A leg's time is until the call's end.

    Which of an operator's phones was answered is not kept: the time counts once for each exchange that they have.
    """
    ended = Call.objects.filter(authorization__settled_at__gte=since, ended_at__isnull=False)
    of_customers = _seconds(ended, "customer_phone__phone_number", "customer_answered_at")
    of_operators = _seconds(ended, "operator", "operator_answered_at")
    phones = _phones_of([pk for pk in of_operators if pk])
    numbers = {pk for pk in of_customers if pk}.union(*phones.values())
    rows = PhoneNumber.objects.filter(pk__in=numbers).iterator()
    exchange = {row.pk: name for row in rows if (name := exchange_of(row.e164))}
    exchanges: Counter[str] = Counter()
    for pk, seconds in of_customers.items():
        if pk in exchange:
            exchanges[exchange[pk]] += seconds
    for pk, seconds in of_operators.items():
        for name in {exchange[number] for number in phones.get(pk or 0, ()) if number in exchange}:
            exchanges[name] += seconds
    return exchanges, sum(of_customers.values()) + sum(of_operators.values())


def _phones_of(operators: list[int]) -> dict[int, set[int]]:
    """The phones that are called, of each of these operators: the ids of the numbers."""
    phones: dict[int, set[int]] = defaultdict(set)
    first = Operator.objects.filter(pk__in=operators, phone_number__isnull=False)
    others = OperatorPhone.objects.filter(operator__in=operators, position__isnull=False)
    for operator, number in (
        *first.values_list("pk", "phone_number"),
        *others.values_list("operator", "phone_number"),
    ):
        if number is not None:
            phones[operator].add(number)
    return phones


def _seconds(calls: QuerySet[Call], whose: str, answered_at: str) -> dict[int | None, int]:
    answered = calls.filter(**{f"{answered_at}__isnull": False}).order_by()
    times = answered.values_list(whose).annotate(time=Sum(F("ended_at") - F(answered_at)))
    return {pk: max(0, round(time.total_seconds())) for pk, time in times}


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
