"""Each line of a payout, the next one's, and what waits: every entry is in one of them, and each page's lines add up to its amount."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from billing.models import EarningsHold
from billing.payouts.lines import lines_of, next_lines, pending_lines
from billing.payouts.maturity import books_day, next_payday
from billing.payouts.models import PayoutItem
from billing.payouts.services.change_account import change_account
from billing.payouts.services.return_item import return_item
from billing.selectors import earnings_of
from billing.services.charge_message import charge_message
from billing.services.decide_hold import release_earnings
from core import clock
from operators.models import Operator
from portal import payout_lines
from tests.factories import BrandFactory, StaffFactory
from tests.payouts.scenario import BANK, EARNED, a_run, an_approved_run, given_earner, item_of, later
from tests.portal.test_payouts import hold, page_of, refund, talked
from tests.scenario import given_customer, given_operator
from tests.support.html import compact
from tests.support.ledger_clock import it_is

pytestmark = pytest.mark.django_db


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 17, tzinfo=UTC)


def ids(operator: Operator, condition: object) -> set[int]:
    return set(earnings_of(operator.pk).filter(condition).values_list("pk", flat=True))


def assert_page_adds_up(page: Client, address: str) -> tuple[int, int]:
    """Lines on all pages are the sum, and with the rest the amount; both."""
    first = page.get(address).context
    shown, context = 0, first
    while True:
        shown += sum(row.amount_minor for day in context["days"] for row in day.rows)
        if not context["older_url"]:
            break
        context = page.get(address + context["older_url"]).context
    assert shown == first["sum_minor"]
    return first["sum_minor"], first["rest_minor"]


def test_each_entry_is_paid_by_one_payout_whatever_comes_between(settable_ledger_clock: None) -> None:
    """Refunds of paid and unpaid calls, a hold that is released, and a payout that comes back, across a clock change."""
    with it_is(noon(9, 1)):
        operator = given_operator()
        change_account(operator_id=operator.pk, method="transfer", given=BANK)
        page = page_of(operator)
    with it_is(noon(10, 19)):
        old = [talked(operator) for _ in range(4)]
        hold(old[0])
    with it_is(noon(10, 28)):
        new = [talked(operator) for _ in range(3)]
        refund(new[0], 100)
        refund(old[1], 200)
        first = item_of(an_approved_run(), operator)
    assert first.debited_minor == 3 * EARNED - 160
    with it_is(noon(10, 30)):
        refund(old[2])
        release_earnings(hold_id=EarningsHold.objects.get().pk, reason="fine", actor=StaffFactory())
    with it_is(noon(11, 9)):
        talked(operator)
        second = item_of(an_approved_run(), operator)
    assert second.debited_minor == 3 * EARNED - 80
    with it_is(noon(11, 10)):
        return_item(item_id=second.pk, reason="R03", actor=StaffFactory())
        talked(operator)
        last = talked(operator)
        hold(last)
    with it_is(noon(11, 17)):
        third = item_of(an_approved_run(), operator)
        addresses = [f"/payouts/{item.pk}/" for item in (first, second, third)]
        assert [assert_page_adds_up(page, address) for address in addresses] == [
            (first.debited_minor, 0), (second.debited_minor, 0), (third.debited_minor, 0),
        ]  # fmt: skip
        talked(operator)
        items = [PayoutItem.objects.select_related("run").get(pk=item.pk) for item in (first, second, third)]
        today = books_day(clock.now())
        parts = [ids(operator, lines_of(item)) for item in items]
        parts[1] = set()  # what came back is paid by the third
        parts += [ids(operator, next_lines(operator.pk, next_payday(today)))]
        parts += [ids(operator, pending_lines(operator.pk, next_payday(today)))]
        held = set(
            earnings_of(operator.pk).filter(transaction__reference=last.call_id).values_list("pk", flat=True)
        )
        posted = {
            entry.pk
            for entry in earnings_of(operator.pk)
            if entry.transaction.reference not in (f"payout-{first.pk}", f"payout-{third.pk}")
        }
    assert sum(len(part) for part in [*parts, held]) == len(posted), "none is in two"
    assert set().union(*parts, held) == posted


def test_a_payout_opens_to_its_lines_and_names_its_run() -> None:
    operator = given_earner()
    page = page_of(operator)
    with later(days=8):
        run = an_approved_run()
        item = item_of(run, operator)
        assert f'href="/payouts/{item.pk}/">Every line of it' in compact(page.get("/payouts/"))
        html = compact(page.get(f"/payouts/{item.pk}/"))
        stranger = page_of(given_operator())
        assert stranger.get(f"/payouts/{item.pk}/").status_code == 404
        assert stranger.get("/payouts/999999999/").status_code == 404
    assert f"Run {run.pk} · Approved, about to go to the bank" in html
    assert html.count('class="money-what">Call') == 3
    assert 'data-sum="sent">$31.11' in html


def test_what_was_never_approved_has_no_lines() -> None:
    operator = given_earner()
    with later(days=8):
        item = item_of(a_run(), operator)
        assert page_of(operator).get(f"/payouts/{item.pk}/").status_code == 404


def test_each_line_says_when_it_is_payable() -> None:
    operator = given_earner(2)
    page = page_of(operator)
    on = books_day(clock.now()) + timedelta(days=8)
    html = compact(page.get("/payouts/pending/"))
    assert html.count(f"payable {on:%b} {on.day}") == 2
    assert 'href="/payouts/pending/"' in compact(page.get("/payouts/"))
    with later(days=8):
        assert "Nothing here" in compact(page.get("/payouts/pending/"))
        html = compact(page.get("/payouts/next/"))
        assert html.count('class="money-what">Call') == 2
        assert 'data-sum="total">$20.74' in html


def test_many_lines_are_on_pages_and_cost_no_more_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    operator = given_operator(rate_per_message_minor=100)
    customers = [given_customer(balance="300.00") for _ in range(4)]
    change_account(operator_id=operator.pk, method="ach", given=BANK)
    for number in range(130):
        charge_message(
            customer=customers[number % 4],
            operator=operator,
            brand=BrandFactory(),
            message_id=f"msg_{number}",
        )
    page = page_of(operator)
    with later(days=8):
        item = item_of(an_approved_run(), operator)
        for address in (f"/payouts/{item.pk}/", "/payouts/pending/", "/payouts/next/"):
            page.get(address)
            with django_assert_max_num_queries(32):
                page.get(address)
        assert page.get(f"/payouts/{item.pk}/").context["older_url"]
        assert assert_page_adds_up(page, f"/payouts/{item.pk}/") == (item.debited_minor, 0)


def test_what_waits_keeps_no_payable_line_off_the_page_and_more_than_fit_are_a_sum(
    settable_ledger_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payout_lines, "READ_AT_MOST", 4)  # each of these calls has a fee and its talk
    operator = given_operator()
    page = page_of(operator)
    with it_is(noon(10, 28)):
        for _ in range(3):
            talked(operator)
    with it_is(noon(11, 9)):
        for _ in range(4):
            talked(operator)
        lines = page.get("/payouts/").context["lines"]
    assert [(day.on.day, day.amount_minor, len(day.rows)) for day in lines.days] == [(28, 2 * EARNED, 2)]
    assert lines.earlier_minor == EARNED


def test_a_refund_of_what_was_payable_is_a_line_and_so_is_a_new_call_that_was_given_back_whole(
    settable_ledger_clock: None,
) -> None:
    operator = given_operator()
    page = page_of(operator)
    with it_is(noon(10, 28)):
        old = [talked(operator) for _ in range(3)]
    with it_is(noon(11, 9)):
        refund(old[0])
        refund(talked(operator), 100)
        refund(talked(operator))
        lines = page.get("/payouts/").context["lines"]
    rows = [row.amount_minor for day in lines.days for row in day.rows]
    assert sorted(rows) == [-EARNED, -EARNED, EARNED, EARNED, EARNED, EARNED]
    assert lines.earlier_minor == 0
