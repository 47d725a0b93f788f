"""What an operator sees of payouts: every figure adds up by hand, a payout is followed to the bank and back, and the account is safe."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutAccount, PayoutItem, TaxYear
from billing.payouts.services.approve_run import approve_run, cancel_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.services.return_item import return_item
from billing.services.hold_earnings import hold_earnings
from billing.services.refund import refund_reference
from billing.states import HoldKind
from core import clock
from messaging.models import Sms
from messaging.services.record_consent import record_consent
from messaging.services.send import send
from messaging.states import ConsentAction, ConsentSource
from notices.models import Notice
from operators.models import Operator
from telephony.models import Call
from tests.factories import StaffFactory
from tests.payouts.scenario import ANOTHER, BANK, EARNED, a_run, an_approved_run, given_earner, item_of, later
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.html import compact
from tests.support.ledger_clock import it_is

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


def page_of(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def csv_of(page: Client) -> list[dict[str, str]]:
    answer: Any = page.get("/payouts.csv")
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def by_status(lines: list[dict[str, str]]) -> dict[str, int]:
    """Added up by hand, cents."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line["status"]] += Decimal(line["amount"].removeprefix("'"))
    return {status: int(amount * 100) for status, amount in sums.items()}


def assert_it_adds_up(page: Client) -> dict[str, int]:
    """CSV, page, and the next payout's lines are one figure; the parts, which it returns."""
    context = page.get("/payouts/").context
    balance, sums = context["payouts"].balance, by_status(csv_of(page))
    parts = {
        "payable": balance.payable_minor, "pending": balance.pending_minor, "held": balance.held_minor,
    }  # fmt: skip
    assert {status: sums.get(status, 0) for status in parts} == parts
    assert sum(parts.values()) == balance.balance_minor
    lines, coming = context["lines"], context["payouts"].next
    in_days = sum(row.amount_minor for day in lines.days for row in day.rows)
    assert in_days + lines.earlier_minor == coming.amount_minor
    return parts


def talked(operator: Operator) -> Call:
    call = when_called(given_customer(balance="100.00"), operator)
    when_talked(call, 127_000)
    return call


def hold(call: Call) -> None:
    hold_earnings(
        operator_id=call.operator_id, customer_id=call.customer_id, kind=HoldKind.LARGE_SHARE,
        references=[call.call_id], evidence={},
    )  # fmt: skip


def refund(call: Call, amount_minor: int | None = None) -> None:
    refund_reference(
        reference=call.call_id, amount_minor=amount_minor, reason="noise", actor=StaffFactory(),
        idempotency_key=f"{call.call_id}-{amount_minor}",
    )  # fmt: skip


def test_the_csv_adds_up_by_hand_across_refunds_holds_a_payout_its_return_and_a_clock_change(
    settable_ledger_clock: None,
) -> None:
    """Clocks are set back on November 1."""
    with it_is(datetime(2026, 9, 1, 12, tzinfo=NEW_YORK)):
        operator = given_operator(rate_per_message_minor=50)
        change_account(operator_id=operator.pk, method="transfer", given=BANK)
        page = page_of(operator)
    with it_is(datetime(2026, 10, 20, 12, tzinfo=NEW_YORK)):
        old = [talked(operator) for _ in range(4)]
        assert assert_it_adds_up(page) == {"payable": 0, "pending": 4 * EARNED, "held": 0}
    with it_is(datetime(2026, 11, 1, 5, 30, tzinfo=UTC)):  # 1:30 AM, and again in an hour
        send(customer=given_customer(balance="9.00"), operator_id=operator.pk, text="Are you there?")
    with it_is(datetime(2026, 11, 1, 6, 30, tzinfo=UTC)):
        new = talked(operator)
        assert {line["payable_on"] for line in csv_of(page) if line["day"] == "2026-11-01"} == {"2026-11-09"}
        assert assert_it_adds_up(page) == {"payable": 4 * EARNED, "pending": EARNED + 40, "held": 0}
        refund(old[0], 200)
        hold(old[1])
        hold(new)
        parts = assert_it_adds_up(page)
        assert (parts["pending"], parts["held"]) == (EARNED + 40, EARNED)
    with it_is(datetime(2026, 11, 2, 17, tzinfo=UTC)):
        run = an_approved_run()
        item = item_of(run, operator)
        assert item.amount_minor == parts["payable"]
        assert assert_it_adds_up(page) == {**parts, "payable": 0}
    with it_is(datetime(2026, 11, 3, 17, tzinfo=UTC)):
        refund(old[2])  # it was paid out
        refund(new, 100)
        assert_it_adds_up(page)
        file = export_run(run_id=run.pk, file_format="csv", actor=StaffFactory())
        mark_file_paid(
            file_id=file.pk, paid_on=books_day(clock.now()), bank_reference="B", actor=StaffFactory()
        )
    with it_is(datetime(2026, 11, 4, 17, tzinfo=UTC)):
        assert_it_adds_up(page)
        return_item(item_id=item.pk, reason="R03, no account", actor=StaffFactory())
        assert assert_it_adds_up(page)["payable"] == 2 * EARNED - 160
        kinds = {line["kind"]: line["amount"] for line in csv_of(page) if "payout" in line["kind"]}
        assert kinds == {
            "payout": f"-{item.amount_minor / 100:.2f}",
            "payout_back": f"{item.amount_minor / 100:.2f}",
        }
    for later_day in (6, 8, 9, 10, 12):
        with it_is(datetime(2026, 11, later_day, 17, tzinfo=UTC)):
            parts = assert_it_adds_up(page)
    assert parts["pending"] == 0


def test_below_zero_all_lines_say_that_later_earnings_make_up_for_it() -> None:
    operator = given_earner()
    page, calls = page_of(operator), list(Call.objects.filter(operator=operator))
    with later(days=8):
        an_approved_run()
        for call in calls[:2]:
            refund(call)
        assert assert_it_adds_up(page) == {"payable": 0, "pending": -2 * EARNED, "held": 0}
        assert "$20.74 below zero" in compact(page.get("/payouts/"))
    talked(operator)
    with later(days=8):
        assert assert_it_adds_up(page) == {"payable": 0, "pending": -EARNED, "held": 0}


def test_the_page_says_what_is_paid_when_and_every_line_of_it() -> None:
    operator = given_earner()
    page = page_of(operator)
    payday = page.get("/payouts/").context["payouts"].next.on
    with later(days=(payday - books_day(clock.now())).days - 1):
        context = page.get("/payouts/").context
    assert context["payouts"].next.on == payday
    [(on, amount_minor)] = page.get("/payouts/").context["payouts"].later
    assert (on, amount_minor) == (books_day(clock.now()) + timedelta(days=8), 3 * EARNED)
    with later(days=8):
        html = compact(page.get("/payouts/"))
        shown = page.get("/payouts/").context["payouts"].next
        assert f"Next payout Mon, {shown.on:%b} {shown.on.day}" in html
        assert "$31.11" in html
        assert html.count('class="money-what">Call') == 3
        assert "Paid to: Checking account ending in 6789." in html
        assert "$31.11" in compact(page.get("/dashboard/"))
        a_run()
        waiting = page.get("/payouts/")
        assert waiting.context["payouts"].next.amount_minor == 0, "it isn't promised twice"
        assert "Being prepared" in compact(waiting)
    row = page.get("/statement/").context["days"][0].rows[0]
    assert row.payable_on == books_day(clock.now()) + timedelta(days=8)


def test_held_lines_say_which_since_when_and_why() -> None:
    operator = given_earner()
    call = Call.objects.filter(operator=operator).select_related("customer").first()
    assert call is not None
    hold(call)
    with later(days=8):
        html = compact(page_of(operator).get("/payouts/"))
    assert "One person paid for a large part of your week." in html
    assert f'href="/held/{call.call_id}/"' in html
    assert 'data-sum="held">$10.37' in html
    assert call.customer.alias not in html.partition('id="held-title"')[2].partition("</section>")[0]


def test_what_keeps_a_payout_back_is_said_with_the_link_that_mends_it() -> None:
    operator = given_earner(1, account=None)
    with later(days=8):
        html = compact(page_of(operator).get("/payouts/"))
    assert "Tell us where to send your money first." in html
    assert 'href="/payouts/account/">Say how you’re paid' in html
    assert "less than the smallest payout" in html


def test_a_payout_is_followed_to_the_bank_and_back() -> None:
    operator = given_earner(method="transfer")
    page, staff = page_of(operator), StaffFactory()
    with later(days=8):
        canceled = a_run()
        cancel_run(run_id=canceled.pk, reason="a mistake", actor=staff)
        run = a_run()
        approve_run(run_id=run.pk, reason="checked", actor=staff)
        assert "Approved, about to go to the bank" in compact(page.get("/payouts/"))
        file = export_run(run_id=run.pk, file_format="csv", actor=StaffFactory())
        assert "Sent to the bank" in compact(page.get("/payouts/"))
        today = books_day(clock.now())
        mark_file_paid(file_id=file.pk, paid_on=today, bank_reference="B", actor=StaffFactory())
        assert f"Paid on {today:%b} {today.day}, {today.year}" in compact(page.get("/payouts/"))
        assert page.get("/statement/").context["paid_out_minor"] == 3 * EARNED
        return_item(item_id=item_of(run, operator).pk, reason="R03, no account", actor=staff)
        html = compact(page.get("/payouts/"))
        statement = page.get("/statement/").context
    assert "R03, no account" in html
    assert "Canceled. Nothing was taken off your balance." in html
    assert f"Run {run.pk}" in html
    assert statement["paid_out_minor"] == 0, "what came back wasn't paid out"
    assert sum(day.paid_out_minor for day in statement["days"]) == 0
    assert sum(row.amount_minor for day in statement["days"] for row in day.rows) == 3 * EARNED
    letters = dict(Notice.objects.filter(kind__startswith="payout").values_list("kind", "payload"))
    assert set(letters) == {"payout_account_changed", "payout_approved", "payout_paid", "payout_returned"}
    assert letters["payout_returned"]["reason"] == "R03, no account"
    assert {letters[kind]["amount"] for kind in letters if "amount" in letters[kind]} == {"$31.11"}
    other = compact(page_of(given_operator()).get("/payouts/"))
    assert "R03" not in other
    assert "No payouts yet" in other


def test_withholding_and_fee_have_words_and_sums_of_their_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BILLING = settings.BILLING | {
        "PAYOUTS": settings.BILLING["PAYOUTS"] | {"AT_ONCE_FEE_MINOR": 150}
    }

    class Form:
        kind, last_four, has_withholding, valid_until = "w9", "6789", True, None

    for module in ("billing.payouts.services.approve_run", "portal.payout_views"):
        monkeypatch.setattr(f"{module}.newest", lambda _user: Form())
    terms = {"threshold_minor": 200_000, "withholding_bps": 2_400, "source": "a test"}
    TaxYear.objects.update_or_create(year=2024, defaults=terms)
    operator = given_earner()
    page = page_of(operator)
    with later(days=8):
        confirm = compact(page.get("/payouts/now/"))
        assert "Ask for $29.61, for a fee of $1.50" in confirm
        assert "Backup withholding is taken off that" in confirm
        assert page.post("/payouts/now/")["Location"] == "/payouts/"
        assert "You’ve asked for a payout already" in compact(page.get("/payouts/now/"))
        item = PayoutItem.objects.get()
        approve_run(run_id=item.run_id, reason="checked", actor=StaffFactory())
        item.refresh_from_db()
        statement = page.get("/statement/?kind=payout")
    context = statement.context
    sums = [context[name] for name in ("paid_out_minor", "withheld_minor", "payout_fees_minor")]
    assert sums == [item.amount_minor, item.withheld_minor, 150]
    assert sum(sums) == 3 * EARNED
    assert item.withheld_minor > 0
    html = compact(statement)
    for words in ("Paid out to you", "Withheld for taxes", "Fee for a payout at once"):
        assert words in html
    assert {row.kind for day in context["days"] for row in day.rows} == {"payout"}


def test_where_payouts_are_weekly_alone_nobody_asks_for_one() -> None:
    operator = given_earner()
    page = page_of(operator)
    assert page.get("/payouts/now/").status_code == page.post("/payouts/now/").status_code == 404
    assert "Pay me now" not in compact(page.get("/payouts/"))


# -- where the money goes


def test_an_account_is_given_waits_and_is_withdrawn_and_pages_show_its_last_four() -> None:
    operator = given_earner(0)
    page = page_of(operator)
    answer = page.post("/payouts/account/", ANOTHER | {"method": "ach"}, follow=True)
    html = compact(answer)
    assert "Now: <strong>Checking account ending in 6789</strong>" in html
    assert "Checking account ending in 4321, from" in html
    assert "72 hours" in html
    for path in ("/payouts/", "/payouts/account/", "/settings/"):
        shown = page.get(path).content.decode()
        assert ANOTHER["account"] not in shown
        assert BANK["account"] not in shown
        assert BANK["routing"] not in shown
    page.post("/payouts/account/withdraw/")
    assert "A change waits" not in compact(page.get("/payouts/account/"))
    assert PayoutAccount.objects.filter(ended_at=None).get().last_four == "6789"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"routing": "021000022"}, "routing", "This isn’t a routing number."),
        ({"account": "12"}, "account", "Enter the account number"),
        ({"holder": ""}, "holder", "Enter the name on the account."),
        ({"method": "check", "address": "x"}, "address", "Enter the address"),
        ({"method": "wallet"}, "wallet", "Enter the name of your wallet."),
        ({"method": "gold"}, "method", "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_at_its_field(change: dict[str, str], field: str, words: str) -> None:
    page = page_of(given_operator())
    answer = page.post("/payouts/account/", BANK | {"method": "ach"} | change)
    assert answer.status_code == 400
    html = compact(answer)
    beside = html.partition(f'id="id_{field}"')[2].partition("</div>")[0]
    assert words in beside
    assert not PayoutAccount.objects.exists()


def test_only_what_the_owner_offers_can_be_chosen(settings: Settings) -> None:
    settings.BILLING = settings.BILLING | {"PAYOUTS": settings.BILLING["PAYOUTS"] | {"METHODS": ["check"]}}
    page = page_of(given_operator())
    html = compact(page.get("/payouts/account/"))
    assert "Mailing address" in html
    assert "Routing number" not in html
    assert page.post("/payouts/account/", BANK | {"method": "ach"}).status_code == 400


def test_a_change_is_told_to_every_address_and_by_sms_where_they_want_that() -> None:
    operator = given_operator()
    operator.user.emailaddress_set.create(email="second@example.test", verified=True)
    operator.user.emailaddress_set.create(email="typo@example.test", verified=False)
    assert operator.phone_number is not None
    record_consent(
        phone_number=operator.phone_number, action=ConsentAction.START, source=ConsentSource.SITE, said="yes"
    )
    change_account(operator_id=operator.pk, method="ach", given=BANK)
    letters = Notice.objects.filter(kind="payout_account_changed")
    assert sorted(letters.values_list("address", flat=True)) == ["", "second@example.test"]
    assert BANK["account"][-4:] not in str(list(letters.values_list("payload", "subject")))
    sms = Sms.objects.get()
    assert "6789" not in sms.body
    assert "log in and undo it" in sms.body
