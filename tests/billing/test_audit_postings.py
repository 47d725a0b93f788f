"""Rows planted past all triggers that once escaped the audit: each is found and named."""

import pytest
from django.db import connection, transaction

from billing.auditing import postings, refunds, run, scope_since
from billing.ledger.models import Account, Entry, Transaction
from billing.services.record_payout import record_payout
from billing.services.refund import refund_transaction
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.database_owner import as_owner_past_guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def names() -> dict[str, object]:
    """A call, of which some was refunded, a payout, and other people: the ids that forgeries are made of."""
    customer, operator, staff = given_customer(balance="45.00"), given_operator(), StaffFactory()
    call = when_called(customer, operator)
    when_talked(call, 250_000)
    other = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(other, 250_000)
    sale = Transaction.objects.get(kind="call", reference=call.call_id)
    refund_transaction(
        transaction_id=sale.pk, amount_minor=100, reason="for a test", actor=staff, idempotency_key="refund"
    )
    record_payout(
        operator=operator, amount_minor=500, reason="bank 1", actor=staff, idempotency_key="p", is_early=True
    )
    assert wrong_rows() == set()
    return {
        "sale": sale.pk,
        "refund": Transaction.objects.get(kind="refund").pk,
        "credit": Transaction.objects.filter(kind="adjustment", customer=customer)[0].pk,
        "payout": Transaction.objects.get(kind="payout").pk,
        "wallet": Account.objects.get(customer=customer).pk,
        "payable": Account.objects.get(operator=operator).pk,
        "others_wallet": Account.objects.get(customer=other.customer).pk,
        "others_payable": Account.objects.get(operator=other.operator).pk,
        "other_customer": other.customer_id,
        "other_operator": other.operator_id,
        "entry": Entry.objects.get(transaction=sale, account__customer=customer).pk,
    }


def wrong_rows() -> set[tuple[str, str]]:
    """What the checks of single postings and refunds find: (check, row)."""
    return {
        (violation.check, violation.row)
        for check in (*postings.BOOKS, *refunds.CHECKS)
        for violation in check(scope_since(None))
    }


def forge(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with as_owner_past_guards() as cursor:
        cursor.execute(statement)


FORGERIES = (
    # statement, the check that finds it, the row it names
        ("UPDATE ledger_transaction SET amount_minor = amount_minor + 1 WHERE id = {credit}",
         "amount_is_what_its_entries_moved", "credit"),
        ("UPDATE ledger_transaction SET amount_minor = amount_minor + 1 WHERE id = {payout}",
         "amount_is_what_its_entries_moved", "payout"),
        (("UPDATE ledger_transaction SET operator_minor = operator_minor - 1, platform_minor = platform_minor + 1"
          " WHERE id = {refund}"), "amount_is_what_its_entries_moved", "refund"),
        ("UPDATE ledger_transaction SET customer_id = {other_customer} WHERE id = {refund}",
         "refund_is_of_its_sale", "refund"),
        ("UPDATE ledger_transaction SET reverses_id = NULL WHERE id = {refund}", "refund_is_of_its_sale", "refund"),
        ("UPDATE ledger_entry SET amount_minor = 5000 WHERE transaction_id = {refund} AND account_id = {wallet}",
         "given_back_at_most_what_was_paid", None),
        ("UPDATE ledger_entry SET account_id = {others_wallet} WHERE transaction_id = {refund} AND account_id = {wallet}",
         "accounts_are_those_of_its_people", "refund"),
        ("UPDATE ledger_entry SET account_id = {others_wallet} WHERE id = {entry}",
         "accounts_are_those_of_its_people", "sale"),
        ("UPDATE ledger_entry SET account_id = {others_payable} WHERE transaction_id = {sale} AND account_id = {payable}",
         "accounts_are_those_of_its_people", "sale"),
        (("UPDATE ledger_transaction SET operator_minor = -1, platform_minor = amount_minor + 1 WHERE id = {sale}"),
         "parts_are_not_negative", "sale"),
        ("UPDATE ledger_transaction SET kind = 'gift' WHERE id = {payout}", "kind_is_known", "payout"),
        ("UPDATE ledger_entry SET account_id = {payable} WHERE transaction_id = {payout}",
         "entries_are_on_two_accounts", "payout"),
        ("UPDATE ledger_transaction SET created_at = created_at - interval '3 hours' WHERE id = {payout}",
         "times_follow_ids", "payout"),
    ("UPDATE ledger_account SET kind = 'slush' WHERE kind = 'payout'", "kind_is_known", None),
)  # fmt: skip


def test_each_is_found_and_named(names: dict[str, object]) -> None:
    missed = []
    for statement, check, row in FORGERIES:
        with transaction.atomic():
            forge(statement.format(**names))
            found = wrong_rows()
            transaction.set_rollback(True)
        is_found = (
            check in {name for name, _ in found}
            if row is None
            else (check, f"ledger.transaction:{names[row]}") in found
        )
        if not is_found:
            missed.append((statement, found))
    assert missed == []
    assert wrong_rows() == set()


def test_a_trigger_that_is_off_is_found() -> None:
    forge("ALTER TABLE ledger_entry DISABLE TRIGGER pgtrigger_balanced_ea973")
    [violation] = run(scope_since(None))
    assert violation.check == "guards_are_in_place"
    assert "balanced of ledger_entry is disabled" in violation.found
