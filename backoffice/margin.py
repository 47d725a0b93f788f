"""What stays of the platform's share once the card processor, promotion, and the trunk are paid. Staff alone see it.

Fees are the average of a brand's statements where there are some, else the estimate of its merchant accounts; the trunk's price is a
setting. Both are as of now, also for the past.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from billing import conf
from core.money import round_half_up
from telephony.models import Call

MILLION = 1_000_000
_PER_LEG = 60 * 10_000  # seconds of a minute, millionths of a dollar in a cent

# Per brand: fees and sales that statements booked; the estimates; what was captured, in how many payments.
_FEES = """
SELECT m.brand_id, stated.fees, stated.gross, (array_agg(m.fee_bps ORDER BY m.is_active DESC, m.id DESC))[1],
       (array_agg(m.fee_fixed_minor ORDER BY m.is_active DESC, m.id DESC))[1], paid.count, paid.minor
  FROM billing_merchantaccount m
  LEFT JOIN LATERAL (
    SELECT sum(l.fee_minor)::bigint AS fees, sum(l.gross_minor) FILTER (WHERE l.kind = 'sale')::bigint AS gross
      FROM billing_statementline l
      JOIN billing_payment p ON p.id = l.payment_id
      JOIN billing_merchantaccount other ON other.id = p.merchant_account_id
     WHERE other.brand_id = m.brand_id AND l.posted_at IS NOT NULL
  ) AS stated ON true
  LEFT JOIN LATERAL (
    SELECT count(*)::bigint AS count, sum(p.captured_minor)::bigint AS minor
      FROM billing_payment p JOIN billing_merchantaccount other ON other.id = p.merchant_account_id
     WHERE other.brand_id = m.brand_id AND p.captured_minor > 0
  ) AS paid ON true
 GROUP BY m.brand_id, stated.fees, stated.gross, paid.count, paid.minor
"""
# Answered legs of calls that ended in a time, in started seconds.
_LEGS = """
SELECT brand_id, operator_id,
       sum(coalesce(ceil(extract(epoch FROM greatest(ended_at - customer_answered_at, interval '0'))), 0))::bigint,
       sum(coalesce(ceil(extract(epoch FROM greatest(ended_at - operator_answered_at, interval '0'))), 0))::bigint
  FROM telephony_call
 WHERE ended_at >= %(start)s AND ended_at < %(end)s AND (customer_answered_at IS NOT NULL OR operator_answered_at IS NOT NULL)
 GROUP BY brand_id, operator_id
"""
_OF_CALL = """
SELECT coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'revenue'), 0)::bigint,
       coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'promo'), 0)::bigint,
       coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind IN ('adjustment', 'uncollected')), 0)::bigint,
       coalesce(-sum(e.amount_minor - e.promo_minor) FILTER (WHERE a.kind = 'wallet'), 0)::bigint
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
 WHERE t.reference = %s AND t.reference <> '' AND t.operator_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Margin:
    """Of one call or of many, minor units. `share`: the platform's, refunds taken off; the others are paid out of it."""

    share_minor: int
    promo_minor: int
    uncollected_minor: int
    fees_minor: int
    trunk_minor: int

    @property
    def margin_minor(self) -> int:
        costs = self.promo_minor + self.uncollected_minor + self.fees_minor + self.trunk_minor
        return self.share_minor - costs


def fee_millionths() -> dict[int, int]:
    """What card processors keep of a brand's payments, in millionths of the amount, by brand; none: no card payments there."""
    with connection.cursor() as cursor:
        cursor.execute(_FEES)
        return {brand: _millionths(*rest) for brand, *rest in cursor.fetchall()}


def fees_minor(paid_minor: int, millionths: int) -> int:
    """What it cost to collect so much paid money."""
    return round_half_up(paid_minor * millionths, MILLION)


def leg_seconds(start: datetime, end: datetime) -> dict[tuple[int, int], tuple[int, int]]:
    """Seconds of customers' and operators' answered legs, by brand and operator, of calls that ended in a time."""
    with connection.cursor() as cursor:
        cursor.execute(_LEGS, {"start": start, "end": end})
        return {(brand, operator): (first, second) for brand, operator, first, second in cursor.fetchall()}


def trunk_minor(customer_seconds: int, operator_seconds: int) -> int:
    """What the trunk costs for legs of so many seconds."""
    price = conf.trunk()
    millionths = (
        customer_seconds * price.customer_leg_millionths + operator_seconds * price.operator_leg_millionths
    )
    return round_half_up(millionths, _PER_LEG)


def margin_of_call(call: Call) -> Margin:
    """What one call left, by what is booked under its reference."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CALL, [call.call_id])
        share, promo, uncollected, paid = cursor.fetchone()
    legs = (
        _seconds(answered_at, call.ended_at)
        for answered_at in (call.customer_answered_at, call.operator_answered_at)
    )
    millionths = fee_millionths().get(call.brand_id, 0)
    return Margin(share, promo, uncollected, fees_minor(paid, millionths), trunk_minor(*legs))


def _seconds(answered_at: datetime | None, ended_at: datetime | None) -> int:
    if answered_at is None or ended_at is None or ended_at <= answered_at:
        return 0
    return -int(-(ended_at - answered_at).total_seconds() // 1)


def _millionths(
    fees: int | None, gross: int | None, bps: int, fixed_minor: int, count: int | None, captured: int | None,
) -> int:  # fmt: skip
    if gross:
        return max(0, round_half_up((fees or 0) * MILLION, gross))
    fixed = round_half_up(fixed_minor * (count or 0) * MILLION, captured) if captured else 0
    return bps * 100 + fixed
