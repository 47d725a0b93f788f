"""What was posted is sealed in the order of its ids, and nobody changes it afterwards without the audit's notice."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection
from django.db.models import Max

from billing.auditing import run, scope_since
from billing.ledger.heads import append_head, newest_seal
from billing.ledger.models import Account, Seal, Transaction
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.services.record_payout import record_payout
from billing.services.seal_ledger import seal_ledger
from billing.tasks import write_ledger_head
from core.db import sqlstate
from notices.services.mail_ledger_head import mail_ledger_head
from operators.models import Operator
from tests.factories import StaffFactory
from tests.scenario import given_credit, given_customer, given_operator, when_called, when_talked
from tests.support.database_owner import as_owner, as_owner_past_guards
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db(transaction=True)
SEALS = {
    "seal_follows_the_one_before",
    "sealed_transactions_are_as_they_were",
    "head_outside_is_that_of_its_seal",
}


@pytest.fixture
def operator() -> Operator:
    """Credited customers, a call, and a payout: what books consist of."""
    operator = given_operator()
    when_talked(when_called(given_customer(balance="45.00"), operator), 250_000)
    staff = StaffFactory()
    record_payout(
        operator=operator,
        amount_minor=500,
        reason="bank 1",
        actor=staff,
        idempotency_key="payout",
        is_early=True,
    )
    given_customer(balance="10.00")
    return operator


def violations() -> set[str]:
    return {violation.check for violation in run(scope_since(None))}


def forge(*statements: str) -> None:
    """Change rows as nobody can: past triggers and constraints."""
    with as_owner_past_guards() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ranges() -> list[tuple[int, int, int]]:
    return list(Seal.objects.order_by("number").values_list("first_id", "last_id", "transactions"))


def highest_id() -> int:
    return int(Transaction.objects.aggregate(highest=Max("id"))["highest"])


def test_all_that_exists_is_sealed_in_batches_and_then_what_is_new(operator: Operator) -> None:
    count = Transaction.objects.count()
    assert seal_ledger(batch=2) == count
    assert [last for _, last, _ in ranges()][-1] == highest_id()
    assert all(transactions <= 2 for _, _, transactions in ranges())
    assert [first for first, _, _ in ranges()] == [1, *(last + 1 for _, last, _ in ranges()[:-1])]
    assert violations() == set()
    assert seal_ledger() == 0
    given_credit(given_customer(balance=0), "5.00")
    assert seal_ledger() == 1
    assert violations() == set()


CREDIT_RAISED = (
    "UPDATE ledger_entry SET amount_minor = amount_minor * 2 WHERE transaction_id = {credit}",
    "UPDATE ledger_transaction SET amount_minor = amount_minor * 2 WHERE id = {credit}",
    "UPDATE ledger_account SET balance_minor = balance_minor + 1000 WHERE id = {wallet}",
)
PAYOUT_DELETED = (
    "DELETE FROM ledger_entry WHERE transaction_id = {payout}",
    "DELETE FROM ledger_transaction WHERE id = {payout}",
    "UPDATE ledger_account SET balance_minor = balance_minor + 500 WHERE id = {payable}",
)
ENTRIES_ADDED = (
    (
        "INSERT INTO ledger_entry (transaction_id, account_id, amount_minor) VALUES ({credit}, {wallet}, 7),"
        " ({credit}, {adjustment}, -7)"
    ),
    "UPDATE ledger_account SET balance_minor = balance_minor + 7 WHERE id = {wallet}",
)
REASON_REWRITTEN = ("UPDATE ledger_transaction SET reason = 'another' WHERE id = {payout}",)
TIME_MOVED = (
    "UPDATE ledger_transaction SET created_at = created_at + interval '1 microsecond' WHERE id = {credit}",
)


@pytest.mark.parametrize(
    "forgery", [CREDIT_RAISED, PAYOUT_DELETED, ENTRIES_ADDED, REASON_REWRITTEN, TIME_MOVED],
    ids=["credit raised", "payout deleted", "entries added", "reason rewritten", "time moved"],
)  # fmt: skip
def test_a_forgery_that_adds_up_is_found(operator: Operator, forgery: tuple[str, ...]) -> None:
    seal_ledger()
    credit = Transaction.objects.filter(kind="adjustment", operator=None).order_by("-id")[0]
    names = {
        "credit": credit.pk,
        "wallet": Account.objects.get(customer=credit.customer_id).pk,
        "payout": Transaction.objects.get(kind="payout").pk,
        "payable": Account.objects.get(operator=operator).pk,
        "adjustment": Account.objects.get(kind="adjustment").pk,
    }
    forge(*(statement.format(**names) for statement in forgery))
    assert "sealed_transactions_are_as_they_were" in violations()


def test_seals_are_changed_and_added_by_nobody(operator: Operator) -> None:
    seal_ledger(batch=2)
    other = "(number, format, first_id, last_id, transactions, root, previous, digest)"
    for statement in (
        "UPDATE ledger_seal SET root = ''", "DELETE FROM ledger_seal", (f"INSERT INTO ledger_seal {other} VALUES"
        " (999, 1, 1, 2, 0, '', '', '')"),
    ):  # fmt: skip
        with pytest.raises(DatabaseError), as_owner() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError) as error, as_owner() as cursor:
        cursor.execute("SET aeims.may_truncate = 'off'; TRUNCATE ledger_seal")
    assert sqlstate(error.value) == "AE405"


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE ledger_seal SET root = sha256('another') WHERE number = 2",
        "UPDATE ledger_seal SET digest = sha256('another') WHERE number = 1",
        "UPDATE ledger_seal SET last_id = last_id - 1 WHERE number = 1",
        "DELETE FROM ledger_seal WHERE number = 2",
    ],
)
def test_a_forged_seal_is_found(operator: Operator, forgery: str) -> None:
    seal_ledger(batch=2)
    forge(forgery)
    assert violations() & SEALS


# -- the order of ids


def posting(wallet: Account, key: str) -> Posting:
    return Posting(
        kind=TransactionKind.ADJUSTMENT, key=key, amount_minor=5, currency="USD", customer_id=wallet.customer_id,
        sides=(Side(5, account_id=wallet.pk), Side(-5, kind=AccountKind.ADJUSTMENT)), reason="for a test",
    )  # fmt: skip


@contextmanager
def another_session() -> Iterator[Any]:
    """A transaction of somebody else, rolled back unless it is committed within."""
    other = connection.copy()
    other.inc_thread_sharing()
    other.set_autocommit(False)
    try:
        yield other
    finally:
        other.rollback()
        other.close()


def post_in(session: Any, wanted: Posting) -> None:
    with session.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_post(%s)", [json.dumps([wanted.body()])])


@pytest.fixture
def wallets() -> list[Account]:
    customers = [given_customer(balance="10.00") for _ in range(3)]
    seal_ledger()
    return [Account.objects.get(customer=customer) for customer in customers]


@pytest.mark.parametrize("commits", [True, False])
def test_no_seal_goes_past_a_gap_that_a_running_transaction_may_fill(
    wallets: list[Account], commits: bool
) -> None:
    before = highest_id()
    post(posting(wallets[0], "first"))
    with another_session() as other:
        post_in(other, posting(wallets[1], "gap"))
        post(posting(wallets[2], "after"))
        assert seal_ledger(wait_seconds=0) == 1
        assert ranges()[-1] == (before + 1, before + 1, 1)
        assert seal_ledger(wait_seconds=0) == 0
        if commits:
            other.commit()
    assert seal_ledger() == 1 + commits
    assert ranges()[-1] == (before + 2, before + 3, 1 + commits)
    assert violations() == set()


def test_nor_past_one_whose_writer_waits_for_another_and_has_no_transaction_id_yet(
    wallets: list[Account],
) -> None:
    insert = (
        "INSERT INTO ledger_transaction (kind, idempotency_key, fingerprint, reference, currency, amount_minor, operator_minor,"
        " platform_minor, description, reason) VALUES ('adjustment', 'same', '', '', 'USD', 5, 0, 0, '', '')"
        " ON CONFLICT (idempotency_key) DO NOTHING RETURNING id"
    )
    before = highest_id()
    with another_session() as holder, another_session() as waiter:
        with holder.cursor() as cursor:
            cursor.execute(f"RESET ROLE; {insert}")
        drawn: list[int] = []

        def wait() -> None:
            with waiter.cursor() as cursor:
                cursor.execute("RESET ROLE")
                cursor.execute(insert)
                drawn.append(cursor.fetchone()[0])

        thread = threading.Thread(target=wait)
        thread.start()
        waits = (
            f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = {waiter.connection.info.backend_pid}"
        )
        until(lambda: _asked(waits) == 1)
        post(posting(wallets[2], "after"))
        holder.rollback()
        thread.join(timeout=10)
        assert drawn
        assert before < drawn[0] < highest_id()
        assert seal_ledger(wait_seconds=0) == 0


def until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(500):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("it never came")


def _asked(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


# -- what leaves the database


@pytest.fixture
def heads(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "heads"
    settings.BILLING = settings.BILLING | {"LEDGER_HEADS_FILE": str(path)}
    return path


def test_the_head_is_written_outside_and_tells_of_books_rewritten_with_all_their_seals(
    operator: Operator, heads: Path
) -> None:
    write_ledger_head(timestamp=0)
    assert not heads.exists()
    seal_ledger()
    write_ledger_head(timestamp=0)
    seal = newest_seal()
    assert seal is not None
    time, number, last, digest = heads.read_text().split()
    assert (int(number), int(last), digest) == (seal.number, seal.last_id, bytes(seal.digest).hex())
    assert datetime.fromisoformat(time) == seal.sealed_at
    given_credit(given_customer(balance=0), "5.00")
    seal_ledger()
    append_head(heads, newest_seal() or seal)
    assert len(heads.read_text().splitlines()) == 2
    assert violations() == set()
    forge("DELETE FROM ledger_seal", f"UPDATE ledger_transaction SET reason = 'x' WHERE id = {last}")
    seal_ledger()
    assert violations() == {"head_outside_is_that_of_its_seal"}


def test_a_file_of_heads_that_cannot_be_read_is_found(operator: Operator, heads: Path) -> None:
    seal_ledger()
    heads.write_text("nonsense\n")
    assert violations() == {"head_outside_is_that_of_its_seal"}


def test_the_head_is_mailed_to_the_owner_once(operator: Operator, settings: Any) -> None:
    settings.OWNER_EMAILS = ["owner@example.test"]
    assert not mail_ledger_head()
    seal_ledger()
    assert mail_ledger_head()
    assert mail_ledger_head()
    deliver_mail()
    [letter] = mail.outbox
    seal = newest_seal()
    assert seal is not None
    assert letter.to == ["owner@example.test"]
    assert bytes(seal.digest).hex() in str(letter.body)
