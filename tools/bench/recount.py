"""Hundreds of calls of recorded lengths at ten times their speed, in a database of a million rows, while everybody's page is open.

Everything of production but the switch runs, as in `calls`. Afterwards each call's price is worked out anew from what the switch said of it,
by other code than the product's, and compared to the cent with the books, and what each page says last with what its customer has.
"""

import math
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist

from tools.bench.call_driver import Answers, Clicks, Step
from tools.bench.calls import pairs_of
from tools.bench.database import People, people, settle_statistics
from tools.bench.driver import driver
from tools.bench.growth import fill, in_figures
from tools.bench.open_pages import BRAND_HOST, log_in
from tools.bench.socket_driver import Pages
from tools.bench.stack import stack
from tools.bench.table import Goal

SPEED = 10
# Half of all calls last three minutes at the most, one of fifty over twenty (a log-normal distribution), cut off at half an hour.
MEDIAN_SECONDS, SPREAD, LONGEST_SECONDS = 180.0, 0.95, 1800.0
SETUP_SECONDS = 5  # from the customer's answer to the operator's key
CALLS_A_SECOND = 5.0
LATE_SECONDS = 60.0
BALANCE_MINOR = 50_000

CALLS = """
SELECT c.customer_id, c.operator_id, a.rate_per_minute_minor, a.connect_fee_minor, a.first_increment_seconds,
       a.next_increment_seconds, a.grace_seconds, a.operator_share_bps, (e.metadata->>'joined_ms')::bigint,
       (SELECT coalesce(-sum(n.amount_minor), 0) FROM ledger_transaction t JOIN ledger_entry n ON n.transaction_id = t.id
         WHERE t.reference = c.call_id AND n.account_id = a.wallet_id),
       (SELECT coalesce(sum(n.amount_minor), 0) FROM ledger_transaction t JOIN ledger_entry n ON n.transaction_id = t.id
         WHERE t.reference = c.call_id AND n.account_id = a.payable_id),
       (SELECT coalesce(sum(n.amount_minor), 0) FROM ledger_transaction t JOIN ledger_entry n ON n.transaction_id = t.id
         WHERE t.reference = c.call_id)
  FROM telephony_call c
  JOIN billing_authorization a ON a.id = c.authorization_id
  JOIN telephony_callevent e ON e.call_id = c.id AND e.state = 'ended'
 WHERE c.customer_id = ANY(%s) AND c.initiated_at >= %s AND a.state = 'settled'
"""
BALANCES = """
SELECT coalesce(customer_id, -operator_id), balance_minor, held_minor FROM ledger_account
 WHERE kind = 'wallet' AND customer_id = ANY(%s) OR kind = 'payable' AND operator_id = ANY(%s)
"""


@dataclass
class Recount:
    """What the books should say, minor units, and in what they differ."""

    calls: int = 0
    charged: dict[int, int] = field(default_factory=dict)  # by customer
    differences: list[str] = field(default_factory=list)


def measure(
    *, calls: int = 300, rows: int = 1_000_000, median_seconds: float = MEDIAN_SECONDS, others: int = 1000
) -> list[Goal]:
    fill(rows, others=others)
    groups = _callers(calls, median_seconds)
    customers = [pk for them in groups for pk in them.customers]
    operators = [pk for them in groups for pk in them.operators]
    sessions = [session.session_key for them in groups for _, session in log_in(them.users)]
    settle_statistics()
    before = _balances(customers, operators)
    began = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory(prefix="aeims-bench-") as place,
        stack(Path(place), with_adapter=True) as running,
        driver("socket_driver", asdict(_pages(running.port, sessions))) as browsers,
        driver("call_driver", asdict(_clicks(running.port, groups))) as clicking,
    ):
        browsers.ask("open")
        clicking.tell(asdict(Step(rate=CALLS_A_SECOND, uncounted_seconds=0, seconds=calls / CALLS_A_SECOND)))
        clicking.told()
        clicking.told()
        refused = Answers(**clicking.told()).refused
        _wait_for_ends(customers)
        time.sleep(2)  # the last pushes
        told = browsers.ask("heard")
    if refused:
        raise RuntimeError(f"{len(refused)} clicks were refused: {refused[0]}")
    recount = _recount(customers, began)
    _compare_balances(recount, before, _balances(customers, operators))
    wrong_pages = _wrong_pages(told["balances"], customers, recount.charged)
    return _goals(calls, rows, recount, wrong_pages, told["lost"])


def lengths(count: int, median_seconds: float) -> list[int]:
    """Seconds that `count` calls last at `SPEED`: evenly many of each part of the distribution."""
    normal = NormalDist()
    quantiles = (normal.inv_cdf((n + 0.5) / count) for n in range(count))
    talked = (min(median_seconds * math.exp(SPREAD * one), LONGEST_SECONDS) for one in quantiles)
    return [max(1, round(seconds / SPEED)) for seconds in talked]


def _callers(calls: int, median_seconds: float) -> list[People]:
    """As many pairs for each length as there are calls of it."""
    return [
        people(count, talk_seconds=SETUP_SECONDS + seconds)
        for seconds, count in Counter(lengths(calls, median_seconds)).items()
    ]


def _pages(port: int, sessions: Sequence[str]) -> Pages:
    queries = ["region=call-bar"] * len(sessions)
    return Pages(port=port, host=BRAND_HOST, sessions=list(sessions), queries=queries)


def _clicks(port: int, groups: Sequence[People]) -> Clicks:
    pairs = [pair for them in groups for pair in pairs_of(them)]
    random.Random(SPEED).shuffle(pairs)  # noqa: S311 (long and short ones mixed, the same way each time)
    return Clicks(port=port, host=BRAND_HOST, pairs=pairs)


def _wait_for_ends(customers: list[int]) -> None:
    """Until nobody of them is in a call anymore. Raises RuntimeError if that takes too long."""
    from telephony.models import Call

    deadline = time.monotonic() + LONGEST_SECONDS / SPEED + LATE_SECONDS
    while Call.objects.filter(customer__in=customers, ended_at=None).exists():
        if time.monotonic() > deadline:
            raise RuntimeError("calls don't end")
        time.sleep(1)


def _recount(customers: list[int], began: datetime) -> Recount:
    """Each call by the terms it began with and the milliseconds that the switch reported."""
    from django.db import connection

    found = Recount()
    with connection.cursor() as cursor:
        cursor.execute(CALLS, [customers, began])
        for row in cursor.fetchall():
            customer, operator, *terms, joined_ms, paid, earned, rest = map(int, row)
            price, share = _price(joined_ms // 1000, *terms)
            found.calls += 1
            found.charged[customer] = found.charged.get(customer, 0) + price
            found.charged[-operator] = found.charged.get(-operator, 0) - share
            if (paid, earned, rest) != (price, share, 0):
                found.differences.append(f"{joined_ms} ms: {paid}, {earned}, {rest}, not {price}, {share}, 0")
    return found


def _price(
    seconds: int, rate: int, fee: int, first: int, following: int, grace: int, share_bps: int
) -> tuple[int, int]:
    """What the customer pays and the operator gets, minor units; halves are rounded up."""
    seconds = max(1, seconds)
    paid = first + -(-max(0, seconds - first) // following) * following if seconds >= grace else 0
    talk = (rate * paid * 2 + 60) // 120
    fee = fee if seconds >= grace else 0
    return talk + fee, sum((part * share_bps * 2 + 10_000) // 20_000 for part in (talk, fee))


def _balances(customers: list[int], operators: list[int]) -> dict[int, tuple[int, int]]:
    """What each wallet and, under the negative number of the operator, each payable has, and holds."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BALANCES, [customers, operators])
        return {owner: (balance, held) for owner, balance, held in cursor.fetchall()}


def _compare_balances(
    found: Recount, before: dict[int, tuple[int, int]], after: dict[int, tuple[int, int]]
) -> None:
    for owner, (balance, held) in after.items():
        expected = before[owner][0] - found.charged.get(owner, 0)
        if (balance, held) != (expected, 0):
            found.differences.append(f"account of {owner}: {balance}, {held} held, not {expected}")


def _wrong_pages(balances: dict[str, str], customers: list[int], charged: dict[int, int]) -> int:
    """How many pages say something else at last than what their customer has."""
    from core.money import format_money

    shown = [balances.get(str(number)) for number in range(len(customers))]
    has = [format_money(BALANCE_MINOR - charged.get(customer, 0)) for customer in customers]
    return sum(one != other for one, other in zip(shown, has, strict=True))


def _goals(calls: int, rows: int, recount: Recount, wrong_pages: int, lost: int) -> list[Goal]:
    what = f"{calls} calls at ten times their speed, pages open, {in_figures(rows)} rows"
    charged = sum(amount for owner, amount in recount.charged.items() if owner > 0)
    first = f"; the first: {recount.differences[0]}" if recount.differences else ""
    return [
        Goal(
            what=f"{what}: settled",
            measured=recount.calls,
            wanted=calls,
            is_least=True,
        ),
        Goal(
            what=f"{what}: differ from a recount",
            measured=len(recount.differences),
            wanted=0,
            beside=f"{charged / 100:,.2f} dollars charged; calls, wallets, payables{first}",
        ),
        Goal(
            what=f"{what}: pages with another balance than the books, or without their socket",
            measured=wrong_pages + lost,
            wanted=0,
        ),
    ]
