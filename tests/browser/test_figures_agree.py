"""The figures that tick in the browser are those of the one pricing module: `static/js/cost.js` in a real Chromium."""

import base64
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from billing import rating
from billing.rating import Reserved, Tariff
from core.money import format_money

JS = Path(__file__).resolve().parents[2] / "static" / "js"
JOINED_AT_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def module(name: str) -> str:
    """The script as an address that can be imported without a server."""
    return "data:text/javascript;base64," + base64.b64encode((JS / name).read_bytes()).decode()


def snapshots() -> list[dict[str, Any]]:
    """Five hundred calls at random terms and moments, the increments' edges among them."""
    choose = random.Random(22)
    calls = []
    for _ in range(500):
        first, following = choose.choice([(60, 60), (60, 6), (30, 10), (1, 1)])
        edge_ms = (first + following * choose.randrange(0, 12)) * 1000 + choose.randrange(-1500, 1500)
        reserved = [
            [choose.choice([37, 60, 600]), choose.random() < 0.5] for _ in range(choose.choice([0, 0, 1, 3]))
        ]
        calls.append(
            {
                "joined_at_ms": JOINED_AT_MS,
                "elapsed_ms": max(1, choose.choice([edge_ms, choose.randrange(900_000)])),
                "granted_seconds": choose.choice([60, 180, 900]),
                "first_seconds": first,
                "next_seconds": following,
                "grace_seconds": choose.choice([0, 0, 0, 10]),
                "free_seconds": sum(seconds for seconds, _ in reserved),
                "reserved": reserved,
                "rate_minor": choose.choice([1, 299, 399, 1250]),
                "fee_minor": choose.choice([0, 99]),
                "share_bps": choose.choice([7500, 8000, 8500]),
                "promo_pay_bps": choose.choice([0, 5000, 10_000]),
            }
        )
    return calls


def expected(call: dict[str, Any]) -> list[int]:
    """Charged and billable seconds, the customer's cost, the operator's earnings, by the server's rule."""
    tariff = Tariff(
        rate_per_minute_minor=call["rate_minor"],
        connect_fee_minor=call["fee_minor"],
        first_increment_seconds=call["first_seconds"],
        next_increment_seconds=call["next_seconds"],
        grace_seconds=call["grace_seconds"],
        operator_share_bps=call["share_bps"],
        promo_pay_bps=call["promo_pay_bps"],
    )
    reserved = [Reserved(seconds, is_platform_funded) for seconds, is_platform_funded in call["reserved"]]
    bill = rating.bill(tariff, call["elapsed_ms"], call["granted_seconds"], reserved)
    return [bill.charged_seconds, bill.billable_seconds, bill.cost_minor, bill.operator_minor]


def test_time_cost_and_earnings_are_the_servers(page: Page) -> None:
    calls = snapshots()
    told = page.evaluate(
        """async ([address, calls]) => {
          const rule = await import(address);
          return calls.map((call) => {
            const seconds = rule.chargedSeconds(call, call.joined_at_ms + call.elapsed_ms);
            const { billableSeconds, costMinor, earnedMinor } = rule;
            return [seconds, billableSeconds(call, seconds), costMinor(call, seconds), earnedMinor(call, seconds)];
          });
        }""",
        [module("cost.js"), calls],
    )
    assert told == [expected(call) for call in calls]


def test_the_next_minute_starts_when_the_price_steps(page: Page) -> None:
    call = next(c for c in snapshots() if c["first_seconds"] == 60 and c["next_seconds"] == 60)
    waits = page.evaluate(
        """async ([address, call]) => {
          const { secondsToNextIncrement } = await import(address);
          return [1, 59, 60, 61, 120].map((seconds) => secondsToNextIncrement(call, seconds));
        }""",
        [module("cost.js"), {**call, "grace_seconds": 0}],
    )
    assert waits == [60, 2, 1, 60, 1]


def test_amounts_are_written_the_same(page: Page) -> None:
    amounts = [0, 5, 99, 399, 4500, 123_456, 100_000_00, -99]
    told = page.evaluate(
        "async ([address, amounts]) => { const { money } = await import(address); return amounts.map((a) => money(a)); }",
        [module("show.js"), amounts],
    )
    assert told == [format_money(amount) for amount in amounts]
