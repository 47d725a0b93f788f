"""Postings as arrays: what goes in comes out, and is the same posting as its JSON, whoever sends which."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from billing.ledger import accounts
from billing.ledger.models import Account, AccountQuarterHour, Entry, Transaction
from billing.ledger.posting import Posted, Posting, Side, post
from billing.ledger.rows import fingerprint
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import Authorization
from billing.services.settle import carry_out, read_for_settling
from core.db import sqlstate
from operators.models import OperatorDay
from tests.billing.test_promotional_money import given_promotion
from tests.scenario import given_customer, given_operator, when_called

pytestmark = pytest.mark.django_db

AWKWARD = 'Paid "twice"\\ {a,b} NULL\n\ttab \x01\x7f é ’ 🂡'


@pytest.fixture
def wallet() -> Account:
    return Account.objects.get(customer=given_customer(balance="10.00"))


@pytest.fixture
def payable() -> Account:
    return Account.objects.get(pk=accounts.payable_id(operator_id=given_operator().pk, currency="USD"))


def a_sale(wallet: Account, payable: Account, key: str = "k", minor: int = 100, **more: Any) -> Posting:
    posting = Posting(
        kind=TransactionKind.CALL,
        key=key,
        amount_minor=minor,
        operator_minor=minor - 40,
        platform_minor=40,
        currency="USD",
        customer_id=wallet.customer_id,
        operator_id=payable.operator_id,
        reference="r",
        seconds=60,
        sides=(
            Side(-minor, account_id=wallet.pk),
            Side(minor - 40, account_id=payable.pk),
            Side(40, kind=AccountKind.REVENUE),
            Side(0, kind=AccountKind.TAX),
        ),
    )
    return replace(posting, **more)


def posted_as_json(posting: Posting) -> tuple[int, bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_id, is_new FROM ledger_post(%s)", [json.dumps([posting.body()])])
        row: tuple[int, bool] = cursor.fetchone()
    return row


def test_texts_of_all_sorts_are_posted_as_they_are(wallet: Account, payable: Account) -> None:
    sale = a_sale(wallet, payable, key=AWKWARD, reference="{}", description=AWKWARD, reason="NULL")
    [posted] = post(sale)
    row = Transaction.objects.get(pk=posted.transaction_id)
    assert (row.idempotency_key, row.reference, row.description, row.reason) == (
        AWKWARD,
        "{}",
        AWKWARD,
        "NULL",
    )
    assert (row.rate_minor, row.seconds, row.brand_id, row.actor_id) == (None, 60, None, None)
    assert sorted(row.entries.values_list("amount_minor", flat=True)) == [-100, 40, 60]


def test_what_was_posted_as_json_is_repeated_as_arrays_and_the_other_way_round(
    wallet: Account, payable: Account
) -> None:
    """The release before sends JSON, and so did those whose rows are here."""
    sale = a_sale(wallet, payable, key=AWKWARD, description=AWKWARD)
    credit = replace(
        sale,
        key="k2",
        kind=TransactionKind.ADJUSTMENT,
        sides=(Side(5, account_id=wallet.pk, funds=Funds.PAID), Side(-5, kind=AccountKind.ADJUSTMENT)),
    )
    transaction_id, is_new = posted_as_json(sale)
    assert is_new
    assert post(sale) == [Posted(transaction_id, is_new=False)]
    [posted] = post(credit)
    assert posted_as_json(credit) == (posted.transaction_id, False)
    for one in (sale, credit):
        assert bytes(Transaction.objects.get(idempotency_key=one.key).fingerprint) == fingerprint(one)


def test_what_several_sales_earn_is_summed_up_in_the_day_and_the_quarter_hours(
    wallet: Account, payable: Account
) -> None:
    post(a_sale(wallet, payable, "a", 100), a_sale(wallet, payable, "b", 150))
    earned = 60 + 110
    assert OperatorDay.objects.get(operator=payable.operator).earned_minor == earned
    sums = {row.account_id: row.amount_minor for row in AccountQuarterHour.objects.all()}
    assert sums == {wallet.pk: -250, payable.pk: earned}
    assert list(Transaction.objects.order_by("id").values_list("idempotency_key", flat=True)[1:]) == [
        "a",
        "b",
    ]


def test_promotional_money_goes_first_also_in_several_sales_at_once(payable: Account) -> None:
    customer = given_customer(balance="1.00")
    given_promotion(customer, 120)
    wallet = Account.objects.get(customer=customer)
    post(a_sale(wallet, payable, "a", 100), a_sale(wallet, payable, "b", 50))
    taken = Entry.objects.filter(account=wallet, amount_minor__lt=0).order_by("id")
    assert list(taken.values_list("amount_minor", "promo_minor")) == [(-100, -100), (-50, -20)]
    wallet.refresh_from_db()
    assert (wallet.balance_minor, wallet.promo_minor) == (70, 0)


def test_a_transaction_without_entries_is_refused_wherever_it_stands(
    wallet: Account, payable: Account
) -> None:
    empty = a_sale(wallet, payable, "empty", sides=())
    for batch in ([empty], [empty, a_sale(wallet, payable)], [a_sale(wallet, payable), empty]):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            post(*batch)
        assert sqlstate(refused.value) == "AE422"
    assert not Transaction.objects.filter(kind=TransactionKind.CALL).exists()


def test_a_settlement_computed_on_another_grant_or_hold_does_nothing() -> None:
    call = when_called(given_customer(balance="50.00"), given_operator())
    assert call.authorization_id is not None
    for column, change in (("granted_seconds", 60), ("held_minor", -1)):
        stale = read_for_settling(call.authorization_id)
        setattr(stale, column, getattr(stale, column) + change)
        tried = []

        def write(settlement: Any, tried: list[Any] = tried) -> bool:
            tried.append(settlement.authorization)
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute(
                    f"SELECT billing_end_authorization({', '.join(['%s'] * len(settlement.arguments))})",
                    settlement.arguments,
                )
                is_done: bool = cursor.fetchone()[0]
                transaction.set_rollback(True)
            return is_done

        carry_out(stale, int(timedelta(minutes=1).total_seconds() * 1000), write)
        assert len(tried) == 2
        assert tried[1] is not stale
    assert Authorization.objects.get(pk=call.authorization_id).state == "open"
