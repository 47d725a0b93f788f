"""Counters kept by the transaction that changes a thing: one statement each, no reading before writing.

What was earned is not counted here: the ledger adds it to the same day with every posting.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F

from operators.models import Interaction, OperatorDay


def count_call(
    *, customer_id: int, operator_id: int, brand_id: int, time_zone: str, seconds: int, at: datetime
) -> None:
    """Count one joined call of `seconds` that was settled at `at`, on the operator's calendar day."""
    _count(customer_id, operator_id, brand_id, time_zone, at, calls=1, seconds=seconds)


def count_longer_call(
    *, customer_id: int, operator_id: int, brand_id: int, day: date, more_seconds: int
) -> None:
    """A call counted on `day` turned out to be longer (shorter, when negative)."""
    for rows in (
        Interaction.objects.filter(customer_id=customer_id, operator_id=operator_id),
        OperatorDay.objects.filter(operator_id=operator_id, brand_id=brand_id, day=day),
    ):
        rows.update(seconds=F("seconds") + more_seconds)


def count_message(
    *, customer_id: int, operator_id: int, brand_id: int, time_zone: str, begins_chat: bool, at: datetime
) -> None:
    """Count one text of the customer sent at `at`; `begins_chat`: it opens a new chat session."""
    _count(customer_id, operator_id, brand_id, time_zone, at, messages=1, chats=int(begins_chat))


def _count(
    customer_id: int,
    operator_id: int,
    brand_id: int,
    time_zone: str,
    at: datetime,
    *,
    calls: int = 0,
    seconds: int = 0,
    chats: int = 0,
    messages: int = 0,
) -> None:
    day = at.astimezone(ZoneInfo(time_zone)).date()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT operators_count_activity(%s, %s, %s, %s::date, %s::timestamptz, %s, %s, %s, %s)",
            [customer_id, operator_id, brand_id, day, at, calls, seconds, chats, messages],
        )
