"""Free first minutes: promised, granted, and settled by one rule, once for each pair, within the operator's month."""

from datetime import timedelta
from functools import partial

import pytest

from billing.first_minutes import FirstMinutesGone, minutes_for, promised_seconds
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.selectors import quote
from billing.services.grant_as_operator import grant_as_operator, minutes_left
from billing.states import FundedBy
from core import clock
from core.errors import DomainError, LimitReached
from customers.models import Customer, Device
from customers.services.limits import take_break
from messaging.services.block import block
from messaging.states import Side
from operators.models import Operator
from telephony.models import Call
from telephony.services.initiate import create_call
from tests.factories import BrandFactory
from tests.scenario import (
    assert_books_are_whole,
    given_customer,
    given_free_minutes,
    given_operator,
    tell,
    the_authorization,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("phone_system")]


def offering(minutes: int = 3, **fields: object) -> Operator:
    return given_operator(first_minutes=minutes, **fields)


def promised(customer: Customer, operator: Operator) -> int:
    """Minutes of the quote; the cards' figure is the same."""
    told = quote(customer, Operator.objects.get(pk=operator.pk), BrandFactory()).first_minutes
    assert minutes_for([operator], customer, clock.now()).get(operator.pk, 0) == told
    return told


def call_expecting(customer: Customer, operator: Operator, minutes: int) -> Call:
    return create_call(
        customer=customer, operator_id=operator.pk, brand=BrandFactory(), expected_first_seconds=minutes * 60
    )[0]


def no_answer(call: Call) -> None:
    tell(call, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")


def test_the_first_call_has_what_the_quote_promised_and_she_earns_no_talk() -> None:
    customer, operator = given_customer(balance="4.98"), offering(rate="3.99", fee="0.99")
    told = quote(customer, operator, BrandFactory())
    assert (told.free_minutes, told.first_minutes, told.affordable_seconds) == (3, 3, 240)
    assert told.required_minor == 99, "the fee alone"
    call = when_called(customer, operator)
    terms = the_authorization(call)
    assert (terms.free_reserved_seconds, terms.fee_covered_by) == (180, "")
    when_talked(call, 150_000)
    terms.refresh_from_db()
    assert (terms.charged_minor, terms.talk_minor, terms.operator_minor, terms.promo_minor) == (99, 0, 79, 0)
    package = FreeMinutesPackage.objects.get()
    assert (package.funded_by, package.granted_by_id) == (FundedBy.OPERATOR, operator.user_id)
    assert minutes_left(operator, clock.now()) == 57
    assert_books_are_whole()


def test_off_by_default_and_nothing_is_asked(django_assert_num_queries: object) -> None:
    customer, operator = given_customer(), given_operator()
    assert operator.first_minutes == 0
    assert promised(customer, operator) == 0
    when_called(customer, operator)
    assert not FreeMinutesPackage.objects.exists()
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert minutes_for([operator], customer, clock.now()) == {}


def test_the_rest_ends_with_the_first_call_and_there_is_no_second_gift() -> None:
    customer, operator = given_customer(), offering()
    when_talked(when_called(customer, operator), 61_000)
    package = FreeMinutesPackage.objects.get()
    assert (package.seconds_used, package.seconds_remaining) == (120, 60)
    assert package.expires_at <= clock.now() + timedelta(seconds=90)
    later = clock.now() + timedelta(minutes=5)
    with clock.using(lambda: later):
        assert quote(customer, operator, BrandFactory()).free_minutes == 0
        second = when_called(customer, operator)
        assert the_authorization(second).free_reserved_seconds == 0
    assert FreeMinutesPackage.objects.count() == 1
    assert minutes_left(operator, later) == 57, "what was given counts, used or not"


def test_an_attempt_that_was_not_joined_leaves_them_to_the_next() -> None:
    customer, operator = given_customer(), offering()
    no_answer(when_called(customer, operator))
    told = quote(customer, operator, BrandFactory())
    assert (told.free_minutes, told.first_minutes) == (3, 0), "they are the customer's already"
    call = when_called(customer, operator)
    assert the_authorization(call).free_reserved_seconds == 180
    assert FreeMinutesPackage.objects.count() == 1
    assert minutes_left(operator, clock.now()) == 57


def test_only_while_the_budget_covers_all_of_them() -> None:
    operator = offering(3, free_minutes_per_month=5)
    assert promised(given_customer(), operator) == 3
    when_talked(when_called(given_customer(), operator), 10_000)
    second = given_customer()
    assert promised(second, operator) == 0
    assert minutes_for([operator], None, clock.now()) == {}, "nor to visitors"
    assert the_authorization(when_called(second, operator)).free_reserved_seconds == 0


@pytest.mark.django_db(transaction=True)
def test_who_was_promised_them_is_refused_before_the_ring_once_they_are_gone() -> None:
    operator = offering(3, free_minutes_per_month=3)
    customer = given_customer()
    assert promised(customer, operator) == 3
    grant_as_operator(operator=operator, customer=given_customer(), minutes=1, idempotency_key="gift")
    with pytest.raises(FirstMinutesGone):
        call_expecting(customer, operator, 3)
    assert not Call.objects.exists()
    assert not Authorization.objects.exists()
    assert promised(customer, operator) == 0, "the page says the ordinary price now"
    assert the_authorization(call_expecting(customer, operator, 0)).free_reserved_seconds == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_given_away_for_a_call_that_is_refused() -> None:
    customer, operator = given_customer(balance="0.50"), offering()
    with pytest.raises(DomainError):
        when_called(customer, operator)
    assert not FreeMinutesPackage.objects.exists()
    assert minutes_left(operator, clock.now()) == 60


def test_never_for_blocked_pairs_one_person_or_who_takes_a_break() -> None:
    operator = offering()
    blocked, own, resting = given_customer(), given_customer(), given_customer()
    block(customer_id=blocked.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=None)
    for user in (own.user, operator.user):
        Device.objects.create(
            user=user, marker_hash="d" * 64, first_seen_at=clock.now(), last_seen_at=clock.now()
        )
    take_break(customer=resting, length="day")
    resting.refresh_from_db()
    assert [promised_seconds(one, operator, clock.now()) for one in (blocked, own, resting)] == [0, 0, 0]


def test_another_account_of_the_same_person_is_not_new_to_her() -> None:
    operator = offering()
    first, second = given_customer(), given_customer()
    for customer in (first, second):
        Device.objects.create(
            user=customer.user, marker_hash="d" * 64, first_seen_at=clock.now(), last_seen_at=clock.now()
        )
    assert promised(second, operator) == 3
    when_talked(when_called(first, operator), 10_000)
    assert promised(second, operator) == 0


def test_they_never_cost_the_customer_a_fee_that_other_minutes_cover() -> None:
    customer, operator = given_customer(), offering(3)
    given_free_minutes(customer, 2, covers_fee=True)
    told = quote(customer, operator, BrandFactory())
    assert (told.free_minutes, told.tariff.fee_covered_by) == (5, "platform")
    terms = the_authorization(when_called(customer, operator))
    assert (terms.free_reserved_seconds, terms.fee_covered_by) == (300, "platform")
    funders = Reservation.objects.order_by("order").values_list("funded_by", "seconds")
    assert list(funders) == [("platform", 120), ("operator", 180)]


def test_after_other_minutes_that_cover_no_fee_hers_come_first() -> None:
    customer, operator = given_customer(), offering(3)
    given_free_minutes(customer, 60)
    when_called(customer, operator)
    assert next(iter(Reservation.objects.order_by("order").values_list("funded_by", "seconds"))) == (
        "operator",
        180,
    )


@pytest.mark.django_db(transaction=True)
def test_a_first_call_and_gifts_at_once_never_give_more_than_the_month_allows(
    phone_system: PhoneSystem,
) -> None:
    for _ in range(4):
        operator = offering(3, free_minutes_per_month=4)
        caller = given_customer()
        gifts = [
            partial(
                grant_as_operator,
                operator=operator, customer=given_customer(), minutes=2, idempotency_key=f"{operator.pk}-{n}",
            )
            for n in range(3)
        ]  # fmt: skip
        in_parallel(partial(when_called, caller, operator), *gifts, refusals=LimitReached)
        given = FreeMinutesPackage.objects.filter(operator=operator).values_list("seconds_granted", flat=True)
        assert sum(given) <= 4 * 60
        assert minutes_left(operator, clock.now()) == 4 - sum(given) // 60
    assert_books_are_whole()
