"""Statements of processors: read once, matched with our payments, booked where they agree, queued where they differ."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from billing.auditing import run, scope_since, statements
from billing.gateways.statement_file import COLUMNS, BadStatement, read_statement_file
from billing.ledger.models import Entry, Transaction
from billing.models import Difference, Payment, StatementLine
from billing.services.check_payment import check_payment
from billing.services.credit_wallet import credit_wallet
from billing.services.read_statement import ReadStatement, read_statement
from billing.services.reconcile import (
    confirm_deposit,
    confirm_received,
    decide_difference,
    recheck_differences,
)
from billing.states import CreditSource
from core import clock
from core.errors import Conflict, Invalid
from customers.models import User
from tests.factories import StaffFactory
from tests.scenario import given_customer
from tests.support.card_processor import NAME, Processor, given_paid
from tests.support.database_owner import as_owner_past_guards

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def staff() -> User:
    return StaffFactory()  # type: ignore[no-any-return]


def stated(*rows: str) -> bytes:
    """A file in the neutral format."""
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


def sale(payment: Payment, gross: str = "25.00", fee: str = "3.13", *, number: str = "") -> str:
    number = number or f"s{payment.pk}"
    return f"{number},sale,{payment.processor_reference},,{gross},{fee},USD,2026-03-02"


def read(*rows: str) -> ReadStatement:
    return read_statement(gateway_name=NAME, name="march.csv", data=stated(*rows), actor=None)


def books() -> dict[str, int]:
    """The platform's accounts, counted from their entries."""
    found: dict[str, int] = {}
    for kind, minor in Entry.objects.values_list("account__kind", "amount_minor"):
        found[kind] = found.get(kind, 0) + minor
    return {kind: found.get(kind, 0) for kind in ("processor", "fees", "bank", "received")}


def queue() -> list[tuple[str, str]]:
    return list(Difference.objects.order_by("pk").values_list("kind", "state"))


def test_what_agrees_is_booked_once_and_the_deposit_when_it_arrived(
    processor: Processor, staff: User
) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    rows = (sale(payment), "d1,deposit,,,21.87,,USD,2026-03-05")
    first, again = read(*rows), read(*rows)
    assert (first.is_new, first.differences, again.is_new, again.statement) == (
        True,
        0,
        False,
        first.statement,
    )
    assert books() == {"processor": -2187, "fees": -313, "bank": 0, "received": 0}
    deposit = StatementLine.objects.get(kind="deposit")
    confirm_deposit(line_id=deposit.pk, amount_minor=2187, bank_reference="wire 77", actor=staff)
    assert books() == {"processor": 0, "fees": -313, "bank": -2187, "received": 0}
    with pytest.raises(Conflict, match="already confirmed"):
        confirm_deposit(line_id=deposit.pk, amount_minor=2187, bank_reference="wire 77", actor=staff)
    assert not list(run(scope_since(None)))


def given_charged_back(processor: Processor) -> Payment:
    payment = given_paid(processor, given_customer(balance=0))
    processor.add(payment, refunded_minor=500, charged_back_minor=2000, won_back_minor=700)
    return check_payment(payment_id=payment.pk)


def test_refunds_and_chargebacks_are_matched_by_what_our_books_hold(processor: Processor) -> None:
    charge = given_charged_back(processor).processor_reference
    read(
        f"1,sale,{charge},,25.00,3.13,USD,2026-03-02", f"2,refund,{charge},,3.00,-0.10,USD,2026-03-03",
        f"3,refund,{charge},,2.00,,USD,2026-03-03", f"4,chargeback,{charge},,20.00,25.00,USD,2026-03-04",
        f"5,reversal,{charge},,7.00,,USD,2026-03-05", f"6,refund,{charge},,0.01,,USD,2026-03-05",
    )  # fmt: skip
    assert queue() == [("amount", "open")]  # one cent more was given back than we know
    assert books()["fees"] == -(313 - 10 + 2500)
    assert not list(run(scope_since(None)))


DIFFERENT: dict[str, Callable[[Payment], str]] = {
    "amount": lambda payment: sale(payment, gross="24.99"),
    "unknown": lambda payment: "s9,sale,T-none,,25.00,3.13,USD,2026-03-02",
    "duplicate": lambda payment: f"{sale(payment)}\n{sale(payment)}",
}


@pytest.mark.parametrize("kind", DIFFERENT)
@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_difference_books_nothing_until_staff_decide(
    processor: Processor, staff: User, kind: str, is_accepted: bool
) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    read(DIFFERENT[kind](payment))
    agreed = -313 if kind == "duplicate" else 0
    assert (queue(), books()["fees"]) == ([(kind, "open")], agreed)
    row = Difference.objects.get()
    decide_difference(difference_id=row.pk, is_accepted=is_accepted, reason="their mistake", actor=staff)
    assert books()["fees"] == agreed - (313 if is_accepted else 0)
    assert queue() == [(kind, "accepted" if is_accepted else "dismissed")]
    with pytest.raises(Conflict, match="already decided"):
        decide_difference(difference_id=row.pk, is_accepted=True, reason="again", actor=staff)
    assert not list(run(scope_since(None)))


def test_another_currency_or_a_second_sale_differs(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    read(sale(payment).replace("USD", "CAD"), sale(payment, number="a"), sale(payment, number="b"))
    assert queue() == [("amount", "open"), ("amount", "open")]


def test_what_we_hear_of_later_agrees_by_itself(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    read(sale(payment), f"2,refund,{payment.processor_reference},,5.00,0.50,USD,2026-03-03")
    assert (queue(), books()["fees"]) == ([("amount", "open")], -313)
    processor.add(payment, refunded_minor=500)
    check_payment(payment_id=payment.pk)
    assert recheck_differences() == 1
    assert (queue(), books()["fees"]) == ([("amount", "agreed")], -363)
    assert not list(run(scope_since(None)))


def test_what_is_in_no_statement_is_found_after_days_and_closed_when_it_comes(processor: Processor) -> None:
    with clock.using(lambda: NOON):
        payment = given_paid(processor, given_customer(balance=0))
    Payment.objects.update(captured_at=NOON, changed_at=NOON)
    read("d1,deposit,,,5.00,,USD,2026-03-01", "d2,deposit,,,5.00,,USD,2026-03-06")
    assert recheck_differences() == 0  # the last day covered is too near
    read("d3,deposit,,,5.00,,USD,2026-03-08")
    assert (recheck_differences(), queue()) == (1, [("missing", "open")])
    assert recheck_differences() == 0, "once"
    read(sale(payment))
    assert (recheck_differences(), queue()) == (1, [("missing", "agreed")])


def test_another_amount_at_the_bank_waits_and_is_booked_as_it_arrived(
    staff: User, processor: Processor
) -> None:
    read("d1,deposit,,,21.87,,USD,2026-03-05")
    line = StatementLine.objects.get()
    confirm_deposit(line_id=line.pk, amount_minor=2000, bank_reference="wire 8", actor=staff)
    assert (queue(), books()["bank"]) == ([("bank", "open")], 0)
    row = Difference.objects.get()
    decide_difference(difference_id=row.pk, is_accepted=True, reason="the bank's fee", actor=staff)
    assert books()["bank"] == -2000
    assert not list(run(scope_since(None)))


def test_money_received_outside_goes_to_the_bank_once(staff: User) -> None:
    customer = given_customer(balance=0)
    posted = credit_wallet(
        customer=customer, amount_minor=4500, source=CreditSource.RECEIVED, reason="wire", actor=None,
        idempotency_key="w", payment_reference="W-1",
    )  # fmt: skip
    confirm_received(transaction_id=posted.transaction_id, bank_reference="B-1", actor=staff)
    assert books() == {"processor": 0, "fees": 0, "bank": -4500, "received": 0}
    with pytest.raises(Conflict, match="already confirmed"):
        confirm_received(transaction_id=posted.transaction_id, bank_reference="B-1", actor=staff)
    assert not list(run(scope_since(None)))


PLANTED = {
    "UPDATE billing_statementline SET fee_minor = 1": "statement_line_is_in_the_books",
    "UPDATE billing_statementline SET posted_at = NULL": "statement_line_is_in_the_books",
    "UPDATE ledger_transaction SET reference = 'statement:0:1' WHERE kind = 'fee'": "fee_or_deposit_is_of_a_line",
    "UPDATE billing_difference SET state = 'dismissed', decided_at = now()": "undecided_difference_is_not_booked",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_row_is_found(processor: Processor, staff: User, planted: str) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    read(sale(payment, gross="24.99"))
    decide_difference(
        difference_id=Difference.objects.get().pk, is_accepted=True, reason="rounding", actor=staff
    )
    found = lambda: {one.check for check in statements.CHECKS for one in check(scope_since(None))}  # noqa: E731
    assert found() == set()
    with as_owner_past_guards(), connection.cursor() as cursor:
        cursor.execute(planted)
        assert PLANTED[planted] in found()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"a,b\n1,2\n", stated(), stated("1,sale,T,,1.00,0,USD"), stated("1,sale,T,,0,0,USD,2026-03-02"),
        stated("1,gift,T,,1.00,0,USD,2026-03-02"), stated("1,sale,T,,1.001,0,USD,2026-03-02"),
        stated("1,sale,T,,1.00,0,USD,March"), stated(",sale,T,,1.00,0,USD,2026-03-02"), stated("1,sale,T,,nan,0,USD,2026-03-02"),
        stated("1,deposit,,,1.00,0.10,USD,2026-03-02"), stated(f"{'1' * 81},sale,T,,1.00,0,USD,2026-03-02"),
        stated("1,sale,T,,1.00,0,USD,2026-03-02,more"), b"number\x00",
    ],
)  # fmt: skip
def test_what_is_no_statement_is_refused_whole(processor: Processor, data: bytes) -> None:
    with pytest.raises(BadStatement):
        read_statement_file(data)
    with pytest.raises(Invalid):
        read_statement(gateway_name=NAME, name="x", data=data, actor=None)
    assert not StatementLine.objects.exists()


def test_a_large_file_takes_few_queries(
    processor: Processor, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    rows = [sale(payment), *(f"u{n},sale,T-{n}x,,1.00,0.10,USD,2026-03-02" for n in range(300))]
    with django_assert_max_num_queries(25):
        assert read(*rows).differences == 300
    assert Transaction.objects.filter(kind="fee").count() == 1


def test_our_own_number_names_a_payment_too(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    read(f"1,sale,,{payment.public_id.hex.upper()},25.00,3.00,USD,2026-03-02")
    assert (queue(), books()["fees"]) == ([], -300)
    assert clock.now() - timedelta(hours=1) < StatementLine.objects.get().posted_at  # type: ignore[operator]
