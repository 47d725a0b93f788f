"""Counters kept by the transaction that changes a thing: one statement each, no reading before writing."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

_INTERACTION = """
INSERT INTO operators_interaction (customer_id, operator_id, calls, chats, messages, seconds, last_at)
VALUES (%(customer)s, %(operator)s, %(calls)s, 0, 0, %(seconds)s, %(at)s)
ON CONFLICT (customer_id, operator_id) DO UPDATE SET
    calls = operators_interaction.calls + excluded.calls,
    seconds = operators_interaction.seconds + excluded.seconds,
    last_at = greatest(operators_interaction.last_at, excluded.last_at)
"""
_DAY = """
INSERT INTO operators_operatorday (operator_id, brand_id, day, calls, seconds, messages, earned_minor)
VALUES (%(operator)s, %(brand)s, %(day)s, %(calls)s, %(seconds)s, 0, %(earned)s)
ON CONFLICT (operator_id, day, brand_id) DO UPDATE SET
    calls = operators_operatorday.calls + excluded.calls,
    seconds = operators_operatorday.seconds + excluded.seconds,
    earned_minor = operators_operatorday.earned_minor + excluded.earned_minor
"""


def record_call(
    *,
    customer_id: int,
    operator_id: int,
    brand_id: int,
    time_zone: str,
    seconds: int,
    earned_minor: int,
    at: datetime,
) -> None:
    """Count one joined call of `seconds` that earned `earned_minor`, on the operator's calendar day of `at`."""
    row = {
        "customer": customer_id,
        "operator": operator_id,
        "brand": brand_id,
        "day": at.astimezone(ZoneInfo(time_zone)).date(),
        "calls": 1,
        "seconds": seconds,
        "earned": earned_minor,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH counted AS ({_INTERACTION} RETURNING 1) {_DAY}", row)
