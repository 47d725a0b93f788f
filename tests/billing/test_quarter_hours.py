"""Sums by quarter hour are kept with each posting, counted anew while others post, and begun on a system that has history."""

import threading
import time
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from billing.auditing import days, scope_since
from billing.ledger.models import Account, AccountQuarterHour, Entry
from billing.services.rebuild_roll_ups import rebuild_roll_ups
from billing.services.refund import refund_reference
from tests.billing.recounted_quarter_hours import counted, kept
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.database_owner import as_owner_past_guards, recount_quarter_hours
from tests.support.waiting import WAITING

pytestmark = pytest.mark.django_db(transaction=True)


def forge(statement: str) -> None:
    with as_owner_past_guards() as cursor:
        cursor.execute(statement)


def given_a_call() -> Any:
    call = when_called(given_customer(balance="50.00"), given_operator())
    when_talked(call, 125_000)
    return call


def test_sales_refunds_and_what_is_paid_in_are_counted_where_they_belong() -> None:
    call = given_a_call()
    refund_reference(
        reference=call.call_id, amount_minor=100, reason="bad line", actor=None, idempotency_key="k"
    )
    wallet, payable = Account.objects.get(customer=call.customer), Account.objects.get(operator=call.operator)
    assert kept() == counted()
    sums = {account: sum(minor for (whose, _), minor in kept().items() if whose == account) for account in (wallet.pk, payable.pk)}  # fmt: skip
    sold = Entry.objects.filter(account=wallet, transaction__kind__in=("call", "connect_fee"))
    assert sums == {
        wallet.pk: sum(sold.values_list("amount_minor", flat=True)),
        payable.pk: payable.balance_minor,
    }


def test_what_is_wrong_is_found_and_counted_anew_for_one_account_or_all() -> None:
    given_a_call()
    given_a_call()
    right = kept()
    forge("UPDATE ledger_accountquarterhour SET amount_minor = amount_minor + 1")
    wallet = Account.objects.filter(kind="wallet").order_by("id")[0]
    out = StringIO()
    call_command("rebuild_roll_ups", "--account", str(wallet.pk), stdout=out)
    assert out.getvalue() == "1 accounts counted, 1 sums were wrong.\n"
    forge("UPDATE ledger_accountquarterhour SET begins_at = begins_at - interval '1 day'")
    wrong = [found for check in days.CHECKS for found in check(scope_since(None))]
    assert len(wrong) == 2 * len(right), "missing ones, and others that are too many"
    rebuilt = rebuild_roll_ups()
    assert (rebuilt.accounts, rebuilt.wrong) == (4, len(wrong))
    assert kept() == right == counted()
    assert rebuild_roll_ups().wrong == 0
    assert [found for check in days.CHECKS for found in check(scope_since(None))] == []


def test_only_wallets_and_payables_have_sums() -> None:
    given_a_call()
    revenue = Account.objects.get(kind="revenue")
    with pytest.raises(CommandError, match="a wallet or a payable"):
        call_command("rebuild_roll_ups", "--account", str(revenue.pk))
    assert rebuild_roll_ups(account_id=revenue.pk).wrong == 0
    assert not AccountQuarterHour.objects.filter(account=revenue).exists()


def test_a_snapshot_of_before_is_no_place_to_count() -> None:
    call = given_a_call()
    wallet = Account.objects.get(customer=call.customer)
    with pytest.raises(Exception, match="read committed"), transaction.atomic():
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rebuild_roll_ups(account_id=wallet.pk)


def test_who_counts_waits_for_who_posts_and_misses_nothing() -> None:
    """A posting that isn't committed has added to the row already: counting before it is would add it twice, or never."""
    call = given_a_call()
    payable = Account.objects.get(operator=call.operator)
    counting = threading.Thread(target=_recount, args=[payable.pk])
    with transaction.atomic():
        refund_reference(
            reference=call.call_id, amount_minor=100, reason="bad line", actor=None, idempotency_key="k"
        )
        counting.start()
        _until_it_waits()
    counting.join()
    assert kept() == counted()


def _until_it_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def _recount(account_id: int) -> None:
    try:
        rebuild_roll_ups(account_id=account_id)
    finally:
        connection.close()


def test_history_of_before_is_counted_once_nobody_may_post_without_counting() -> None:
    given_a_call()
    right = kept()
    forge("DELETE FROM ledger_accountquarterhour")
    migration = import_module("billing.ledger.migrations.0023_count_quarter_hours")
    with connection.schema_editor(atomic=False) as editor:
        migration.count(None, editor)
        migration.count(None, editor)
    assert kept() == right


def test_a_transaction_of_before_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = import_module("billing.ledger.migrations.0023_count_quarter_hours")
    monkeypatch.setattr(migration, "_WAIT_SECONDS", 0.3)
    with transaction.atomic():
        connection.cursor().execute("SELECT 1")
        failed: list[str] = []
        other = threading.Thread(target=_migrate, args=[migration, failed])
        other.start()
        other.join()
    assert "began before this migration" in failed[0]
    _migrate(migration, failed)
    assert len(failed) == 1


def _migrate(migration: Any, failed: list[str]) -> None:
    try:
        with connection.schema_editor(atomic=False) as editor:
            migration.count(None, editor)
    except RuntimeError as error:
        failed.append(str(error))
    finally:
        if threading.current_thread() is not threading.main_thread():
            connection.close()


def test_what_a_test_moved_in_time_is_counted_anew() -> None:
    given_a_call()
    forge("UPDATE ledger_transaction SET created_at = created_at - interval '3 hours'")
    assert kept() != counted()
    recount_quarter_hours()
    assert kept() == counted()
