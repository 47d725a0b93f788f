"""Requests for callbacks: who may ask, what an operator can do with them, and that accepting is an ordinary call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock
from core.errors import DomainError
from customers.models import Customer
from customers.services.limits import take_break
from messaging.services.block import block
from messaging.states import Side
from notices.models import Notice
from notices.states import NoticeKind
from operators.models import Operator
from operators.services.presence import set_presence
from operators.services.review_operator import suspend_operator
from telephony.callbacks import was_missed
from telephony.models import Call, CallbackRequest
from telephony.services.initiate import create_call
from telephony.services.offer_callback import (
    END_OFFER,
    OFFERED_FOR,
    decline_callback,
    expire_callbacks,
    offer_callback,
)
from telephony.services.request_callback import (
    CALLBACK_LASTS,
    MOST_AN_HOUR,
    MOST_OPEN,
    NOT_AGAIN_FOR,
    cancel_callback,
    request_callback,
)
from telephony.states import CallbackState
from telephony.tasks import end_offers_of_operator, expire_old_callbacks
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_debit, given_operator, tell
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


def ask(customer: Customer, operator: Operator, *, rings: bool = False) -> CallbackRequest:
    brand = BrandFactory()
    return request_callback(customer=customer, operator_id=operator.pk, brand=brand, rings=rings)


def offer(request: CallbackRequest) -> CallbackRequest:
    return offer_callback(operator=request.operator, request_id=request.pk)


def call(customer: Customer, operator: Operator) -> Call:
    return create_call(customer=customer, operator_id=operator.pk, brand=BrandFactory())[0]


def state(request: CallbackRequest) -> str:
    request.refresh_from_db()
    return request.state


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.error_code


def written(kind: NoticeKind) -> int:
    return Notice.objects.filter(kind=kind).count()


def test_asked_offered_and_accepted_is_an_ordinary_call_at_todays_price() -> None:
    customer, operator = given_customer(), given_operator(presence="away", rate="3.99")
    request = ask(customer, operator)
    assert ask(customer, operator) == request, "a second click is the same request"
    assert request.expires_at - request.created_at == CALLBACK_LASTS == timedelta(minutes=60)
    assert refusal(lambda: offer(request)) == "operator_not_free"
    set_presence(operator_id=operator.pk, presence="online")
    Operator.objects.filter(pk=operator.pk).update(rate_per_minute_minor=499)
    offer(request)
    assert state(request) == CallbackState.OFFERED
    assert Operator.objects.get(pk=operator.pk).reserved_until is None, "an offer reserves nothing"
    assert written(NoticeKind.CALLBACK_OFFERED) == 1
    made = call(customer, operator)
    assert (state(request), request.call) == (CallbackState.ACCEPTED, made)
    assert made.terms.rate_per_minute_minor == 499


def test_an_offer_lasts_two_minutes_and_is_missed_then() -> None:
    request = ask(given_customer(), given_operator())
    offered = offer(request)
    job = ProcrastinateJob.objects.get(task_name=END_OFFER)
    assert job.scheduled_at == offered.offered_until
    assert end_offers_of_operator(**job.args) == 0, "a job that is early ends nothing"
    later = clock.now() + OFFERED_FOR
    with clock.using(lambda: later):
        assert end_offers_of_operator(**job.args) == 1
    assert state(request) == CallbackState.MISSED
    assert was_missed(request)


def test_an_hour_is_the_longest() -> None:
    request = ask(given_customer(), given_operator())
    with clock.using(lambda: request.expires_at):
        assert refusal(lambda: offer(request)) == "callback_over"
        assert ask(request.customer, request.operator) != request, "there is room for one more"
        assert expire_old_callbacks(timestamp=0) == 0
    assert state(request) == CallbackState.EXPIRED


def test_not_now_is_told_and_she_isn_t_asked_again_for_an_hour() -> None:
    customer, operator = given_customer(), given_operator()
    request = ask(customer, operator)
    decline_callback(operator=operator, request_id=request.pk)
    assert state(request) == CallbackState.DECLINED
    assert written(NoticeKind.CALLBACK_DECLINED) == 1
    assert refusal(lambda: decline_callback(operator=operator, request_id=request.pk)) == "callback_over"
    assert refusal(lambda: ask(customer, operator)) == "declined_lately"
    later = clock.now() + NOT_AGAIN_FOR
    with clock.using(lambda: later):
        assert ask(customer, operator).state == CallbackState.REQUESTED


def test_an_ordinary_caller_takes_her_first_and_who_was_offered_waits_on() -> None:
    operator = given_operator()
    request = ask(given_customer(), operator)
    offer(request)
    made = call(given_customer(), operator)
    assert (state(request), request.offered_until) == (CallbackState.REQUESTED, None)
    assert refusal(lambda: call(request.customer, operator)) == "operator_busy"
    tell(made, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")
    assert offer(request).state == CallbackState.OFFERED


def test_she_offers_one_at_a_time() -> None:
    operator = given_operator()
    first, second = ask(given_customer(), operator), ask(given_customer(), operator)
    offer(first)
    assert refusal(lambda: offer(second)) == "offer_open"
    later = clock.now() + OFFERED_FOR
    with clock.using(lambda: later):
        offer(second)
    assert (state(first), state(second)) == (CallbackState.MISSED, CallbackState.OFFERED)
    assert refusal(lambda: offer_callback(operator=given_operator(), request_id=second.pk)) == "not_found"


def by_canceling(request: CallbackRequest) -> str:
    assert cancel_callback(customer=request.customer, operator_id=request.operator_id)
    assert not cancel_callback(customer=request.customer, operator_id=request.operator_id)
    return CallbackState.CANCELED


def by_a_block(request: CallbackRequest) -> str:
    block(side=Side.CUSTOMER, customer_id=request.customer_id, operator_id=request.operator_id, actor=None)
    return CallbackState.CLOSED


def by_a_break(request: CallbackRequest) -> str:
    take_break(customer=request.customer, length="day")
    return CallbackState.CLOSED


def by_a_suspension(request: CallbackRequest) -> str:
    suspend_operator(operator_id=request.operator_id, actor=StaffFactory(), reason="a test")
    return CallbackState.CLOSED


@pytest.mark.parametrize("end", [by_canceling, by_a_block, by_a_break, by_a_suspension])
@pytest.mark.parametrize("is_offered", [False, True])
def test_it_ends(end: Callable[[CallbackRequest], str], is_offered: bool) -> None:
    request = ask(given_customer(), given_operator())
    if is_offered:
        offer(request)
    assert end(request) == state(request)


def test_whoever_was_blocked_behind_our_back_is_not_offered_anything() -> None:
    request = ask(given_customer(), given_operator(), rings=True)
    request.operator.blocks.create(customer=request.customer, blocked_by="operator")
    assert refusal(lambda: offer(request)) == "callback_over"
    assert state(request) == CallbackState.CLOSED
    assert written(NoticeKind.CALLBACK_OFFERED) == 0
    assert not Call.objects.exists()


def test_who_may_ask() -> None:
    operator = given_operator(presence="away")
    assert refusal(lambda: ask(given_customer(balance=0), operator)) == "insufficient_balance"
    assert refusal(lambda: ask(given_customer(phone=False), operator)) == "phone_not_verified"
    blocked = given_customer()
    block(side=Side.OPERATOR, customer_id=blocked.pk, operator_id=operator.pk, actor=None)
    assert refusal(lambda: ask(blocked, operator)) == "blocked"
    own = given_customer(user=operator.user)
    assert refusal(lambda: ask(own, operator)) == "own_account"
    customer = given_customer()
    for _ in range(MOST_OPEN):
        ask(customer, given_operator(presence="away"))
    assert refusal(lambda: ask(customer, operator)) == "too_many_callbacks"


def test_so_many_an_hour() -> None:
    customer = given_customer()
    for _ in range(MOST_AN_HOUR):
        operator = given_operator()
        ask(customer, operator)
        cancel_callback(customer=customer, operator_id=operator.pk)
    assert refusal(lambda: ask(customer, operator)) == "too_many_callbacks"


def test_the_operator_is_written_to_once_an_hour_however_many_ask() -> None:
    operator = given_operator()
    for _ in range(3):
        ask(given_customer(), operator)
    assert written(NoticeKind.CALLBACK_REQUESTED) == 1


def test_the_phone_is_called_once_for_who_asked_for_that(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    request = ask(customer, operator, rings=True)
    offer(request)
    made = Call.objects.get(customer=customer)
    assert (state(request), request.call) == (CallbackState.ACCEPTED, made)
    [asked] = [one for one in phone_system.requests if one.path.endswith("/originate")]
    heard = str(asked.body["customer"]["prompts"]["ask"])
    assert "press-1-for-your-call" in heard
    assert "the-price-is" not in heard
    assert "common/the-price-is" in asked.body["customer"]["prompts"]["connecting"]
    tell(made, "no_answer", at=30, leg="customer", why="customer_no_answer", ended_by="customer")
    request.refresh_from_db()
    assert was_missed(request)


@pytest.mark.parametrize("case", ["not asked", "dearer", "no money", "in a call"])
def test_the_phone_is_not_called(case: str, phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator(rate="3.99")
    request = ask(customer, operator, rings=case != "not asked")
    if case == "dearer":
        Operator.objects.filter(pk=operator.pk).update(rate_per_minute_minor=400)
    if case == "no money":
        given_debit(customer, "44.00")
    if case == "in a call":
        call(customer, given_operator())
    offer(request)
    assert state(request) == CallbackState.OFFERED, "it is offered on the pages all the same"
    assert not Call.objects.filter(operator=operator).exists()


def test_the_database_keeps_one_open_request_a_pair_and_one_offer_an_operator() -> None:
    operator = given_operator()
    first, second = ask(given_customer(), operator), ask(given_customer(), operator)
    offer(first)
    for wrong in (
        {"customer": first.customer},
        {"state": CallbackState.OFFERED, "offered_until": clock.now()},
        {"ended_at": clock.now()},
        {"state": CallbackState.DECLINED},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CallbackRequest.objects.filter(pk=second.pk).update(**wrong)


ROUNDS = pytest.mark.parametrize("rounds", [6, pytest.param(500, marks=LONG)])


@ROUNDS
def test_offers_a_cancel_a_call_of_another_and_an_acceptance_at_once(rounds: int) -> None:
    """Whatever is first: one call, one offer at most, and no request ends twice or is lost."""
    for number in range(rounds):
        operator = given_operator()
        mine, other = ask(given_customer(), operator), ask(given_customer(), operator)
        offer(mine)
        caller = given_customer()
        jobs = [
            lambda c=mine.customer, o=operator: call(c, o),
            lambda c=caller, o=operator: call(c, o),
            lambda c=mine.customer, o=operator: cancel_callback(customer=c, operator_id=o.pk),
            lambda r=other, o=operator: offer_callback(operator=o, request_id=r.pk),
            expire_callbacks,
        ]
        in_parallel(*(jobs if number % 2 else reversed(jobs)), refusals=DomainError)
        calls = Call.objects.filter(operator=operator)
        assert calls.count() == 1
        is_mine = calls.get().customer_id == mine.customer_id
        assert state(mine) in (
            (CallbackState.ACCEPTED, CallbackState.CANCELED)
            if is_mine
            else (CallbackState.CANCELED, CallbackState.REQUESTED)
        )
        assert (mine.call_id is not None) is (mine.state == CallbackState.ACCEPTED)
        assert state(other) == CallbackState.REQUESTED, "she is taken: it was withdrawn, or never offered"


@ROUNDS
def test_a_cancel_and_the_offer_of_the_same_request_at_once(rounds: int) -> None:
    """Whichever is first: the request is canceled, nobody is offered it any more, and the operator is free for the next one."""
    for number in range(max(2, rounds // 5)):
        operator = given_operator()
        mine, other = ask(given_customer(), operator), ask(given_customer(), operator)
        jobs = [
            lambda c=mine.customer, o=operator: cancel_callback(customer=c, operator_id=o.pk),
            lambda r=mine: offer(r),
        ]
        in_parallel(*(jobs if number % 2 else reversed(jobs)), refusals=DomainError)
        assert state(mine) == CallbackState.CANCELED
        assert offer(other).state == CallbackState.OFFERED


@ROUNDS
def test_five_at_once_and_no_more(rounds: int) -> None:
    for _ in range(max(1, rounds // 10)):
        customer = given_customer()
        operators = [given_operator(presence="away") for _ in range(MOST_OPEN + 2)]
        in_parallel(
            *(lambda c=customer, o=operator: ask(c, o) for operator in operators), refusals=DomainError
        )
        assert CallbackRequest.objects.filter(customer=customer).count() == MOST_OPEN
