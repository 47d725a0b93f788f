"""Counters kept by the transaction that changes a thing: one statement each, no reading before writing.

What was earned is not counted here: the ledger adds it to the same day with every posting (`ledger_roll_up`).
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F

from operators.models import Interaction, OperatorDay

_COUNT = """
WITH interaction AS (
    INSERT INTO operators_interaction AS known (customer_id, operator_id, calls, chats, messages, seconds, last_at)
    VALUES (%(customer)s, %(operator)s, %(calls)s, %(chats)s, %(messages)s, %(seconds)s, %(at)s)
    ON CONFLICT (customer_id, operator_id) DO UPDATE SET
        calls = known.calls + excluded.calls,
        chats = known.chats + excluded.chats,
        messages = known.messages + excluded.messages,
        seconds = known.seconds + excluded.seconds,
        last_at = greatest(known.last_at, excluded.last_at)
), contact AS (
    INSERT INTO operators_brandcontact AS known (operator_id, brand_id, customer_id, contacts)
    VALUES (%(operator)s, %(brand)s, %(customer)s, %(calls)s + %(chats)s)
    ON CONFLICT (operator_id, brand_id, customer_id) DO UPDATE SET
        contacts = known.contacts + excluded.contacts
)
INSERT INTO operators_operatorday AS known
    (operator_id, brand_id, day, calls, seconds, chats, messages, earned_minor)
VALUES (%(operator)s, %(brand)s, %(day)s, %(calls)s, %(seconds)s, %(chats)s, %(messages)s, 0)
ON CONFLICT (operator_id, day, brand_id) DO UPDATE SET
    calls = known.calls + excluded.calls,
    seconds = known.seconds + excluded.seconds,
    chats = known.chats + excluded.chats,
    messages = known.messages + excluded.messages
"""


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
    row: dict[str, Any] = {
        "customer": customer_id,
        "operator": operator_id,
        "brand": brand_id,
        "day": at.astimezone(ZoneInfo(time_zone)).date(),
        "calls": calls,
        "seconds": seconds,
        "chats": chats,
        "messages": messages,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, row)
