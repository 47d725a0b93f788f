"""What a month came to, by brand and operator: what customers paid, whose it is, and what it cost. Shares are those of the books."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from backoffice.margin import Margin, fee_millionths, fees_minor, leg_seconds, trunk_minor
from billing import conf
from billing.ledger.states import EARNS_NOTHING
from brands.models import Brand
from core.days import BOOKS_ZONE
from core.money import as_decimal
from operators.models import Operator
from web.filters import start_of_day

# A sale, its refunds, its corrections, and pay for free minutes: whatever concerns an operator and earns something.
_MONTH = """
SELECT t.brand_id, t.operator_id, t.currency,
       coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet'), 0)::bigint AS paid,
       coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'tax'), 0)::bigint AS tax,
       coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'payable'), 0)::bigint AS operator,
       coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'revenue'), 0)::bigint AS platform,
       coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind = 'promo'), 0)::bigint AS promo,
       coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind IN ('adjustment', 'disputes', 'uncollected')), 0)::bigint AS uncollected,
       coalesce(-sum(e.amount_minor - e.promo_minor) FILTER (WHERE a.kind = 'wallet'), 0)::bigint AS paid_money
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
 WHERE t.created_at >= %(start)s AND t.created_at < %(end)s AND t.operator_id IS NOT NULL
   AND t.kind <> ALL (%(earns_nothing)s)
 GROUP BY t.brand_id, t.operator_id, t.currency
"""
HEADER = [
    "month", "brand", "operator", "currency", "paid_by_customers", "tax", "operator_share", "platform_share",
    "free_minutes_paid_by_platform", "uncollected", "processor_fees", "trunk", "margin",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """One operator on one brand in one month, cents, refunds and corrections taken off.

    `paid` + `promo` + `uncollected` is always `tax` + `operator` + `platform`: customers, promotion, and what the platform bears
    of bills that could not be collected pay for what is owed as tax, earned, and kept. `fees` and `trunk` are estimates
    (`backoffice.margin`): they are in no entry of a sale.
    """

    brand: str
    operator: str
    currency: str
    paid_minor: int
    tax_minor: int
    operator_minor: int
    platform_minor: int
    promo_minor: int
    uncollected_minor: int
    fees_minor: int
    trunk_minor: int

    @property
    def margin_minor(self) -> int:
        """What stays of the platform's share once it has paid for all that it costs."""
        return Margin(
            self.platform_minor, self.promo_minor, self.uncollected_minor, self.fees_minor, self.trunk_minor
        ).margin_minor


def month_of(text: str | None, today: date) -> date:
    """The first day of `2026-11`, or of the current month."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)


def following(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def revenue(month: date) -> list[RevenueRow]:
    """Every operator of the month that begins on this day in New York, by brand, the largest share of the platform first."""
    return revenue_between(month, following(month))


def revenue_between(first: date, end: date) -> list[RevenueRow]:
    """The same of all days from one on to another, which is left out."""
    bounds = {"start": start_of_day(first, BOOKS_ZONE), "end": start_of_day(end, BOOKS_ZONE)}
    earns_nothing = [kind.value for kind in EARNS_NOTHING]
    with connection.cursor() as cursor:
        cursor.execute(_MONTH, bounds | {"earns_nothing": earns_nothing})
        booked = {(brand, operator, currency): rest for brand, operator, currency, *rest in cursor.fetchall()}
    legs, rates = leg_seconds(bounds["start"], bounds["end"]), fee_millionths()
    for brand, operator in legs:  # calls that nobody joined cost something, too
        if trunk_minor(*legs[brand, operator]):
            booked.setdefault((brand, operator, conf.currency()), [0] * 7)
    brands = dict(Brand.objects.values_list("pk", "name"))
    names = dict(Operator.objects.filter(pk__in={key[1] for key in booked}).values_list("pk", "stage_name"))
    found = [
        RevenueRow(
            brands.get(brand, ""),
            names[operator],
            currency,
            *(paid, tax, share, kept, promo, uncollected),
            fees_minor(paid_money, rates.get(brand, 0)),
            trunk_minor(*legs.get((brand, operator), (0, 0))),
        )
        for (brand, operator, currency), (
            paid, tax, share, kept, promo, uncollected, paid_money,
        ) in booked.items()
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.brand, -row.platform_minor, row.operator))


def as_csv(month: date, rows: list[RevenueRow]) -> Iterator[list[Any]]:
    """The rows under HEADER, amounts as decimals."""
    for row in rows:
        minors = (
            row.paid_minor, row.tax_minor, row.operator_minor, row.platform_minor, row.promo_minor,
            row.uncollected_minor, row.fees_minor, row.trunk_minor, row.margin_minor,
        )  # fmt: skip
        yield [
            f"{month:%Y-%m}", row.brand, row.operator, row.currency, *(as_decimal(minor) for minor in minors)
        ]  # fmt: skip
