"""Presence: until when, what calls and missed calls do to it, and that page and directory agree about it."""

from datetime import timedelta

import pytest

from billing.services.rate_paid import rate_paid
from core import clock
from core.errors import Conflict, DomainError, NotAllowed
from operators.directory import DirectoryFilters, search
from operators.models import Operator
from operators.services.presence import set_in_call, set_presence, skip_wrap_up, stay_online, sweep_presence
from operators.services.rate import moderate_rating
from operators.services.review_operator import suspend_operator
from operators.states import Availability, Presence
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    tell,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db

RANKS = {Availability.ONLINE: 0, Availability.BUSY: 1, Availability.AWAY: 2, Availability.OFFLINE: 3}


def now(operator: Operator) -> Operator:
    operator.refresh_from_db()
    return operator


def seen(operator: Operator) -> Availability:
    """As the page says it; the directory must rank it the same."""
    availability = now(operator).availability
    [listed] = [row for row in search(BrandFactory(), DirectoryFilters()).items if row.pk == operator.pk]
    assert listed.rank == RANKS[availability]  # type: ignore[attr-defined]
    return availability


def rings_unanswered(operator: Operator, why: str = "operator_no_answer", rings: bool = True) -> Call:
    call = when_called(given_customer(), operator)
    if rings:
        tell(call, "ringing", at=5, leg="operator")
    state = {"operator_no_answer": "no_answer", "operator_declined": "busy", "operator_unreachable": "failed"}
    tell(call, state.get(why, "ended"), at=30, why=why, ended_by="network")
    return call


def test_whoever_changed_the_presence_reads_the_new_availability() -> None:
    operator = given_operator(presence=Presence.OFFLINE)
    changed = set_presence(operator_id=operator.pk, presence="online", minutes=60)
    assert changed.availability == Availability.ONLINE
    set_in_call(operator=changed, in_call=True)
    assert changed.availability == Availability.BUSY


def test_online_ends_by_itself_and_activity_moves_it_on() -> None:
    operator = given_operator(presence=Presence.OFFLINE)
    set_presence(operator_id=operator.pk, presence="online", minutes=60)
    begun = clock.now()
    assert seen(operator) == Availability.ONLINE
    with clock.using(lambda: begun + timedelta(minutes=50)):
        stay_online(operator=now(operator))
    with clock.using(lambda: begun + timedelta(minutes=100)):
        assert seen(operator) == Availability.ONLINE
    with clock.using(lambda: begun + timedelta(minutes=111)):
        assert seen(operator) == Availability.AWAY
        stay_online(operator=now(operator))  # too late: they come back by a tap, not by a page left open
        assert seen(operator) == Availability.AWAY
        assert sweep_presence(at=clock.now()) == 1
        assert (now(operator).presence, operator.away_reason) == ("away", "idle")
        set_presence(operator_id=operator.pk, presence="online")
        assert (seen(operator), operator.away_reason) == (Availability.ONLINE, "")


def test_two_calls_in_a_row_that_rang_unanswered_set_away_and_one_tap_brings_back() -> None:
    operator = given_operator()
    rings_unanswered(operator)
    assert seen(operator) == Availability.ONLINE
    rings_unanswered(operator)
    assert (seen(operator), operator.away_reason) == (Availability.AWAY, "missed")
    set_presence(operator_id=operator.pk, presence="online")
    assert (seen(operator), operator.missed_in_row) == (Availability.ONLINE, 0)


@pytest.mark.parametrize("why", ["operator_declined", "operator_unreachable", "customer_cancelled"])
def test_a_fault_a_decline_and_a_customer_who_cancels_never_count(why: str) -> None:
    operator = given_operator()
    for _ in range(3):
        rings_unanswered(operator, why)
    assert (seen(operator), operator.missed_in_row) == (Availability.ONLINE, 0)


def test_a_phone_that_never_rang_was_not_missed() -> None:
    operator = given_operator()
    for _ in range(2):
        rings_unanswered(operator, rings=False)
    assert seen(operator) == Availability.ONLINE


def test_a_joined_call_forgives_a_missed_one() -> None:
    operator = given_operator()
    rings_unanswered(operator)
    when_talked(when_called(given_customer(), operator), 10_000)
    rings_unanswered(operator)
    assert seen(operator) == Availability.ONLINE


def test_after_a_call_there_is_a_pause_that_can_be_skipped() -> None:
    operator = given_operator(wrap_up_seconds=60)
    call = when_called(given_customer(), operator)
    assert seen(operator) == Availability.BUSY
    when_talked(call, 10_000)
    ended = now(operator).wrap_up_until
    assert ended is not None
    with clock.using(lambda: ended - timedelta(seconds=1)):
        assert seen(operator) == Availability.BUSY
        with pytest.raises(Conflict):
            when_called(given_customer(), now(operator))
        skip_wrap_up(operator_id=operator.pk)
        assert seen(operator) == Availability.ONLINE
    with clock.using(lambda: ended):
        assert seen(operator) == Availability.ONLINE


def test_nobody_goes_online_unapproved() -> None:
    operator = given_operator(approval_status="pending", presence=Presence.OFFLINE)
    with pytest.raises(NotAllowed):
        set_presence(operator_id=operator.pk, presence="online")


def test_a_paid_call_is_rated_once_by_who_paid_and_staff_may_hide_it() -> None:
    operator, customer = given_operator(), given_customer()
    call = when_called(customer, operator)
    with pytest.raises(NotAllowed):
        rate_paid(customer=customer, reference=call.call_id, stars=5)
    when_talked(call, 200_000)
    for stars in (0, 6):
        with pytest.raises(DomainError):
            rate_paid(customer=customer, reference=call.call_id, stars=stars)
    with pytest.raises(NotAllowed):
        rate_paid(customer=given_customer(), reference=call.call_id, stars=1)
    rating = rate_paid(customer=customer, reference=call.call_id, stars=4, review="Kind")
    assert (now(operator).rating, operator.rating_count) == (4.0, 1)
    for hidden, expected in ((True, None), (True, None), (False, 4.0)):
        moderate_rating(rating_id=rating.pk, is_hidden=hidden, reason="words", actor=StaffFactory())
        assert now(operator).rating == expected


def test_free_minutes_alone_buy_no_rating() -> None:
    operator, customer = given_operator(), given_customer()
    given_free_minutes(customer, 10)
    call = when_called(customer, operator)
    when_talked(call, 10_000)
    with pytest.raises(NotAllowed):
        rate_paid(customer=customer, reference=call.call_id, stars=5)


def test_a_suspended_operator_is_told_so_and_not_to_wait_for_approval() -> None:
    operator = given_operator(presence=Presence.OFFLINE)
    suspend_operator(operator_id=operator.pk, actor=StaffFactory(), reason="Complaints")
    with pytest.raises(NotAllowed, match="suspended") as refused:
        set_presence(operator_id=operator.pk, presence="online")
    assert refused.value.error_code == "suspended"
