"""A call's money from the hold to the books."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import selectors
from billing.grants import Grant
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind
from billing.models import Authorization, FreeMinutesPackage
from billing.services.authorize import authorize
from billing.services.extend_grant import extend_grant
from billing.services.release import release
from billing.services.settle import settle
from billing.states import AuthorizationState, FundedBy
from core.errors import Conflict, InsufficientCredit, Invalid, LimitReached, NotFound
from customers.models import Customer
from operators.models import Operator
from tests.factories import BrandFactory
from tests.scenario import given_credit, given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db


def begin(customer: Customer, operator: Operator, reference: str = "call_1", **more: int) -> Authorization:
    return authorize(customer=customer, operator=operator, brand=BrandFactory(), reference=reference, **more)


def balance_of(kind: AccountKind) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount_minor", flat=True))


def check_constraints_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_call_of_127_seconds_is_charged_three_minutes_and_the_fee() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    authorization = begin(customer, operator)
    assert (authorization.granted_seconds, authorization.is_final) == (180, False)
    assert selectors.wallet_of(customer.pk).held_minor == authorization.held_minor == 99 + 3 * 399
    bill = settle(authorization_id=authorization.pk, joined_ms=127_400)
    check_constraints_now()
    assert (bill.charged_seconds, bill.talk_minor, bill.fee_minor, bill.cost_minor) == (127, 1197, 99, 1296)
    wallet = selectors.wallet_of(customer.pk)
    assert (wallet.balance_minor, wallet.held_minor) == (4500 - 1296, 0)
    receipt = selectors.receipt_of("call_1")
    assert [
        (t.kind, t.amount_minor, t.operator_minor, t.platform_minor, t.seconds, t.rate_minor)
        for t in receipt.transactions
    ] == [
        ("connect_fee", 99, 79, 20, None, None),
        ("call", 1197, 958, 239, 180, 399),
    ]
    assert receipt.charged_minor == 1296
    payable = Account.objects.get(kind=AccountKind.PAYABLE, operator=operator)
    assert payable.balance_minor == 79 + 958 == balance_of(AccountKind.PAYABLE)
    assert balance_of(AccountKind.REVENUE) == 20 + 239
    authorization.refresh_from_db()
    assert (authorization.state, authorization.held_minor, authorization.charged_minor) == (
        AuthorizationState.SETTLED,
        0,
        1296,
    )
    assert (authorization.operator_minor, authorization.platform_minor) == (1037, 259)


def test_settling_takes_two_turns_with_and_without_free_minutes(django_assert_num_queries: object) -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    for reference, minutes in (("call_1", 0), ("call_2", 5)):
        if minutes:
            given_free_minutes(customer, minutes)
        authorization = begin(customer, operator, reference)
        with CaptureQueriesContext(
            connection,
        ) as turns:
            settle(authorization_id=authorization.pk, joined_ms=60_000)
        assert len(turns) == 2


def test_a_repeat_changes_nothing_and_says_the_same_whatever_it_says_itself() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    given_free_minutes(customer, 1)
    authorization = begin(customer, operator)
    first = settle(authorization_id=authorization.pk, joined_ms=127_400)
    after = selectors.wallet_of(customer.pk)
    assert settle(authorization_id=authorization.pk, joined_ms=500_000) == first
    assert release(authorization_id=authorization.pk) == first
    assert selectors.wallet_of(customer.pk) == after
    assert Transaction.objects.filter(reference="call_1").count() == 3


def test_a_call_that_never_joined_costs_nothing_and_gives_everything_back() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    package = given_free_minutes(customer, 10)
    authorization = begin(customer, operator)
    bill = release(authorization_id=authorization.pk)
    package.refresh_from_db()
    authorization.refresh_from_db()
    assert bill.cost_minor == 0
    assert selectors.receipt_of("call_1").transactions == []
    assert selectors.wallet_of(customer.pk).available_minor == 4500
    assert (package.seconds_remaining, package.seconds_reserved) == (600, 0)
    assert authorization.state == AuthorizationState.RELEASED
    assert settle(authorization_id=authorization.pk, joined_ms=60_000).cost_minor == 0


def test_free_minutes_go_first_with_this_operator_then_with_any_oldest_first() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    later = given_free_minutes(customer, 1)
    any_two = given_free_minutes(customer, 2)
    own = given_free_minutes(customer, 1, operator=operator, funded_by=FundedBy.OPERATOR)
    given_free_minutes(customer, 5, operator=given_operator())
    authorization = begin(customer, operator)
    assert [r.package for r in authorization.reservations.order_by("order")] == [own, later, any_two]
    assert authorization.free_reserved_seconds == 240
    bill = settle(authorization_id=authorization.pk, joined_ms=150_000)
    assert (bill.cost_minor, bill.free_used_seconds, bill.promo_seconds) == (99, 180, 120)
    left = {
        p.pk: (p.seconds_used, p.seconds_remaining)
        for p in FreeMinutesPackage.objects.filter(customer=customer)
    }
    assert [left[p.pk] for p in (own, later, any_two)] == [(60, 0), (60, 0), (60, 60)]
    promo = Transaction.objects.get(kind="promo", reference="call_1")
    assert (promo.amount_minor, promo.operator_minor, promo.platform_minor) == (638, 638, 0)
    assert balance_of(AccountKind.PROMO) == -638
    assert balance_of(AccountKind.PAYABLE) == 638 + 79


def test_the_soonest_expiry_goes_first_where_the_house_says_so(settings: object) -> None:
    settings.BILLING = {**settings.BILLING, "FREE_MINUTES_ORDER": "expiry"}
    customer, operator = given_customer(balance=1000), given_operator()
    given_free_minutes(customer, 1, days=30)
    soon = given_free_minutes(customer, 1, days=2)
    authorization = begin(customer, operator)
    assert authorization.reservations.order_by("order")[0].package == soon


def test_without_enough_for_fee_and_first_minute_nothing_is_held() -> None:
    customer, operator = given_customer(balance=497), given_operator()
    with pytest.raises(InsufficientCredit) as refused:
        begin(customer, operator)
    assert refused.value.extra == {"balance_minor": 497, "required_minor": 498}
    assert selectors.wallet_of(customer.pk).held_minor == 0
    assert not Authorization.objects.exists()


def test_free_minutes_without_the_fee_do_not_start_a_call() -> None:
    customer, operator = given_customer(balance=98), given_operator()
    package = given_free_minutes(customer, 10)
    with pytest.raises(InsufficientCredit) as refused:
        begin(customer, operator)
    package.refresh_from_db()
    assert refused.value.extra["required_minor"] == 99
    assert package.seconds_reserved == 0


def test_one_call_at_a_time() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    begin(customer, operator)
    with pytest.raises(Conflict) as refused:
        begin(customer, given_operator(), "call_2")
    assert refused.value.error_code == "already_in_call"


def test_grants_replace_the_hold_until_the_money_is_gone_and_more_money_goes_on() -> None:
    customer, operator = given_customer(balance=99 + 5 * 399 + 398), given_operator()
    authorization = begin(customer, operator)
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=90) == Grant(240, is_final=False)
    assert selectors.wallet_of(customer.pk).held_minor == 99 + 4 * 399
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=150) == Grant(300, is_final=True)
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=30) == Grant(300, is_final=True)
    given_credit(customer, 1)
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=210) == Grant(360, is_final=True)
    given_credit(customer, 1000)
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=211) == Grant(360, is_final=False)
    bill = settle(authorization_id=authorization.pk, joined_ms=10**7)
    assert (bill.charged_seconds, bill.cost_minor) == (360, 99 + 6 * 399)
    assert selectors.wallet_of(customer.pk).available_minor == 1000
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=400) == Grant(0, is_final=True)


def test_the_house_and_the_caller_limit_how_long_a_call_may_last(settings: object) -> None:
    settings.BILLING = {**settings.BILLING, "MAX_CALL_SECONDS": 150}
    customer, operator = given_customer(balance=10_000), given_operator()
    authorization = begin(customer, operator)
    assert (authorization.granted_seconds, authorization.is_final) == (120, True)
    release(authorization_id=authorization.pk)
    assert begin(customer, operator, "call_2", cap_seconds=60).granted_seconds == 60
    with pytest.raises(Invalid):
        begin(given_customer(balance=10_000), operator, "call_3", cap_seconds=59)


def test_a_daily_limit_shortens_and_then_refuses_calls() -> None:
    customer, operator = given_customer(balance=10_000, daily_limit_minor=1500), given_operator()
    authorization = begin(customer, operator)
    assert (authorization.granted_seconds, authorization.is_final) == (180, True)
    assert extend_grant(authorization_id=authorization.pk, elapsed_seconds=100) == Grant(180, is_final=True)
    settle(authorization_id=authorization.pk, joined_ms=180_000)
    with pytest.raises(LimitReached) as refused:
        begin(customer, operator, "call_2")
    assert 0 < refused.value.extra["retry_after_seconds"] <= 25 * 3600


def test_a_free_call_to_a_free_operator_moves_no_money() -> None:
    customer, operator = (
        given_customer(balance=0),
        given_operator(rate_per_minute_minor=0, connect_fee_minor=0),
    )
    authorization = begin(customer, operator)
    assert (authorization.held_minor, authorization.granted_seconds) == (0, 180)
    assert settle(authorization_id=authorization.pk, joined_ms=90_000).cost_minor == 0
    assert selectors.receipt_of("call_1").transactions == []


def test_a_price_change_in_mid_call_changes_nothing() -> None:
    customer, operator = given_customer(balance=4500), given_operator()
    authorization = begin(customer, operator)
    Operator.objects.update(rate_per_minute_minor=999, connect_fee_minor=999, share_bps=5000)
    bill = settle(authorization_id=authorization.pk, joined_ms=60_000)
    assert (bill.cost_minor, bill.operator_minor) == (498, 319 + 79)


def test_what_does_not_exist_is_not_found() -> None:
    for verb in (
        lambda: settle(authorization_id=1, joined_ms=1),
        lambda: extend_grant(authorization_id=1, elapsed_seconds=1),
    ):
        with pytest.raises(NotFound):
            verb()
