"""Tax on tips: a rate of its own, frozen when the tip is given, beside what is shared; and refunds of taxed sales in parts."""

import csv
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.tax_report import tax_report
from billing.auditing import run, scope_since
from billing.budget import read_budget
from billing.ledger.models import Transaction
from billing.models import TaxRate
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.refundable import Line
from billing.services.open_case import open_case
from billing.services.refund import refund_reference, refundable_minor
from billing.services.tip import Tip
from core import clock
from core.days import BOOKS_ZONE
from core.errors import Conflict, DomainError, InsufficientCredit, LimitReached
from customers.models import Customer
from notices.models import Notice
from operators.models import Operator
from telephony.models import Call
from telephony.services.tip_on_call import tip_on_call
from tests.billing.taxed import RATE, given_tax, owed_to
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import text
from tests.scenario import (
    assert_books_are_whole,
    customer_client,
    earned,
    given_customer,
    given_operator,
    logged_in,
    wallet,
    when_called,
    when_talked,
)
from tests.storefront.test_tip_pages import confirmation, page_of, text_of

pytestmark = pytest.mark.django_db
CALL, CALL_EARNED = 498, 398  # untaxed, 59 seconds


def talked(balance: str = "45.00", **fields: Any) -> tuple[Customer, Operator, Call]:
    customer, operator = (
        given_customer(balance=balance, **fields),
        given_operator(stage_name="Sarah"),
    )
    call = when_called(customer, operator)
    when_talked(call, 59_000)
    return customer, operator, call


def give(customer: Customer, call: Call, minor: int = 1000, key: str = "k", **more: Any) -> Tip:
    return tip_on_call(
        customer=customer, call_id=call.call_id, amount_minor=minor, brand=BrandFactory(), idempotency_key=key, **more
    )  # fmt: skip


def later(**span: float) -> Any:
    at = clock.now() + timedelta(**span)
    return clock.using(lambda: at)


def the_tip() -> Transaction:
    return Transaction.objects.get(kind="tip")


def refund(minor: int | None = None, key: str = "r", **more: Any) -> tuple[int, int, int]:
    back = refund_reference(
        reference=the_tip().reference, amount_minor=minor, reason="a slip", actor=None, idempotency_key=key, **more
    )  # fmt: skip
    return back.amount_minor, back.operator_minor, back.platform_minor


def whole() -> None:
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []


def test_tax_on_top_is_paid_beside_the_tip_and_goes_back_with_it() -> None:
    given_tax(tip=RATE)
    customer, operator, call = talked()
    tip = give(customer, call)
    assert (tip.amount_minor, tip.tax_minor, tip.charged_minor) == (1000, 139, 1139)
    assert (tip.operator_minor, tip.platform_minor, tip.available_minor) == (800, 200, 4500 - CALL - 1139)
    assert (wallet(customer), earned(operator), owed_to()) == (
        (4500 - CALL - 1139, 0),
        CALL_EARNED + 800,
        139,
    )
    whole()
    assert refundable_minor(the_tip().reference) == 1139
    assert refund() == (1139, 800, 200)
    assert (wallet(customer), earned(operator), owed_to()) == ((4500 - CALL, 0), CALL_EARNED, 0)
    whole()


def test_included_tax_leaves_the_amount_and_the_operator_a_share_of_the_rest() -> None:
    given_tax(tip=RATE, is_included=True)
    customer, _, call = talked()
    tip = give(customer, call)
    assert (tip.charged_minor, tip.tax_minor, tip.operator_minor, tip.platform_minor) == (1000, 122, 702, 176)
    assert (wallet(customer)[0], owed_to()) == (4500 - CALL - 1000, 122)
    assert give(customer, call) == Tip(**{**_fields(tip), "is_new": False})
    whole()


def _fields(tip: Tip) -> dict[str, Any]:
    return {name: getattr(tip, name) for name in Tip.__dataclass_fields__}


def test_other_rates_leave_tips_alone() -> None:
    given_tax(voice=RATE, text=RATE, fee=RATE)
    customer, _, call = talked()
    assert give(customer, call).tax_minor == 0
    assert Transaction.objects.get(kind="tip").entries.count() == 3


def test_a_repeat_is_the_same_tip_though_the_rate_has_changed() -> None:
    place = given_tax(tip=RATE)
    customer, _, call = talked()
    first = give(customer, call)
    TaxRate.objects.filter(jurisdiction=place).update(tip_millionths=0)
    again = give(customer, call)
    assert (again.charged_minor, again.tax_minor, again.is_new) == (1139, 139, False)
    assert again.transaction_id == first.transaction_id
    with pytest.raises(Conflict):
        give(customer, call, 1001)


def test_neither_the_balance_nor_the_daily_limit_is_exceeded_by_the_tax() -> None:
    given_tax(tip=RATE)
    customer, _, call = talked(balance="16.36")  # the call, and 11.38
    with pytest.raises(InsufficientCredit):
        give(customer, call)
    limited, _, theirs = talked(daily_limit_minor=CALL + 1138)
    with pytest.raises(LimitReached):
        give(limited, theirs)
    give(limited, theirs, 999)  # and 1.39 of tax
    assert read_budget(limited.pk).limit_left_minor == 0


def test_who_agreed_to_another_total_is_asked_again() -> None:
    place = given_tax(tip=RATE)
    customer, _, call = talked()
    client = customer_client(customer)
    page = text_of(client.post(page_of(call), {"choice": "1000"}))
    assert "Tip $10.00 Tax $1.39 You pay $11.39 Balance after $28.63" in page
    assert "Pay $11.39" in page
    fields = confirmation(client, call, choice="1000")
    TaxRate.objects.filter(jurisdiction=place).update(tip_millionths=200_000)
    page = text_of(client.post(page_of(call), fields))
    assert "The tax on tips has changed." in page
    assert "You pay $12.00" in page
    assert not Transaction.objects.filter(kind="tip").exists()
    client.post(page_of(call), fields | {"total": "1200"})
    assert (wallet(customer)[0], owed_to()) == (4500 - CALL - 1200, 200)


def test_receipt_letter_activity_and_console_say_it() -> None:
    given_tax(tip=RATE)
    customer, operator, call = talked(mails_receipts=True)
    give(customer, call)
    client = customer_client(customer)
    assert "Tip $11.39 Tax, included $1.39" in text_of(client.get(f"/calls/{call.call_id}/"))
    activity = text_of(client.get("/activity/?kind=tips"))
    assert "includes $1.39 tax" in activity
    assert "−$11.39" in activity
    assert Notice.objects.filter(kind="receipt").latest("pk").payload["total"] == "$11.39"
    assert "tipped you $8.00" in text_of(logged_in(operator.user, "portal.localhost").get("/"))


def test_the_report_of_a_period_tells_tips_apart() -> None:
    given_tax(tip=RATE)
    customer, _, call = talked()
    give(customer, call)
    refund(500)
    today = clock.now().astimezone(BOOKS_ZONE).date()
    [line] = tax_report(today, today)
    assert [str(cell) for cell in line] == ["NY-TEST", "tip", "USD", "10.00", "1.39", "4.39", "0.61", "0.78"]
    assert owed_to() == 78
    whole()


def test_from_the_csv_alone_sale_and_tax_are_operator_platform_and_tax_owed() -> None:
    given_tax(voice=RATE, fee=45_000, text=88_750, tip=62_500)
    customer, operator, call = talked("300.00")
    text(customer, operator)
    give(customer, call, 2345)
    refund(777)
    desk = logged_in(StaffFactory(is_superuser=True), "admin.localhost")
    today = clock.now().astimezone(BOOKS_ZONE).date().isoformat()
    [month] = _csv(desk, "/backoffice/revenue.csv")
    due = sum(Decimal(row["tax_due"]) for row in _csv(desk, f"/backoffice/tax.csv?from={today}&to={today}"))
    paid, tax, shares = (
        Decimal(month["paid_by_customers"]),
        Decimal(month["tax"]),
        Decimal(month["operator_share"]) + Decimal(month["platform_share"]),
    )
    assert paid == shares + tax
    assert due == tax == Decimal(owed_to()) / 100
    assert 100 * paid == 30_000 - wallet(customer)[0]
    assert Decimal(month["operator_share"]) * 100 == earned(operator)


def _csv(desk: Any, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(b"".join(desk.get(address).streaming_content).decode().splitlines()))


@given(
    price=st.integers(1, 20_000), share=st.integers(0, 10_000), tax=st.integers(0, 400),
    steps=st.lists(st.integers(1, 700), max_size=12),
)  # fmt: skip
def test_steps_of_a_refund_add_up_and_none_moves_a_cent_the_wrong_way(
    price: int, share: int, tax: int, steps: list[int]
) -> None:
    """In every step each of operator, platform, and tax gives 0 or more; the last gives what is left to the cent."""
    operator = price * share // 10_000
    line = Line(Transaction(pk=1), price + tax, operator, tax_minor=tax)
    given_back: list[Transaction] = []
    for step in [*steps, price + tax]:
        if not (amount := min(step, line.left_minor)):
            continue
        one = line.given_back(amount, claws_back=True)
        assert min(one.operator_minor, one.tax_minor, one.parts.platform_minor) >= 0
        given_back.append(
            Transaction(
                amount_minor=amount,
                operator_minor=one.operator_minor,
                platform_minor=one.parts.platform_minor,
            )
        )
        line = Line(line.row, line.amount_minor, operator, tuple(given_back), tax_minor=tax)
    assert sum(row.operator_minor for row in given_back) == operator
    assert sum(row.refunded_tax_minor for row in given_back) == tax
    assert sum(row.platform_minor for row in given_back) == price - operator


def test_cent_by_cent_a_taxed_tip_goes_back_whole_and_the_books_stay_whole() -> None:
    given_tax(tip=RATE)
    customer, _, call = talked()
    give(customer, call, 107)  # 0.15 of tax
    for number in range(122):
        parts = refund(1, key=str(number), claws_back=number % 3 > 0)
        assert min(parts) >= 0
    with pytest.raises(Conflict):
        refund(1, key="more")
    assert (wallet(customer), owed_to()) == ((4500 - CALL, 0), 0)
    whole()


def test_a_case_opened_in_time_keeps_a_tip_refundable() -> None:
    customer, _, call = talked()
    give(customer, call)
    client = customer_client(customer)
    receipt = client.get(f"/calls/{call.call_id}/").content.decode()
    address = f"/cases/new/{_number_of(the_tip())}/"
    assert f'<a href="{address}">Ask for a refund</a>' in receipt
    assert "Tip for Sarah" in text_of(client.get(address))
    answer = client.post(address, {"problem": "by_mistake", "words": ""})
    assert answer.status_code == 302, text_of(answer)
    with later(days=3):
        refund()
    assert wallet(customer)[0] == 4500 - CALL


def test_a_case_opened_too_late_does_not() -> None:
    customer, _, call = talked()
    give(customer, call)
    with later(hours=24, seconds=5):
        open_case(
            customer=customer, brand=BrandFactory(), receipt=_number_of(the_tip()), problem="by_mistake", words=""
        )  # fmt: skip
        with pytest.raises(DomainError) as refusal:
            refund()
    assert refusal.value.error_code == "tip_too_old"


def _number_of(tip: Transaction) -> str:
    return receipt_number(ReceiptOf.FUNDS, tip.pk)
