"""An operator's payouts, of runs and outside of them, in one list: in order, with what became of each, every one on one page."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.payouts.models import PayoutItem, PayoutRun
from billing.payouts.services.return_outside import return_outside
from billing.services.record_payout import record_payout
from core import clock
from operators.models import Operator
from portal import payout_history
from tests.factories import StaffFactory
from tests.payouts.scenario import given_earner
from tests.scenario import logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ROW = re.compile(r'id="((?:outside-)?payout-\d+)"')


def page_of(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def paid_outside(operator: Operator, payment: str) -> int:
    """One dollar on the last day of 2025; its number."""
    posted = record_payout(
        operator=operator, amount_minor=100, reason=payment, actor=StaffFactory(), idempotency_key=payment,
        paid_on=date(2025, 12, 31), is_early=True,
    )  # fmt: skip
    return posted.transaction_id


def in_a_run(operator: Operator, days_ago: int = 0) -> int:
    at = clock.now() - timedelta(days=days_ago)
    run = PayoutRun.objects.create(kind="staff", held_back_since=at, prepared_at=at)
    return PayoutItem.objects.create(run=run, operator=operator, amount_minor=500).pk


def test_what_was_paid_outside_is_among_them_with_its_reference_and_whether_it_came_back() -> None:
    operator = given_earner()
    in_a_run(operator, days_ago=1)
    returned, kept = paid_outside(operator, "Check 1042"), paid_outside(operator, "Wire 7")
    paid_outside(given_earner(), "Somebody else’s")
    return_outside(transaction_id=returned, reason="The check bounced", actor=StaffFactory())
    page = compact(page_of(operator).get("/payouts/"))
    assert ROW.findall(page)[:2] == [f"outside-payout-{kept}", f"outside-payout-{returned}"]
    assert len(ROW.findall(page)) == 3
    assert "Paid separately · Wire 7" in page
    assert "· Paid on Dec 31, 2025</span>" in page
    assert "Paid separately · Check 1042" in page
    assert ": The check bounced</span>" in page
    assert page.count("$1.00, and put back") == 1
    assert "Somebody else’s" not in page


def test_each_payout_is_on_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payout_history, "PAGE", 2)
    operator = given_earner()
    expected = [
        *(f"payout-{in_a_run(operator, days_ago=number)}" for number in (3, 2)),
        *(f"outside-payout-{paid_outside(operator, f'Wire {number}')}" for number in range(3)),
        f"payout-{in_a_run(operator)}",
    ]
    page, address, seen = page_of(operator), "/payouts/", list[str]()
    for _ in range(3):
        html = page.get(address).content.decode()
        assert len(ROW.findall(html)) == 2
        seen += ROW.findall(html)
        older = re.search(r'href="(\?before=[^"#]+)', html)
        address = f"/payouts/{older[1]}" if older else ""
    assert (seen, address) == (expected[::-1], "")
    for place in ("x", "5-x", "-0x1", "1-2-3"):
        assert page.get(f"/payouts/?before={place}").status_code == 400


def test_more_of_them_take_no_more_statements() -> None:
    operator = given_earner()
    page, counts = page_of(operator), []
    for number in range(2):
        for part in range(1 + 3 * number):
            back = paid_outside(operator, f"Wire {number} {part}")
            return_outside(transaction_id=back, reason="It came back", actor=StaffFactory())
        page.get("/payouts/")
        with CaptureQueriesContext(connection) as asked:
            page.get("/payouts/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
