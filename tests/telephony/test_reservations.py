"""An operator waits two minutes for a customer who adds funds: who may ask for it, what it means for others, and how it ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import Authorization
from core import clock
from core.errors import DomainError
from customers.models import Customer
from customers.services.limits import take_break
from messaging.services.block import block
from messaging.states import Side
from operators.directory import DirectoryFilters, search
from operators.models import Operator
from operators.services.presence import set_presence, sweep_presence
from operators.services.review_operator import suspend_operator
from operators.states import Availability
from telephony.models import Call, Reservation
from telephony.services.initiate import create_call
from telephony.services.reserve_operator import (
    END_RESERVATION,
    RESERVED_FOR,
    end_reservations,
    expire_reservations,
    reserve_operator,
)
from telephony.states import ReservationState
from telephony.tasks import end_one_reservation
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, given_credit, given_customer, given_operator, logged_in, tell
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


def reserve(customer: Customer, operator: Operator) -> Reservation:
    return reserve_operator(customer=customer, operator_id=operator.pk, brand=BrandFactory())


def call(customer: Customer, operator: Operator) -> Call:
    return create_call(customer=customer, operator_id=operator.pk, brand=BrandFactory())[0]


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.error_code


def seen(operator: Operator) -> Availability:
    return Operator.objects.get(pk=operator.pk).availability


def state(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.state


def test_who_is_reserved_is_busy_for_others_and_takes_the_call_of_who_reserved() -> None:
    customer, other, operator = given_customer(balance=0), given_customer(), given_operator()
    reservation = reserve(customer, operator)
    assert reservation.ends_at - reservation.created_at == RESERVED_FOR == timedelta(minutes=2)
    assert seen(operator) == Availability.BUSY
    assert refusal(lambda: call(other, operator)) == "operator_busy"
    assert refusal(lambda: reserve(other, operator)) == "operator_busy"
    assert refusal(lambda: call(customer, operator)) == "insufficient_balance"
    assert state(reservation) == ReservationState.OPEN, "a call that failed for want of money used nothing"
    given_credit(customer, "45.00")
    started = call(customer, operator)
    assert state(reservation) == ReservationState.USED
    row = Operator.objects.get(pk=operator.pk)
    assert (row.in_call, row.reserved_until) == (True, None)
    tell(started, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")
    assert call(other, operator).operator_id == operator.pk


def test_it_ends_by_itself_at_its_second_and_the_job_writes_it_down() -> None:
    customer, other, operator = given_customer(balance=0), given_customer(), given_operator()
    reservation = reserve(customer, operator)
    job = ProcrastinateJob.objects.get(task_name=END_RESERVATION)
    assert job.scheduled_at == reservation.ends_at
    end_one_reservation(reservation_id=reservation.pk)
    assert state(reservation) == ReservationState.OPEN, "a job that is early ends nothing"
    with clock.using(lambda: reservation.ends_at):
        assert seen(operator) == Availability.ONLINE
        end_one_reservation(reservation_id=reservation.pk)
        assert state(reservation) == ReservationState.EXPIRED
        assert Operator.objects.get(pk=operator.pk).reserved_until is None
        assert reserve(other, operator).state == ReservationState.OPEN


def test_what_nobody_wrote_down_is_in_nobodys_way_and_is_swept() -> None:
    customer, operator, second = given_customer(balance=0), given_operator(), given_operator()
    reservation = reserve(customer, operator)
    with clock.using(lambda: reservation.ends_at + timedelta(seconds=1)):
        assert call(given_customer(), operator).operator_id == operator.pk
        newer = reserve(customer, second)
        assert state(reservation) == ReservationState.RELEASED
    with clock.using(lambda: newer.ends_at):
        assert expire_reservations() == 1
    assert state(newer) == ReservationState.EXPIRED


def by_customer(reservation: Reservation) -> None:
    end_reservations(ReservationState.RELEASED, customer=reservation.customer_id)


def by_operator(reservation: Reservation) -> None:
    end_reservations(ReservationState.RELEASED, operator=reservation.operator_id)


def by_going_away(reservation: Reservation) -> None:
    set_presence(operator_id=reservation.operator_id, presence="away")


def by_idling(reservation: Reservation) -> None:
    Operator.objects.update(online_until=reservation.created_at)
    sweep_presence(at=clock.now())


def by_a_break(reservation: Reservation) -> None:
    take_break(customer=reservation.customer, length="day")


def by_logging_out(reservation: Reservation) -> None:
    logged_in(reservation.customer.user, BRAND_HOST).post("/accounts/logout/")


def by_calling_another(reservation: Reservation) -> None:
    given_credit(reservation.customer, "45.00")
    call(reservation.customer, given_operator())


@pytest.mark.parametrize(
    "end",
    [by_customer, by_operator, by_going_away, by_idling, by_a_break, by_logging_out, by_calling_another],
)
def test_it_is_released(end: Callable[[Reservation], None]) -> None:
    reservation = reserve(given_customer(balance=0), given_operator())
    end(reservation)
    assert state(reservation) == ReservationState.RELEASED
    assert Operator.objects.get(pk=reservation.operator_id).reserved_until is None


def test_the_same_click_again_is_the_same_reservation_and_another_operators_is_released() -> None:
    customer, first, second = given_customer(balance=0), given_operator(), given_operator()
    earlier = reserve(customer, first)
    assert reserve(customer, first) == earlier
    later = reserve(customer, second)
    assert (state(earlier), state(later)) == (ReservationState.RELEASED, ReservationState.OPEN)
    assert (seen(first), seen(second)) == (Availability.ONLINE, Availability.BUSY)


def test_who_could_not_call_can_reserve_nobody() -> None:
    operator = given_operator()
    unverified = given_customer(balance=0, phone=False)
    assert refusal(lambda: reserve(unverified, operator)) == "phone_not_verified"
    resting = given_customer(balance=0)
    take_break(customer=resting, length="day")
    resting.refresh_from_db()
    assert refusal(lambda: reserve(resting, operator)) == "taking_a_break"
    blocked = given_customer(balance=0)
    block(side=Side.OPERATOR, customer_id=blocked.pk, operator_id=operator.pk, actor=None)
    assert refusal(lambda: reserve(blocked, operator)) == "blocked"
    talking = given_customer()
    call(talking, given_operator())
    assert refusal(lambda: reserve(talking, operator)) == "already_in_call"
    away = given_operator(presence="away")
    assert refusal(lambda: reserve(given_customer(balance=0), away)) == "operator_offline"
    suspend_operator(operator_id=operator.pk, actor=StaffFactory(), reason="a test")
    assert refusal(lambda: reserve(given_customer(balance=0), operator)) == "not_found"


def test_so_many_an_hour(settings: Any) -> None:
    settings.RESERVATIONS_PER_HOUR = 2
    customer, operator = given_customer(balance=0), given_operator()
    for _ in range(2):
        last = reserve(customer, operator)
        end_reservations(ReservationState.RELEASED, customer=customer.pk)
    assert refusal(lambda: reserve(customer, operator)) == "too_many_reservations"
    with clock.using(lambda: last.created_at + timedelta(hours=1)):
        assert reserve(customer, operator).state == ReservationState.OPEN


def test_the_database_lets_nobody_have_two() -> None:
    first = reserve(given_customer(balance=0), given_operator())
    second = reserve(given_customer(balance=0), given_operator())
    for changes in (
        {"customer": second.customer_id},
        {"operator": second.operator_id},
        {"ended_at": clock.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reservation.objects.filter(pk=first.pk).update(**changes)


def test_the_directory_shows_who_is_reserved_behind_who_is_free() -> None:
    reserved, free = given_operator(stage_name="Reserved"), given_operator(stage_name="Free")
    reserve(given_customer(balance=0), reserved)
    brand = BrandFactory()
    assert [item.pk for item in search(brand, DirectoryFilters(is_online=True)).items] == [free.pk]


ROUNDS = pytest.mark.parametrize("rounds", [8, pytest.param(250, marks=LONG)])


@ROUNDS
def test_a_reservation_and_a_call_at_once_are_one_of_the_two(rounds: int) -> None:
    """Two rounds each: by others, and by one who reserves while another calls and a third reserves."""
    operator = given_operator()
    for number in range(rounds):
        reserving, calling = given_customer(balance=0), given_customer()
        jobs = [lambda c=reserving: reserve(c, operator), lambda c=calling: call(c, operator)]
        results = in_parallel(*(jobs if number % 2 else reversed(jobs)), refusals=DomainError)
        assert sum(isinstance(result, DomainError) for result in results) == 1, results
        row = Operator.objects.get(pk=operator.pk)
        is_called = Call.objects.filter(customer=calling).exists()
        assert row.in_call is is_called
        assert (row.reserved_until is not None) is not is_called
        assert Authorization.objects.filter(customer=calling).exists() is is_called, "no hold without a call"
        for live in Call.objects.filter(customer=calling):
            tell(live, "failed", at=1, why="carrier_fault", ended_by="network")
        end_reservations(ReservationState.RELEASED, customer=reserving.pk)


@ROUNDS
def test_a_release_an_end_and_another_reservation_at_once(rounds: int) -> None:
    """Whoever is first: one ending is written, and the operator waits for at most one."""
    operator = given_operator()
    for _ in range(rounds):
        customer, other = given_customer(balance=0), given_customer(balance=0)
        first = reserve(customer, operator)
        over = clock.now()
        Reservation.objects.filter(pk=first.pk).update(ends_at=over)
        Operator.objects.filter(pk=operator.pk).update(reserved_until=over)
        in_parallel(
            lambda pk=first.pk: end_reservations(ReservationState.EXPIRED, pk=pk),
            lambda pk=operator.pk: end_reservations(ReservationState.RELEASED, operator=pk),
            lambda c=other: reserve(c, operator),
            refusals=DomainError,
        )
        assert state(first) != ReservationState.OPEN
        left = Reservation.objects.filter(operator=operator, state=ReservationState.OPEN)
        row = Operator.objects.get(pk=operator.pk)
        assert [reservation.ends_at for reservation in left] == (
            [row.reserved_until] if row.reserved_until else []
        )
        end_reservations(ReservationState.RELEASED, operator=operator.pk)
