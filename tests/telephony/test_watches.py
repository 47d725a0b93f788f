"""Customers who asked to be told when an operator is free: who is told, in which order, once, and who never is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from procrastinate.contrib.django.models import ProcrastinateJob

from brands.services.pause import pause, resume
from brands.states import Service
from core import clock
from core.errors import DomainError
from customers.models import Customer
from customers.services.limits import close_account, exclude_oneself, take_break
from messaging.services.block import block
from messaging.states import Side
from notices.models import Notice
from notices.states import NoticeKind
from operators.models import Listing, Operator
from operators.services.presence import set_presence, skip_wrap_up, sweep_presence
from telephony.models import AvailabilityWatch, Call
from telephony.services.initiate import create_call
from telephony.services.tell_watchers import (
    AGAIN_AFTER,
    NEXT_AFTER,
    TELL_WATCHERS,
    TOLD_AT_ONCE,
    tell_all,
    tell_watchers,
)
from telephony.services.watch_operator import (
    MOST_WATCHES,
    WATCH_LASTS,
    cancel_watch,
    ring_when_free,
    watch_operator,
)
from telephony.states import WatchState
from telephony.tasks import tell_all_watchers, tell_watchers_of_operator
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_debit, given_operator, tell, when_called, when_talked
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


def watch(customer: Customer, operator: Operator) -> AvailabilityWatch:
    return watch_operator(customer=customer, operator_id=operator.pk, brand=BrandFactory())


def state(watch: AvailabilityWatch) -> str:
    watch.refresh_from_db()
    return watch.state


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.error_code


def told() -> list[int]:
    """The customers who were written to, in this order."""
    notices = Notice.objects.filter(kind=NoticeKind.WATCHED_FREE).order_by("id")
    return [notice.recipient.customer.pk for notice in notices if notice.recipient]


def becomes(operator: Operator, presence: str) -> None:
    set_presence(operator_id=operator.pk, presence=presence)


def run_jobs() -> None:
    """What the worker does about each operator who came free."""
    for job in ProcrastinateJob.objects.filter(task_name=TELL_WATCHERS):
        tell_watchers_of_operator(**job.args)


def rings(customer: Customer, operator: Operator) -> AvailabilityWatch:
    return ring_when_free(customer=customer, operator_id=operator.pk, brand=BrandFactory())


def test_the_phone_of_the_first_who_asked_is_called_once(phone_system: PhoneSystem) -> None:
    operator = given_operator(presence="away")
    told_only, first, second = (given_customer() for _ in range(3))
    watch(told_only, operator)
    for customer in (first, second):
        rings(customer, operator)
    becomes(operator, "online")
    run_jobs()
    tell_all()
    assert told() == [told_only.pk, first.pk, second.pk]
    assert [call.customer for call in Call.objects.all()] == [first]
    [asked] = [one for one in phone_system.requests if one.path.endswith("/originate")]
    assert "press-1-for-your-call" in str(asked.body["customer"]["prompts"]["ask"])


@pytest.mark.parametrize("case", ["dearer", "fee", "late", "no money"])
def test_the_phone_is_not_called_when_it_is_free(case: str, phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator(presence="away", rate="3.99")
    made = rings(customer, operator)
    if case == "dearer":
        Operator.objects.filter(pk=operator.pk).update(rate_per_minute_minor=400)
    if case == "fee":
        Operator.objects.filter(pk=operator.pk).update(connect_fee_minor=operator.connect_fee_minor + 1)
    if case == "late":
        AvailabilityWatch.objects.filter(pk=made.pk).update(rings_until=clock.now())
    if case == "no money":
        given_debit(customer, "44.00")
    becomes(operator, "online")
    run_jobs()
    assert told() == [customer.pk], "they are told all the same"
    assert not Call.objects.exists()


def test_a_call_that_could_not_be_had_is_not_asked_for(phone_system: PhoneSystem) -> None:
    operator = given_operator(presence="away")
    assert refusal(lambda: rings(given_customer(balance="0.00"), operator)) == "insufficient_balance"
    assert not AvailabilityWatch.objects.exists()


def test_who_waits_is_told_once_when_the_operator_comes_online() -> None:
    customer, operator = given_customer(), given_operator(presence="away", stage_name="Sarah", slug="sarah")
    made = watch(customer, operator)
    assert watch(customer, operator) == made, "a second click is the same wish"
    assert tell_watchers(operator_id=operator.pk) == 0, "she is away"
    becomes(operator, "online")
    run_jobs()
    assert state(made) == WatchState.TOLD
    notice = Notice.objects.get(kind=NoticeKind.WATCHED_FREE)
    assert notice.recipient == customer.user
    assert notice.payload["operator"] == "Sarah"
    assert notice.payload["url"].endswith("/operators/sarah/")
    becomes(operator, "away")
    becomes(operator, "online")
    run_jobs()
    assert told() == [customer.pk]


def after_a_call(operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 61_000)


def after_the_wrap_up(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(wrap_up_seconds=60)
    after_a_call(operator)
    run_jobs()
    assert told() == [], "she has a moment for herself"
    row = Operator.objects.get(pk=operator.pk)
    assert row.wrap_up_until is not None
    with clock.using(lambda: row.wrap_up_until):  # type: ignore[arg-type, return-value]
        sweep_presence(at=row.wrap_up_until)
        run_jobs()


def who_is_ready_early(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(wrap_up_seconds=600)
    after_a_call(operator)
    skip_wrap_up(operator_id=operator.pk)


@pytest.mark.parametrize("come_free", [after_a_call, after_the_wrap_up, who_is_ready_early])
def test_who_waits_is_told_however_she_comes_free(come_free: Callable[[Operator], None]) -> None:
    customer, operator = given_customer(), given_operator(presence="away")
    watch(customer, operator)
    becomes(operator, "online")
    come_free(operator)
    run_jobs()
    assert told() == [customer.pk]


def test_ten_at_a_time_the_longest_waiting_first_and_the_rest_while_she_stays_free() -> None:
    operator = given_operator(presence="away")
    customers = [given_customer(balance=0) for _ in range(TOLD_AT_ONCE + 2)]
    for customer in customers:
        watch(customer, operator)
    becomes(operator, "online")
    run_jobs()
    assert told() == [customer.pk for customer in customers[:TOLD_AT_ONCE]]
    assert tell_all() == 0, "those have a moment of their own"
    later = clock.now() + NEXT_AFTER
    call = when_called(given_customer(), operator)
    with clock.using(lambda: later):
        assert tell_all() == 0, "she was taken: the others keep waiting"
    tell(call, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")
    with clock.using(lambda: later + timedelta(seconds=1)):
        assert tell_all_watchers(timestamp=0) == 2
    assert told() == [customer.pk for customer in customers]


def by_canceling(made: AvailabilityWatch) -> str:
    assert cancel_watch(customer=made.customer, operator_id=made.operator_id)
    assert not cancel_watch(customer=made.customer, operator_id=made.operator_id)
    return WatchState.CANCELED


def by_a_block_of_hers(made: AvailabilityWatch) -> str:
    block(side=Side.OPERATOR, customer_id=made.customer_id, operator_id=made.operator_id, actor=None)
    return WatchState.CLOSED


def by_a_break(made: AvailabilityWatch) -> str:
    take_break(customer=made.customer, length="day")
    return WatchState.CLOSED


def by_closing(made: AvailabilityWatch) -> str:
    close_account(customer=made.customer)
    return WatchState.CLOSED


def by_excluding(made: AvailabilityWatch) -> str:
    exclude_oneself(customer=made.customer, length="6-months")
    return WatchState.CLOSED


def by_calling(made: AvailabilityWatch) -> str:
    becomes(made.operator, "online")
    call, _ = create_call(customer=made.customer, operator_id=made.operator_id, brand=made.brand)
    tell(call, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")
    return WatchState.CALLED


@pytest.mark.parametrize(
    "end", [by_canceling, by_a_block_of_hers, by_a_break, by_closing, by_excluding, by_calling]
)
def test_it_ends_and_nobody_is_told(end: Callable[[AvailabilityWatch], str]) -> None:
    made = watch(given_customer(), given_operator(presence="away"))
    assert state(made) == WatchState.OPEN
    assert end(made) == state(made)
    becomes(made.operator, "online")
    run_jobs()
    tell_all()
    assert told() == []


def test_whoever_was_blocked_behind_our_back_is_not_told_either() -> None:
    """The rule is asked again at the moment of telling, whatever the news said."""
    customer, operator = given_customer(), given_operator(presence="away")
    made = watch(customer, operator)
    operator.blocks.create(customer=customer, blocked_by="operator")
    becomes(operator, "online")
    run_jobs()
    assert (state(made), told()) == (WatchState.CLOSED, [])


def test_a_week_is_the_longest() -> None:
    customer, operator = given_customer(), given_operator(presence="away")
    made = watch(customer, operator)
    with clock.using(lambda: made.created_at + WATCH_LASTS):
        assert watch(customer, operator) != made, "there is room for one more before the sweep"
        becomes(operator, "online")
        tell_all()
    assert state(made) == WatchState.EXPIRED
    assert told() == [customer.pk]


def test_nobody_is_told_while_calls_are_paused_or_she_is_not_listed_or_they_are_in_a_call() -> None:
    customer, operator = given_customer(), given_operator(presence="away")
    watch(customer, operator)
    becomes(operator, "online")
    pause(service=Service.CALLS, actor=StaffFactory(), reason="a test")
    assert tell_all() == 0
    resume(service=Service.CALLS, actor=StaffFactory(), reason="a test")
    Listing.objects.filter(operator=operator).update(is_active=False)
    assert tell_all() == 0
    Listing.objects.filter(operator=operator).update(is_active=True)
    other = when_called(customer, given_operator())
    assert tell_all() == 0
    tell(other, "failed", at=1, why="carrier_fault", ended_by="network")
    assert tell_all() == 1


def test_who_can_be_waited_for() -> None:
    customer = given_customer()
    assert refusal(lambda: watch(customer, given_operator())) == "operator_free"
    blocking = given_operator(presence="away")
    block(side=Side.OPERATOR, customer_id=customer.pk, operator_id=blocking.pk, actor=None)
    assert refusal(lambda: watch(customer, blocking)) == "blocked"
    assert refusal(lambda: watch(customer, given_operator(presence="away", brands=[]))) == "not_found"
    for _ in range(MOST_WATCHES):
        watch(customer, given_operator(presence="away"))
    assert refusal(lambda: watch(customer, given_operator(presence="away"))) == "too_many_watches"


def test_who_asks_again_is_not_told_again_at_once() -> None:
    customer, operator = given_customer(), given_operator(presence="away")
    watch(customer, operator)
    becomes(operator, "online")
    run_jobs()
    becomes(operator, "away")
    watch(customer, operator)
    becomes(operator, "online")
    soon = clock.now() + NEXT_AFTER
    with clock.using(lambda: soon):
        assert tell_all() == 0
    with clock.using(lambda: soon + AGAIN_AFTER):
        assert tell_all() == 1


def test_the_database_keeps_one_wish_a_pair_and_a_time_with_each_end() -> None:
    made = watch(given_customer(), given_operator(presence="away"))
    with pytest.raises(IntegrityError):
        AvailabilityWatch.objects.create(
            customer=made.customer, operator=made.operator, brand=made.brand,
            created_at=made.created_at, expires_at=made.expires_at,
        )  # fmt: skip
    with pytest.raises(IntegrityError):
        AvailabilityWatch.objects.filter(pk=made.pk).update(state=WatchState.TOLD)


ROUNDS = pytest.mark.parametrize("rounds", [6, pytest.param(500, marks=LONG)])


@ROUNDS
def test_a_cancel_a_call_and_two_jobs_at_once(rounds: int) -> None:
    """Nobody is written to who canceled first, nobody twice, and of a call and the telling one is first."""
    for _ in range(rounds):
        operator = given_operator(presence="away")
        first, second = given_customer(balance=0), given_customer(balance=0)
        watches = [watch(first, operator), watch(second, operator)]
        caller = given_customer()
        Operator.objects.filter(pk=operator.pk).update(presence="online")
        results = in_parallel(
            lambda c=first, o=operator: cancel_watch(customer=c, operator_id=o.pk),
            lambda o=operator: tell_watchers(operator_id=o.pk),
            lambda c=caller, o=operator: create_call(customer=c, operator_id=o.pk, brand=BrandFactory()),
            lambda o=operator: tell_watchers(operator_id=o.pk),
            refusals=DomainError,
        )
        written = Notice.objects.filter(kind=NoticeKind.WATCHED_FREE, recipient__in=(first.user, second.user))
        told_now = [made for made in watches if state(made) == WatchState.TOLD]
        assert sorted(notice.recipient_id or 0 for notice in written) == sorted(
            made.customer.user_id for made in told_now
        )
        assert results[1] + results[3] == len(told_now)
        assert (state(watches[0]) == WatchState.CANCELED) is results[0]
        assert Call.objects.filter(customer=caller).count() == 1
        assert state(watches[1]) in (WatchState.TOLD, WatchState.OPEN)
