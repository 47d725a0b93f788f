"""A wallet's two kinds of money: what the platform gave is spent first, comes back as it was spent, and is never paid out."""

import importlib

import pytest
from django.db import IntegrityError, connection, transaction

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry, Seal
from billing.ledger.posting import Posting, Side, post
from billing.ledger.seals import NO_SEAL
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.services.adjust_settlement import adjust_settlement
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.services.refund import refund_reference
from billing.services.return_balance import return_balance
from billing.services.seal_ledger import expected_digest
from billing.services.settle import settle
from billing.states import CreditSource
from core.errors import InsufficientCredit
from customers.models import Customer
from customers.services.limits import close_account
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_credit, given_customer, given_operator
from tests.support.database_owner import as_owner, as_owner_past_guards

pytestmark = pytest.mark.django_db


def given_promotion(customer: Customer, amount_minor: int, key: str = "promo") -> None:
    credit_wallet(
        customer=customer, amount_minor=amount_minor, source=CreditSource.PROMO, reason="welcome", actor=None,
        idempotency_key=key,
    )  # fmt: skip


def a_customer(*, paid_minor: int, promo_minor: int) -> Customer:
    customer = given_customer(balance=0)
    if promo_minor:
        given_promotion(customer, promo_minor)
    if paid_minor:
        given_credit(customer, paid_minor)
    return customer


def funds(customer: Customer) -> tuple[int, int]:
    """Cents on the wallet: all, and of that promotional."""
    wallet = selectors.wallet_of(customer.pk)
    return wallet.balance_minor, wallet.promo_minor


def wallet_parts(reference: str) -> list[tuple[int, int]]:
    """The wallet's entries under a reference, oldest first: cents, and of that promotional."""
    entries = Entry.objects.filter(transaction__reference=reference, account__kind="wallet").order_by("id")
    return list(entries.values_list("amount_minor", "promo_minor"))


def call(customer: Customer, joined_ms: int) -> int:
    """A call at 3.99 a minute and 0.99 to connect; the id of its authorization."""
    made = authorize(customer=customer, operator=given_operator(), brand=BrandFactory(), reference="call_1")
    settle(authorization_id=made.pk, joined_ms=joined_ms)
    return made.pk


def refund(amount_minor: int | None = None, key: str = "refund") -> None:
    refund_reference(
        reference="call_1", amount_minor=amount_minor, reason="asked", actor=None, idempotency_key=key
    )


def move(
    kind: TransactionKind, amount_minor: int, funds: Funds | None, *, key: str, reverses: int | None = None
) -> int:
    wallet = Account.objects.get(kind="wallet")
    [posted] = post(
        Posting(
            kind=kind, key=key, amount_minor=abs(amount_minor), currency="USD", customer_id=wallet.customer_id,
            reverses_id=reverses,
            sides=(
                Side(amount_minor, account_id=wallet.pk, funds=funds),
                Side(-amount_minor, kind=AccountKind.RECEIVED),
            ),
        )
    )  # fmt: skip
    return posted.transaction_id


def no_violations() -> bool:
    return list(run(scope_since(None))) == []


def test_promotional_money_goes_first_and_each_entry_says_how_much() -> None:
    customer = a_customer(paid_minor=2000, promo_minor=600)
    assert funds(customer) == (2600, 600)
    call(customer, 120_000)  # 7.98 and 0.99
    assert wallet_parts("call_1") == [(-99, -99), (-798, -501)]
    assert funds(customer) == (2600 - 897, 0)
    assert no_violations()


@pytest.mark.parametrize("steps", [[None], [897], [400, 497], [1, 895, 1], [297, 600]])
def test_a_refund_in_any_steps_restores_the_parts_that_were_spent(steps: list[int | None]) -> None:
    customer = a_customer(paid_minor=2000, promo_minor=600)
    call(customer, 120_000)
    given = 0
    for number, step in enumerate(steps):
        refund(step, key=f"refund-{number}")
        given += step or 897
        # As if so much less had been charged from the start.
        assert funds(customer) == (2600 - 897 + given, 600 - min(600, 897 - given))
    assert funds(customer) == (2600, 600)
    assert no_violations()


def test_a_correction_and_a_refund_leave_what_the_true_bill_would_have_left() -> None:
    customer = a_customer(paid_minor=2000, promo_minor=300)
    authorization = call(customer, 180_000)  # 12.96
    refund(1000)
    adjust_settlement(authorization_id=authorization, joined_ms=60_000)  # 3.99, all given back, and 0.99
    assert funds(customer) == (2201, 201)
    assert no_violations()


def test_a_refund_whose_money_was_spent_meanwhile_is_taken_back_without_a_debt_of_promotional_money() -> None:
    customer = a_customer(paid_minor=700, promo_minor=600)
    authorization = call(customer, 180_000)  # 12.96 of 13.00
    refund(1200)
    debit_wallet(customer=customer, amount_minor=1204, reason="spent", actor=None, idempotency_key="d")
    assert funds(customer) == (0, 0)
    adjust_settlement(authorization_id=authorization, joined_ms=60_000)
    balance, promo = funds(customer)
    assert 0 <= promo <= balance
    assert no_violations()


def test_a_text_takes_promotional_money_first() -> None:
    customer = a_customer(paid_minor=100, promo_minor=30)
    charge_message(customer=customer, operator=given_operator(), brand=BrandFactory(), message_id="msg_1")
    assert wallet_parts("msg_1") == [(-50, -30)]
    assert funds(customer) == (80, 0)


def test_a_chargeback_takes_paid_money_first_and_its_reversal_brings_the_same_kinds() -> None:
    customer = a_customer(paid_minor=1000, promo_minor=400)
    chargeback = move(TransactionKind.CHARGEBACK, -1200, Funds.PAID, key="chargeback")
    assert funds(customer) == (200, 200)
    move(TransactionKind.TOP_UP, 1200, Funds.RESTORE, key="won", reverses=chargeback)
    assert funds(customer) == (1400, 400)
    assert no_violations()


def test_a_promotion_fills_a_debt_first() -> None:
    customer = a_customer(paid_minor=1000, promo_minor=0)
    with as_owner() as cursor:
        cursor.execute("UPDATE ledger_account SET overdraft_minor = 500 WHERE kind = 'wallet'")
    move(TransactionKind.CHARGEBACK, -1300, Funds.PAID, key="chargeback")
    given_promotion(customer, 500)
    assert funds(customer) == (200, 200)
    assert no_violations()


def test_only_paid_money_that_is_not_held_is_paid_back() -> None:
    customer = a_customer(paid_minor=1000, promo_minor=600)
    authorize(customer=customer, operator=given_operator(), brand=BrandFactory(), reference="call_1")
    held = selectors.wallet_of(customer.pk).held_minor
    wallet = Account.objects.get(kind="wallet")
    assert wallet.refundable_minor == min(1600 - held, 1000)
    Customer.objects.filter(pk=customer.pk).update(closed_at="2026-11-01T12:00:00Z")
    with pytest.raises(InsufficientCredit):
        return_balance(
            customer=customer, amount_minor=wallet.refundable_minor + 1, reason="bank 1", actor=StaffFactory(),
            idempotency_key="r",
        )  # fmt: skip
    assert funds(customer) == (1600, 600)


def test_the_ledger_itself_pays_back_no_promotional_money() -> None:
    customer = a_customer(paid_minor=1000, promo_minor=600)
    with pytest.raises(InsufficientCredit) as refused, transaction.atomic():
        move(TransactionKind.ADJUSTMENT, -1001, Funds.PAID, key="back")
    assert (refused.value.extra["balance_minor"], refused.value.extra["required_minor"]) == (1000, 1001)
    move(TransactionKind.ADJUSTMENT, -1000, Funds.PAID, key="back")
    assert funds(customer) == (600, 600)


def test_promotional_money_ends_with_the_account_and_paid_money_waits_to_be_paid_back() -> None:
    customer = a_customer(paid_minor=1000, promo_minor=600)
    close_account(customer=customer)
    assert funds(customer) == (1000, 0)
    assert [row.refundable_minor for row in selectors.balances_to_return()] == [1000]
    close_account(customer=customer)  # again: nothing more
    assert funds(customer) == (1000, 0)
    assert no_violations()


def test_closing_with_promotional_money_alone_leaves_nothing_to_pay_back() -> None:
    customer = a_customer(paid_minor=0, promo_minor=600)
    close_account(customer=customer)
    assert funds(customer) == (0, 0)
    assert not selectors.balances_to_return().exists()


@pytest.mark.parametrize("promo_minor", [-1, 1001])
def test_the_database_refuses_promotional_money_beyond_the_balance(promo_minor: int) -> None:
    a_customer(paid_minor=1000, promo_minor=0)
    with pytest.raises(IntegrityError), transaction.atomic(), as_owner() as cursor:
        cursor.execute("UPDATE ledger_account SET promo_minor = %s WHERE kind = 'wallet'", [promo_minor])


def test_the_audit_finds_promotional_money_that_no_entry_brought() -> None:
    a_customer(paid_minor=1000, promo_minor=0)
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE ledger_account SET promo_minor = 5 WHERE kind = 'wallet'")
    assert {violation.check for violation in run(scope_since(None))} == {
        "promotional_balance_is_sum_of_entries"
    }


def test_seals_of_before_are_checked_by_their_own_format_and_new_ones_hold_the_kinds_of_money() -> None:
    a_customer(paid_minor=1000, promo_minor=600)
    for number, (version, function) in enumerate([(1, "ledger_sealed_root"), (2, "ledger_sealed_root_2")], 1):
        if number == 2:
            given_promotion(Customer.objects.get(), 300, key="second")
        head = Seal.objects.order_by("-number").first()
        with as_owner() as cursor:
            cursor.execute("SELECT max(id) FROM ledger_transaction")
            last = cursor.fetchone()[0]
            first = head.last_id + 1 if head else 1
            cursor.execute(f"SELECT transactions, root FROM {function}(%s, %s)", [first, last])
            count, root = cursor.fetchone()
            seal = Seal(
                number=number, format=version, first_id=first, last_id=last, transactions=count, root=bytes(root),
                previous=bytes(head.digest) if head else NO_SEAL,
            )  # fmt: skip
            seal.digest = expected_digest(seal)
            seal.save(force_insert=True)
    assert no_violations()
    with as_owner_past_guards() as cursor:
        cursor.execute(
            "UPDATE ledger_entry SET promo_minor = 0 WHERE id = (SELECT max(id) FROM ledger_entry WHERE promo_minor > 0)"
        )
        cursor.execute("UPDATE ledger_account SET promo_minor = promo_minor - 300 WHERE kind = 'wallet'")
    assert [(v.check, v.row) for v in run(scope_since(None))] == [
        ("sealed_transactions_are_as_they_were", "ledger.seal:2")
    ]


def test_what_an_installed_system_has_on_record_is_told_apart_by_the_same_rule() -> None:
    customer = a_customer(paid_minor=900, promo_minor=600)
    authorization = call(customer, 180_000)
    refund(500)
    refund(200, key="more")
    adjust_settlement(authorization_id=authorization, joined_ms=65_000)
    charge_message(customer=customer, operator=given_operator(), brand=BrandFactory(), message_id="msg_1")
    given_promotion(customer, 300, key="second")
    closed = a_customer_with_key(paid_minor=500, promo_minor=200)
    expected = funds(customer)
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE ledger_entry SET promo_minor = 0")
        cursor.execute("UPDATE ledger_account SET promo_minor = 0")
    Customer.objects.filter(pk=closed.pk).update(closed_at="2026-11-01T12:00:00Z")
    migration = importlib.import_module("billing.ledger.migrations.0013_two_kinds_of_money")
    with as_owner() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration._TELL_APART)
    assert expected[1] > 0
    assert funds(customer) == expected
    assert funds(closed) == (700, 0)  # all that was on it was promised
    assert no_violations()


def a_customer_with_key(*, paid_minor: int, promo_minor: int) -> Customer:
    customer = given_customer(balance=0)
    given_promotion(customer, promo_minor, key="another's")
    given_credit(customer, paid_minor)
    return customer


def test_the_serving_role_cannot_set_the_kinds_of_money() -> None:
    a_customer(paid_minor=1000, promo_minor=0)
    with (
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE ledger_account SET promo_minor = 5")
