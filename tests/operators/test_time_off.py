"""Breaks, vacations, and what follows an operator's hours: each begins and ends once, and what is chosen by hand stays."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core import clock
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from notices.models import Notice
from notices.states import NoticeKind
from operators.directory import DirectoryFilters, search
from operators.models import Operator, ScheduleException, WorkPlan
from operators.services.breaks import end_breaks, take_break
from operators.services.change_settings import Hours, change_schedule
from operators.services.follow_hours import follow_hours
from operators.services.presence import set_in_call, set_presence
from operators.services.release_operator import release_operator
from operators.services.vacation import end_vacation, plan_vacation, turn_vacations
from operators.services.working_time import change_work_plan, remove_exception, set_exception
from operators.states import Availability, Outcome, Presence
from privacy.services.delete_old_data import delete_old_data
from tests.factories import BrandFactory
from tests.scenario import given_operator
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 17, tzinfo=UTC)  # a Monday, 12 PM in New York
SEVEN, ELEVEN = NOON + timedelta(hours=7), NOON + timedelta(hours=11)  # of the evening
MINUTE = timedelta(minutes=1)
EVENING = Hours(0, time(19), time(23))


def now(operator: Operator) -> Operator:
    operator.refresh_from_db()
    return operator


def at(moment: datetime, do: Callable[[], object]) -> object:
    with clock.using(lambda: moment):
        return do()


def sweep(moment: datetime) -> None:
    """What the worker does every minute."""
    with clock.using(lambda: moment):
        end_breaks(at=moment)
        turn_vacations(at=moment)
        follow_hours(at=moment)


def seen(operator: Operator, moment: datetime) -> Availability:
    """As the page says it; directory and filter must agree."""
    with clock.using(lambda: moment):
        availability = now(operator).availability
        [listed] = [row for row in search(BrandFactory(), DirectoryFilters()).items if row.pk == operator.pk]
        ranks = list(Availability)
        assert listed.rank == ranks.index(availability)  # type: ignore[attr-defined]
        online = search(BrandFactory(), DirectoryFilters(is_online=True)).items
        assert (operator in online) == (availability == Availability.ONLINE)
    return availability


def goes(operator: Operator, presence: Presence, moment: datetime) -> None:
    at(moment, lambda: set_presence(operator_id=operator.pk, presence=presence))


@pytest.fixture
def operator() -> Operator:
    return given_operator(presence=Presence.OFFLINE, online_minutes=480)


@pytest.fixture
def by_hours(operator: Operator) -> Operator:
    """Works on Monday evenings, is reminded, and goes online and offline by it."""
    with clock.using(lambda: NOON):
        change_schedule(operator_id=operator.pk, hours=[EVENING])
        change_work_plan(operator_id=operator.pk, reminds=True, remind_minutes=15, follows_hours=True)
    return operator


def reminders() -> int:
    return Notice.objects.filter(kind=NoticeKind.HOURS_BEGIN).count()


# -- a break


def test_a_break_is_away_until_a_time_and_online_again_by_itself(operator: Operator) -> None:
    goes(operator, Presence.ONLINE, NOON)
    at(NOON, lambda: take_break(operator_id=operator.pk, minutes=20))
    assert seen(operator, NOON) == Availability.AWAY
    assert at(NOON, lambda: now(operator).returns_at(NOON)) == NOON + 20 * MINUTE
    at(NOON + 5 * MINUTE, lambda: take_break(operator_id=operator.pk, minutes=10))
    sweep(NOON + 29 * MINUTE)
    assert seen(operator, NOON + 29 * MINUTE) == Availability.AWAY
    sweep(NOON + 30 * MINUTE)
    assert seen(operator, NOON + 30 * MINUTE) == Availability.ONLINE
    assert now(operator).break_until is None


def test_a_break_is_for_who_is_online_and_of_a_length_that_is_offered(operator: Operator) -> None:
    with pytest.raises(Conflict) as refused:
        take_break(operator_id=operator.pk, minutes=10)
    assert refused.value.error_code == "not_online"
    goes(operator, Presence.ONLINE, NOON)
    for minutes in (None, 0, 11):
        with pytest.raises(Invalid):
            take_break(operator_id=operator.pk, minutes=minutes)
    for _ in range(4):
        at(NOON, lambda: take_break(operator_id=operator.pk, minutes=60))
    with pytest.raises(Invalid, match="four hours"):
        at(NOON, lambda: take_break(operator_id=operator.pk, minutes=60))


@pytest.mark.parametrize("chosen", [Presence.ONLINE, Presence.AWAY, Presence.OFFLINE])
def test_what_is_chosen_by_hand_ends_a_break(operator: Operator, chosen: Presence) -> None:
    goes(operator, Presence.ONLINE, NOON)
    at(NOON, lambda: take_break(operator_id=operator.pk, minutes=20))
    goes(operator, chosen, NOON + MINUTE)
    sweep(NOON + 21 * MINUTE)
    assert now(operator).presence == chosen


def test_who_may_not_work_after_a_break_stays_away_and_reads_why(operator: Operator) -> None:
    goes(operator, Presence.ONLINE, NOON)
    at(NOON, lambda: take_break(operator_id=operator.pk, minutes=10))
    Operator.objects.update(phone_verified_at=None, phone_number=None)
    sweep(NOON + 10 * MINUTE)
    assert (now(operator).presence, operator.away_reason) == ("away", "refused")
    sweep(NOON + 20 * MINUTE)
    assert operator.presence == "away"


# -- vacation


def test_a_vacation_is_offline_from_its_first_day_and_ends_by_itself(operator: Operator) -> None:
    goes(operator, Presence.ONLINE, NOON)
    with clock.using(lambda: NOON):
        plan_vacation(operator_id=operator.pk, first=date(2026, 12, 1), last=date(2026, 12, 11))
    assert seen(operator, NOON) == Availability.ONLINE
    midnight = datetime(2026, 12, 1, 5, tzinfo=UTC)
    Operator.objects.update(online_until=None)
    assert seen(operator, midnight - MINUTE) == Availability.ONLINE
    assert seen(operator, midnight) == Availability.OFFLINE  # before the worker wrote it
    sweep(midnight)
    assert (now(operator).presence, operator.returns_on(midnight)) == ("offline", date(2026, 12, 12))
    with pytest.raises(NotAllowed, match="Dec 12") as refused:
        goes(operator, Presence.ONLINE, midnight + MINUTE)
    assert refused.value.error_code == "on_vacation"
    over = datetime(2026, 12, 12, 5, tzinfo=UTC)
    sweep(over)
    assert now(operator).vacation_until is None
    goes(operator, Presence.ONLINE, over)
    assert seen(operator, over) == Availability.ONLINE


def test_a_vacation_that_begins_in_mid_call_leaves_the_call_alone(operator: Operator) -> None:
    goes(operator, Presence.ONLINE, NOON)
    set_in_call(operator=now(operator), in_call=True)
    with clock.using(lambda: NOON):
        plan_vacation(operator_id=operator.pk, first=date(2026, 11, 30), last=date(2026, 11, 30))
    sweep(NOON)
    assert now(operator).presence == "online"
    with clock.using(lambda: NOON):
        release_operator(operator=operator, outcome=Outcome.JOINED, at=NOON)
    assert seen(operator, NOON) == Availability.OFFLINE
    sweep(NOON + MINUTE)
    assert now(operator).presence == "offline"


def test_one_press_ends_a_vacation_or_cancels_one(operator: Operator) -> None:
    with clock.using(lambda: NOON):
        plan_vacation(operator_id=operator.pk, first=date(2026, 11, 30), last=date(2026, 12, 11))
        end_vacation(operator_id=operator.pk)
        set_presence(operator_id=operator.pk, presence="online")
        assert now(operator).availability == Availability.ONLINE
        with pytest.raises(Conflict):
            end_vacation(operator_id=operator.pk)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 29), date(2026, 12, 11)),
        (date(2026, 12, 11), date(2026, 12, 10)),
        (date(2026, 12, 1), date(2027, 12, 1)),
    ],
)
def test_a_vacation_that_makes_no_sense_is_refused(operator: Operator, first: date, last: date) -> None:
    with clock.using(lambda: NOON), pytest.raises(Invalid):
        plan_vacation(operator_id=operator.pk, first=first, last=last)
    assert now(operator).vacation_until is None


# -- single dates


def test_dates_are_added_replaced_and_removed(operator: Operator) -> None:
    day = date(2026, 12, 24)
    with clock.using(lambda: NOON):
        set_exception(operator_id=operator.pk, day=day, starts=None, ends=None)
        row = set_exception(operator_id=operator.pk, day=day, starts=time(19), ends=time(23))
        for wrong in (
            {"day": date(2026, 11, 29), "starts": None, "ends": None},
            {"day": date(2028, 1, 1), "starts": None, "ends": None},
            {"day": day, "starts": time(19), "ends": None},
            {"day": day, "starts": time(19), "ends": time(19)},
        ):
            with pytest.raises(Invalid):
                set_exception(operator_id=operator.pk, **wrong)  # type: ignore[arg-type]
    assert ScheduleException.objects.get().span == (time(19), time(23))
    with pytest.raises(NotFound):
        remove_exception(operator_id=given_operator().pk, exception_id=row.pk)
    remove_exception(operator_id=operator.pk, exception_id=row.pk)
    assert not ScheduleException.objects.exists()


def test_past_dates_are_deleted_by_the_nightly_job(operator: Operator) -> None:
    for day in (date(2026, 10, 1), date(2026, 11, 20)):
        ScheduleException.objects.create(operator=operator, day=day)
    with clock.using(lambda: NOON):
        assert delete_old_data()["dates"] == 1
    assert ScheduleException.objects.get().day == date(2026, 11, 20)


# -- by the hours


def test_hours_remind_once_set_online_and_set_offline(by_hours: Operator) -> None:
    sweep(SEVEN - 16 * MINUTE)
    assert reminders() == 0
    for minutes in (15, 14, 1):
        sweep(SEVEN - minutes * MINUTE)
    assert reminders() == 1
    assert now(by_hours).presence == "offline"
    sweep(SEVEN)
    assert seen(by_hours, SEVEN) == Availability.ONLINE
    sweep(ELEVEN - MINUTE)
    assert now(by_hours).presence == "online"
    sweep(ELEVEN)
    assert (now(by_hours).presence, by_hours.away_reason) == ("offline", "")
    assert reminders() == 1


def test_what_is_chosen_in_the_hours_stays_until_they_end(by_hours: Operator) -> None:
    sweep(SEVEN)
    goes(by_hours, Presence.OFFLINE, SEVEN + MINUTE)
    sweep(SEVEN + 2 * MINUTE)
    assert now(by_hours).presence == "offline"
    goes(by_hours, Presence.ONLINE, ELEVEN - MINUTE)
    sweep(ELEVEN)
    assert now(by_hours).presence == "offline"
    goes(by_hours, Presence.ONLINE, ELEVEN + MINUTE)
    sweep(ELEVEN + 2 * MINUTE)
    assert now(by_hours).presence == "online"


def test_who_is_online_already_needs_no_reminder(by_hours: Operator) -> None:
    goes(by_hours, Presence.ONLINE, NOON)
    sweep(SEVEN - MINUTE)
    assert reminders() == 0


def test_hours_end_after_the_call_never_in_it(by_hours: Operator) -> None:
    sweep(SEVEN)
    set_in_call(operator=now(by_hours), in_call=True)
    sweep(ELEVEN)
    assert now(by_hours).presence == "online"
    with clock.using(lambda: ELEVEN + MINUTE):
        release_operator(operator=by_hours, outcome=Outcome.JOINED, at=ELEVEN + MINUTE)
    assert (now(by_hours).presence, by_hours.offline_after_call) == ("offline", False)


def test_who_chooses_online_in_a_call_past_the_hours_stays_online(by_hours: Operator) -> None:
    sweep(SEVEN)
    set_in_call(operator=now(by_hours), in_call=True)
    sweep(ELEVEN)
    goes(by_hours, Presence.ONLINE, ELEVEN + MINUTE)
    with clock.using(lambda: ELEVEN + 2 * MINUTE):
        release_operator(operator=by_hours, outcome=Outcome.JOINED, at=ELEVEN + 2 * MINUTE)
    assert now(by_hours).presence == "online"


def test_a_beginning_waits_for_the_end_of_a_break(by_hours: Operator) -> None:
    goes(by_hours, Presence.ONLINE, NOON)
    at(SEVEN - 5 * MINUTE, lambda: take_break(operator_id=by_hours.pk, minutes=10))
    sweep(SEVEN)
    assert now(by_hours).presence == "away"
    sweep(SEVEN + 5 * MINUTE)
    assert now(by_hours).presence == "online"


def test_who_may_not_work_is_not_set_online_and_reads_why(by_hours: Operator) -> None:
    Operator.objects.update(identified_at=None)
    sweep(SEVEN)
    assert (now(by_hours).presence, by_hours.away_reason) == ("offline", "refused")
    Operator.objects.update(identified_at=NOON)
    sweep(SEVEN + MINUTE)
    assert now(by_hours).presence == "offline"  # a beginning acts once


def test_a_day_off_and_a_vacation_neither_remind_nor_set_anybody_online(by_hours: Operator) -> None:
    with clock.using(lambda: NOON):
        off = set_exception(operator_id=by_hours.pk, day=date(2026, 11, 30), starts=None, ends=None)
    sweep(SEVEN - MINUTE)
    sweep(SEVEN)
    with clock.using(lambda: NOON):
        remove_exception(operator_id=by_hours.pk, exception_id=off.pk)
        plan_vacation(operator_id=by_hours.pk, first=date(2026, 11, 30), last=date(2026, 11, 30))
    sweep(SEVEN - MINUTE)
    sweep(SEVEN)
    assert (now(by_hours).presence, reminders()) == ("offline", 0)


def test_hours_that_change_and_a_switch_that_is_turned_on_act_on_nothing_past(by_hours: Operator) -> None:
    with clock.using(lambda: SEVEN - MINUTE):
        change_schedule(operator_id=by_hours.pk, hours=[Hours(0, time(13), time(23))])
    sweep(SEVEN)
    assert now(by_hours).presence == "offline"
    goes(by_hours, Presence.ONLINE, SEVEN)
    with clock.using(lambda: SEVEN + MINUTE):
        change_schedule(operator_id=by_hours.pk, hours=[Hours(0, time(13), time(18))])
    sweep(SEVEN + 2 * MINUTE)
    assert now(by_hours).presence == "online"


@pytest.mark.django_db(transaction=True)
def test_two_workers_act_once(by_hours: Operator) -> None:
    def work() -> int:
        moment = SEVEN - MINUTE
        with clock.using(lambda: moment):
            return follow_hours(at=moment)

    assert sum(in_parallel(work, work)) == 1
    assert reminders() == 1
    assert WorkPlan.objects.get().reminded_for == SEVEN
