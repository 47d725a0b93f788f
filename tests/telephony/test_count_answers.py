"""Who takes the calls that ring moves up the directory: counted at night, over 30 days, once there are enough of them."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from core import clock
from operators.directory import DirectoryFilters, search
from operators.models import Operator
from telephony.models import Call
from telephony.services.count_answers import count_answers
from telephony.states import CallStatus, EndReason
from tests.factories import BrandFactory, CustomerFactory
from tests.scenario import given_operator

pytestmark = pytest.mark.django_db
_numbers = count(1)


def given_calls(
    operator: Operator,
    number: int,
    reason: EndReason = EndReason.HANGUP,
    *,
    at: datetime | None = None,
    rang: bool = True,
) -> None:
    """So many calls that ended this way; with a hangup, they were joined. `rang`: the operator's phone did."""
    at = at or clock.now() - timedelta(hours=1)
    is_joined = reason == EndReason.HANGUP
    customer, brand = CustomerFactory(), BrandFactory()
    Call.objects.bulk_create(
        Call(
            call_id=f"call_answers_{next(_numbers)}", customer=customer, operator=operator, brand=brand,
            status=CallStatus.ENDED if is_joined else CallStatus.NO_ANSWER, end_reason=reason, initiated_at=at, not_after=at,
            operator_ringing_at=at if rang else None, joined_ms=60_000 if is_joined else None, ended_at=at,
        )
        for _ in range(number)
    )  # fmt: skip


def points_of(operator: Operator) -> int:
    return Operator.objects.values_list("answer_points", flat=True).get(pk=operator.pk)


def order() -> list[str]:
    return [operator.stage_name for operator in search(None, DirectoryFilters()).items]


def test_who_misses_calls_drops_below_an_equal_one_who_answers() -> None:
    misses, new, answers = (given_operator(stage_name=name) for name in ("Misses", "New", "Answers"))
    given_calls(misses, 10, EndReason.OPERATOR_NO_ANSWER)
    given_calls(misses, 10)
    given_calls(answers, 20)
    assert order() == ["Misses", "New", "Answers"], "as they signed up: no call changes the order"
    assert count_answers() == 2
    assert [points_of(operator) for operator in (misses, new, answers)] == [60, 80, 93]
    assert order() == ["Answers", "New", "Misses"]
    assert count_answers() == 0


def test_too_few_calls_count_for_nothing() -> None:
    operator = given_operator()
    given_calls(operator, 9, EndReason.OPERATOR_NO_ANSWER)
    assert count_answers() == 0
    assert points_of(operator) == 80
    given_calls(operator, 1, EndReason.OPERATOR_DECLINED)
    count_answers()
    assert points_of(operator) == 40, "and half of a star is what ten of them cost"


@pytest.mark.parametrize(
    ("reason", "rang"),
    [
        (EndReason.CUSTOMER_CANCELLED, True),
        (EndReason.CUSTOMER_NO_ANSWER, False),
        (EndReason.OPERATOR_UNREACHABLE, True),
        (EndReason.CARRIER_FAULT, True),
        (EndReason.OPERATOR_NO_ANSWER, False),  # it never reached their phone
    ],
)
def test_what_the_operator_did_not_do_is_not_counted(reason: EndReason, rang: bool) -> None:
    operator = given_operator()
    given_calls(operator, 20, reason, rang=rang)
    assert count_answers() == 0
    given_calls(operator, 20)
    count_answers()
    assert points_of(operator) == 93


def test_calls_of_more_than_30_days_ago_are_forgotten() -> None:
    operator, month = given_operator(), timedelta(days=30)
    given_calls(operator, 20, EndReason.OPERATOR_NO_ANSWER, at=clock.now() - month + timedelta(hours=1))
    count_answers()
    assert points_of(operator) == 27
    later = clock.now() + timedelta(hours=2)
    with clock.using(lambda: later):
        assert count_answers() == 1
    assert points_of(operator) == 80


def test_all_of_it_adds_one_star_at_most() -> None:
    operator = given_operator()
    given_calls(operator, 400)
    count_answers()
    operator.refresh_from_db()
    assert operator.answer_points == 100
    assert operator.standing == operator.weighted_rating + operator.returning_points + 100
