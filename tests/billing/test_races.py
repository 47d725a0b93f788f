"""Many at once on real PostgreSQL: what must be exact is exact, what may happen once happens once."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import Authorization, FreeMinutesPackage
from billing.services.authorize import authorize
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.services.expire_free_minutes import expire_free_minutes
from billing.services.extend_grant import extend_grant
from billing.services.settle import settle
from billing.services.tip import Tip, tip
from billing.states import AuthorizationState, CreditSource
from core import clock
from core.errors import Conflict, DomainError, InsufficientCredit
from tests.factories import BrandFactory
from tests.scenario import (
    earned,
    given_credit,
    given_customer,
    given_free_minutes,
    given_operator,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner
from tests.support.threads import in_parallel
from tests.support.waiting import WAITING

pytestmark = pytest.mark.django_db(transaction=True)


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """Results of jobs that started together, or what they were refused with."""
    return in_parallel(*jobs, refusals=DomainError)


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def assert_books_in_order() -> None:
    assert list(run(scope_since(None))) == []


def debit_all(customer: Any, amount: int, key: str) -> Callable[[], Any]:
    return lambda: debit_wallet(
        customer=customer, amount_minor=amount, reason="race", actor=None, idempotency_key=key
    )


def test_debits_on_funds_for_twenty_let_exactly_twenty_pass() -> None:
    customer = given_customer(balance=2000)
    wallet = Account.objects.get(customer=customer)

    def ten(worker: int) -> Callable[[], list[str]]:
        """Posts directly: no lock is taken before, so the guarded update alone has to be exact."""

        def go() -> list[str]:
            outcomes = []
            for n in range(10):
                sides = (Side(-100, account_id=wallet.pk), Side(100, kind=AccountKind.ADJUSTMENT))
                posting = Posting(
                    kind=TransactionKind.ADJUSTMENT,
                    key=f"{worker}-{n}",
                    amount_minor=100,
                    currency="USD",
                    sides=sides,
                    customer_id=customer.pk,
                )
                try:
                    post(posting)
                    outcomes.append("passed")
                except InsufficientCredit:
                    outcomes.append("refused")
            return outcomes

        return go

    results = race(*(ten(worker) for worker in range(12)))
    assert Counter(outcome for outcomes in results for outcome in outcomes) == {"passed": 20, "refused": 100}
    assert selectors.wallet_of(customer.pk).balance_minor == 0
    assert_books_in_order()


def test_one_call_against_fifty_debits_on_funds_for_one() -> None:
    customer, operator, brand = given_customer(balance=498), given_operator(), BrandFactory()

    def call() -> Authorization:
        return authorize(customer=customer, operator=operator, brand=brand, reference="call_1")

    results = race(call, *(debit_all(customer, 498, f"d{n}") for n in range(50)))
    assert kinds(results)["InsufficientCredit"] == 50
    assert selectors.wallet_of(customer.pk).available_minor == 0
    assert_books_in_order()


def test_twenty_calls_of_one_customer_at_once_are_one() -> None:
    customer, operator, brand = given_customer(balance=100_000), given_operator(), BrandFactory()
    results = race(
        *(
            lambda n=n: authorize(customer=customer, operator=operator, brand=brand, reference=f"call_{n}")
            for n in range(20)
        )
    )
    assert kinds(results) == {"Authorization": 1, "Conflict": 19}
    assert_books_in_order()


def test_eight_settlements_of_one_call_are_one() -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    given_free_minutes(customer, 1)
    authorization = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    results = race(
        *(
            lambda n=n: settle(authorization_id=authorization.pk, joined_ms=60_000 * n if n else None)
            for n in range(8)
        )
    )
    assert len(set(results)) == 1
    assert_books_in_order()


def test_a_grant_and_the_end_at_once_are_one_after_the_other() -> None:
    customer, operator, brand = given_customer(balance=50_000), given_operator(), BrandFactory()
    for n in range(10):
        call = authorize(customer=customer, operator=operator, brand=brand, reference=f"call_{n}")
        granted, bill = race(
            lambda call=call: extend_grant(authorization_id=call.pk, elapsed_seconds=100),
            lambda call=call: settle(authorization_id=call.pk, joined_ms=200_000),
        )
        # Either the longer grant came first and was used, or the call was over when it was asked for.
        assert (granted.granted_seconds, bill.charged_seconds) in {(240, 200), (0, 180)}
    assert selectors.wallet_of(customer.pk).held_minor == 0
    assert_books_in_order()


def test_ten_credits_under_one_key_are_one() -> None:
    customer = given_customer(balance=0)

    def credit() -> Any:
        return credit_wallet(
            customer=customer,
            amount_minor=700,
            source=CreditSource.PROMO,
            reason="race",
            actor=None,
            idempotency_key="c",
        )

    results = race(*[credit] * 10)
    assert sorted(posted.is_new for posted in results) == [False] * 9 + [True]
    assert selectors.wallet_of(customer.pk).balance_minor == 700
    assert Account.objects.filter(kind=AccountKind.PROMO).count() == 1


def test_one_key_for_two_things_at_once_is_a_conflict_for_one() -> None:
    customer = given_customer(balance=5000)
    results = race(debit_all(customer, 100, "k"), debit_all(customer, 200, "k"))
    assert kinds(results) == {"Posted": 1, "Conflict": 1}


@pytest.mark.parametrize("locked", ["ledger_account", "billing_freeminutespackage"])
def test_a_package_that_expires_while_its_lock_is_awaited_is_not_used(locked: str) -> None:
    customer, operator, brand = given_customer(balance=5000), given_operator(), BrandFactory()
    expires_at = clock.now() + timedelta(seconds=1)
    given_free_minutes(customer, 10, expires_at=expires_at)

    def call() -> Authorization:
        try:
            return authorize(customer=customer, operator=operator, brand=brand, reference="call_1")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            with as_owner() as cursor:
                cursor.execute(f"SELECT 1 FROM {locked} WHERE customer_id = %s FOR UPDATE", [customer.pk])
            waiting = pool.submit(call)
            wait_until_somebody_waits_for_a_lock()
            assert clock.now() < expires_at, "the call began before the expiry"
            time.sleep((expires_at - clock.now()).total_seconds() + 0.05)
        assert waiting.result(timeout=10).free_reserved_seconds == 0
    assert_books_in_order()


def wait_until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_verbs_of_all_kinds_at_once_neither_deadlock_nor_lose_a_cent() -> None:
    """Two customers, two operators, few packages: everything meets everything."""
    customers = [given_customer(balance=50_000) for _ in range(2)]
    operators, brand = [given_operator() for _ in range(2)], BrandFactory()
    for customer in customers:
        for minutes in (3, 1, 2):
            given_free_minutes(customer, minutes)

    def talk(worker: int) -> Callable[[], int]:
        def go() -> int:
            settled = 0
            for n in range(12):
                customer, operator = customers[worker % 2], operators[(worker + n) % 2]
                try:
                    authorization = authorize(
                        customer=customer, operator=operator, brand=brand, reference=f"call_{worker}_{n}"
                    )
                except (Conflict, InsufficientCredit):
                    continue
                extend_grant(authorization_id=authorization.pk, elapsed_seconds=100)
                settle(authorization_id=authorization.pk, joined_ms=1000 * (worker * 37 + n * 61) or None)
                settled += 1
            return settled

        return go

    def tend() -> None:
        for n in range(15):
            expire_free_minutes(at=clock.now() + timedelta(days=365 * (n % 2)))
            given_free_minutes(customers[n % 2], 1)
            given_credit(customers[n % 2], 100)

    results = race(*(talk(worker) for worker in range(6)), tend, tend)
    assert sum(result for result in results if result) >= 6
    assert not Authorization.objects.filter(state=AuthorizationState.OPEN).exists()
    assert not FreeMinutesPackage.objects.filter(seconds_reserved__gt=0).exists()
    assert Transaction.objects.filter(kind="connect_fee").count() <= 72
    assert_books_in_order()


@pytest.mark.parametrize("count", [30, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_tips_and_the_end_of_the_call_at_once_are_exact_to_the_cent(count: int) -> None:
    """Funds for the call's hold and for half of the tips. Each click comes twice; settling meets them somewhere."""
    operator, brand = given_operator(), BrandFactory()
    customer = given_customer(balance=99 + 3 * 399 + count // 4 * 150)
    when_talked(
        when_called(given_customer(), operator), 59_000
    )  # somebody else's, so that the payable is there
    call = authorize(customer=customer, operator=operator, brand=brand, reference="call_1")
    before = earned(operator)

    def give(number: int) -> Callable[[], Any]:
        return lambda: tip(
            customer=customer, operator_id=operator.pk, brand=brand, amount_minor=150, is_talking=True,
            call_reference=f"call_{number % 50}", idempotency_key=f"tip-{number}",
        )  # fmt: skip

    jobs = [give(number // 2) for number in range(count)]
    middle = count // 2
    results = race(
        *jobs[:middle],
        lambda: settle(authorization_id=call.pk, joined_ms=call.granted_seconds * 1000),
        *jobs[middle:],
    )
    # Half of the keys could be paid: each of these once, and its repeat is answered as the first time.
    assert Transaction.objects.filter(kind="tip").count() == count // 4
    assert sum(result.is_new for result in results if isinstance(result, Tip)) == count // 4
    assert kinds(results)["InsufficientCredit"] == count - 2 * (count // 4)
    bill = Authorization.objects.get(pk=call.pk)
    assert (bill.charged_minor, bill.charged_seconds) == (99 + 3 * 399, call.granted_seconds)
    assert selectors.wallet_of(customer.pk).balance_minor == 0
    assert earned(operator) - before == bill.operator_minor + count // 4 * 120
    assert_books_in_order()
