"""What the database itself refuses, whoever asks: here the owner's raw SQL, past all of our code."""

import pytest
from django.db import DatabaseError, transaction

from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.posting import Posted, Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from core.db import constraint, sqlstate
from core.errors import Conflict, InsufficientCredit
from tests.scenario import given_customer
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db


def sql(statement: str, *parameters: object) -> list[tuple[object, ...]]:
    with as_owner() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def refused(statement: str, *parameters: object) -> DatabaseError:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        sql(statement, *parameters)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")
    return error.value


@pytest.fixture
def wallet() -> Account:
    return Account.objects.get(customer=given_customer(balance=1000))


def adjustment(wallet: Account, key: str = "k", amount: int = -100, **more: object) -> Posting:
    return Posting(
        **{
            "kind": TransactionKind.ADJUSTMENT,
            "key": key,
            "amount_minor": abs(amount),
            "currency": "USD",
            "sides": (Side(amount, account_id=wallet.pk), Side(-amount, kind=AccountKind.ADJUSTMENT)),
            **more,
        }
    )


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_entry"])
@pytest.mark.parametrize("change", ["UPDATE {} SET amount_minor = amount_minor + 1", "DELETE FROM {}"])
def test_no_row_is_changed_or_removed(wallet: Account, table: str, change: str) -> None:
    assert "Cannot" in str(refused(change.format(table)))


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_entry", "ledger_account"])
def test_no_table_is_emptied(wallet: Account, table: str) -> None:
    sql("SET LOCAL aeims.may_truncate = 'off'")
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert sqlstate(refused(f"TRUNCATE {table} CASCADE")) == "AE405"


def test_accounts_stay_and_keep_their_owner(wallet: Account) -> None:
    refused("DELETE FROM ledger_account WHERE id = %s", wallet.pk)
    refused("UPDATE ledger_account SET currency = 'EUR' WHERE id = %s", wallet.pk)
    refused("UPDATE ledger_account SET customer_id = customer_id + 1 WHERE id = %s", wallet.pk)
    assert refused("UPDATE ledger_account SET name = name WHERE kind = 'adjustment'")


def insert_transaction(key: str = "raw", amount: int = 5) -> int:
    [[pk]] = sql(
        "INSERT INTO ledger_transaction (kind, idempotency_key, fingerprint, reference, currency, amount_minor,"
        " operator_minor, platform_minor, description, reason)"
        " VALUES ('adjustment', %s, '', '', 'USD', %s, 0, 0, '', '') RETURNING id",
        key,
        amount,
    )
    return int(str(pk))


ENTRY = "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor) VALUES (%s, %s, %s)"


@pytest.mark.parametrize("amounts", [(), (5,), (5, -4), (5, 5)])
def test_a_transaction_that_does_not_balance_is_refused(wallet: Account, amounts: tuple[int, ...]) -> None:
    platform = Account.objects.get(kind=AccountKind.ADJUSTMENT)
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        pk = insert_transaction()
        for account, amount in zip((wallet, platform), amounts, strict=False):
            sql(ENTRY, pk, account.pk, amount)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert sqlstate(error.value) == "AE422"


def test_all_entries_of_a_transaction_are_written_by_one_statement(wallet: Account) -> None:
    platform = Account.objects.get(kind=AccountKind.ADJUSTMENT)
    with transaction.atomic():
        one, other = insert_transaction("one"), insert_transaction("other")
        sql(
            "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor)"
            " SELECT t, unnest(ARRAY[%s, %s]), unnest(ARRAY[5, -5]) FROM unnest(ARRAY[%s, %s]) AS t",
            wallet.pk, platform.pk, one, other,
        )  # fmt: skip
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        halves = insert_transaction("halves")
        for account, amount in ((wallet, 5), (platform, -5)):
            sql(ENTRY, halves, account.pk, amount)
    assert sqlstate(error.value) == "AE422"


def test_an_entry_added_to_an_old_transaction_is_refused(wallet: Account) -> None:
    [posted] = post(adjustment(wallet))
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")
    assert sqlstate(refused(ENTRY, posted.transaction_id, wallet.pk, 1)) == "AE422"


def test_a_posted_transaction_takes_no_further_entries_balanced_or_not(wallet: Account) -> None:
    [posted] = post(adjustment(wallet))
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")
    platform = Account.objects.get(kind=AccountKind.ADJUSTMENT)
    pair = ENTRY + ", (%s, %s, %s)"
    error = refused(pair, posted.transaction_id, wallet.pk, 5, posted.transaction_id, platform.pk, -5)
    assert sqlstate(error) == "AE422"
    assert "no further entries" in str(error)


def test_entries_need_an_account_and_a_transaction_that_exist(wallet: Account) -> None:
    assert sqlstate(refused(ENTRY, 0, wallet.pk, 1)) == "AE422"
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        pk = insert_transaction()
        sql(ENTRY, pk, wallet.pk, 5)
        sql(ENTRY, pk, 0, -5)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert sqlstate(error.value) == "AE422"


def test_currencies_do_not_mix(wallet: Account) -> None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        post(adjustment(wallet, currency="EUR"))
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    assert sqlstate(error.value) == "AE422"


def test_an_entry_of_nothing_is_refused(wallet: Account) -> None:
    pk = Transaction.objects.values_list("pk", flat=True)[0]
    assert constraint(refused(ENTRY, pk, wallet.pk, 0)) == "entry_not_zero"


def test_a_second_transaction_under_one_key_is_refused(wallet: Account) -> None:
    key = Transaction.objects.values_list("idempotency_key", flat=True)[0]
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        insert_transaction(key)
    assert sqlstate(error.value) == "23505"


@pytest.mark.parametrize(
    "change",
    ["balance_minor = -1", "held_minor = balance_minor + 1", "held_minor = -1", "overdraft_minor = -1"],
)
def test_a_wallet_cannot_be_overdrawn_or_hold_more_than_it_has(wallet: Account, change: str) -> None:
    assert "account_" in str(refused(f"UPDATE ledger_account SET {change} WHERE id = %s", wallet.pk))


def test_a_repeat_returns_the_first_and_moves_nothing(wallet: Account) -> None:
    [first] = post(adjustment(wallet))
    assert first.is_new
    assert post(adjustment(wallet)) == [Posted(first.transaction_id, is_new=False)]
    wallet.refresh_from_db()
    assert wallet.balance_minor == 900


def test_a_key_used_for_something_else_is_a_conflict(wallet: Account) -> None:
    post(adjustment(wallet))
    for other in (adjustment(wallet, amount=-101), adjustment(wallet, reason="another")):
        with pytest.raises(Conflict) as error, transaction.atomic():
            post(other)
        assert error.value.error_code == "idempotency_conflict"
    with pytest.raises(Conflict), transaction.atomic():  # neither may half of a batch be a repeat
        post(adjustment(wallet), adjustment(wallet, key="k2"))
    wallet.refresh_from_db()
    assert wallet.balance_minor == 900
    assert not Transaction.objects.filter(idempotency_key="k2").exists()


def test_several_at_once_are_all_or_none(wallet: Account) -> None:
    with pytest.raises(InsufficientCredit) as error, transaction.atomic():
        post(adjustment(wallet, "a", -600), adjustment(wallet, "b", -600))
    assert error.value.extra == {"balance_minor": 1000, "required_minor": 1200}
    assert not Entry.objects.filter(account=wallet, amount_minor=-600).exists()
    ids = [p.transaction_id for p in post(adjustment(wallet, "a", -600), adjustment(wallet, "b", -400))]
    assert [Transaction.objects.get(pk=pk).idempotency_key for pk in ids] == ["a", "b"]
    wallet.refresh_from_db()
    assert wallet.balance_minor == 0


def test_only_a_chargeback_goes_below_zero_and_only_as_far_as_it_was_given(wallet: Account) -> None:
    with as_owner():
        Account.objects.filter(pk=wallet.pk).update(overdraft_minor=500)
    with pytest.raises(InsufficientCredit), transaction.atomic():
        post(adjustment(wallet, "a", -1001))
    post(adjustment(wallet, "b", -1500, kind=TransactionKind.CHARGEBACK))
    with pytest.raises(InsufficientCredit), transaction.atomic():
        post(adjustment(wallet, "c", -1, kind=TransactionKind.CHARGEBACK))
    post(adjustment(wallet, "d", 100))
    wallet.refresh_from_db()
    assert wallet.balance_minor == -400


def test_platform_accounts_are_opened_once_and_never_touched_again(wallet: Account) -> None:
    before = sql("SELECT xmin, ctid FROM ledger_account WHERE kind = 'adjustment'")
    post(adjustment(wallet, "a"), adjustment(wallet, "b"))
    assert sql("SELECT xmin, ctid FROM ledger_account WHERE kind = 'adjustment'") == before
    assert len(before) == 1


def test_the_check_at_commit_is_planned_for_a_large_ledger() -> None:
    """It runs outside the functions that post, whose settings don't hold for it."""
    [(settings,)] = sql("SELECT proconfig FROM pg_proc WHERE proname LIKE %s", "pgtrigger_has_entries%")
    assert {"enable_seqscan=off", "plan_cache_mode=force_generic_plan"} <= set(settings)  # type: ignore[arg-type]
