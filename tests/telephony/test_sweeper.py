"""Calls that nobody hears of: the sweeper asks, believes the adapter, and after an hour nobody."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from procrastinate.contrib.django import app

from billing.auditing import run, scope_since
from billing.ledger.models import Transaction
from billing.tasks import expire_unused_free_minutes
from core.models import AuditRecord
from operators.models import Interaction, OperatorDay
from telephony import wire
from telephony.models import Call, CallEvent
from telephony.services.sweep import Swept, sweep
from telephony.tasks import sweep_silent_calls
from tests.scenario import (
    Answer,
    api,
    assert_books_are_whole,
    assert_everything_released,
    assert_has,
    earned,
    epoch,
    event_of,
    given_credit,
    given_customer,
    given_debit,
    given_free_minutes,
    given_operator,
    its_time,
    ledger_of,
    send,
    tell,
    the_authorization,
    the_call,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600


def swept(call: Call, at: float) -> Swept:
    with its_time(call, at):
        return sweep()


def ended(call: Call, *, seconds: float) -> wire.CallEvent:
    """The adapter's last word on a call that was joined ten seconds after the click."""
    return event_of(
        call, "ended", at=10 + seconds, why="hangup", ended_by="operator", joined_at=epoch(call, 10),
        left_at=epoch(call, 10 + seconds), joined_ms=str(round(seconds * 1000)),
    )  # fmt: skip


def late(call: Call, event: wire.CallEvent, at: float) -> Answer:
    answer = send(event, now=call.initiated_at + timedelta(seconds=at))
    assert answer.status == 200, answer.body
    return answer


def assert_audit_finds_nothing() -> None:
    assert list(run(scope_since(None))) == []


# -- asking


def test_a_call_that_was_heard_of_lately_is_left_alone(phone_system: PhoneSystem, call: Call) -> None:
    assert swept(call, 29) == Swept()
    tell(call, "started", at=29)
    assert swept(call, 58) == Swept()
    assert phone_system.requests == []


def test_an_ending_that_got_lost_is_fetched_and_counts_as_if_it_had_come(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "started", at=10)
    event = ended(call, seconds=127)
    phone_system.says(call.call_id, state="over", ending=json.loads(event.to_json()))
    assert swept(call, 200) == Swept(asked=1, ended=1)
    assert the_call(call).charged_seconds == 127
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert_has(late(call, event, 300).json, {"charged": 12.96, "duration_seconds": 127})
    assert CallEvent.objects.filter(event_id=event.event_id).count() == 1
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert_everything_released(call)


def test_a_joined_call_is_known_to_be_joined_to_the_second_it_was_asked(
    phone_system: PhoneSystem, call: Call
) -> None:
    phone_system.says(
        call.call_id, state="joined", joined_at=call.initiated_at.timestamp() + 10, elapsed_ms=71_000
    )
    assert swept(call, 81) == Swept(asked=1)
    now = the_call(call)
    assert (now.status, now.known_joined_ms, now.node) == ("answered", 71_000, "test-node")
    assert now.joined_at == call.initiated_at + timedelta(seconds=10)
    assert swept(call, 100) == Swept()  # heard of


def test_a_call_that_still_rings_is_left_to_ring(phone_system: PhoneSystem, call: Call) -> None:
    phone_system.says(call.call_id, state="ringing")
    assert swept(call, 40) == Swept(asked=1)
    assert the_call(call).status == "initiated"
    assert swept(call, 60) == Swept()


def test_a_call_that_never_arrived_fails_once_it_can_no_longer_be_dialled(
    phone_system: PhoneSystem, call: Call
) -> None:
    Call.objects.update(not_after=call.initiated_at + timedelta(seconds=50))
    assert swept(call, 40) == Swept(asked=1)
    assert the_call(call).is_live
    assert swept(call, 51) == Swept(asked=1, presumed=1)
    now = the_call(call)
    assert (now.status, now.end_reason, now.needs_review) == ("failed", "phone_system_unavailable", False)
    assert wallet(call.customer) == (4500, 0)
    assert_everything_released(call)


def test_a_worker_whose_clock_is_an_hour_ahead_gives_up_no_call_that_is_being_made(
    phone_system: PhoneSystem, call: Call
) -> None:
    """The adapter doesn't know the call yet, and tells whose date counts."""
    phone_system.web_date = float(epoch(call, 1))
    assert swept(call, 3601) == Swept(asked=1)
    assert the_call(call).is_live
    phone_system.web_date = float(epoch(call, 60))
    assert swept(call, 3660) == Swept(asked=1, presumed=1)


def test_a_joined_call_that_the_adapter_lost_is_settled_to_the_last_second_known(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "started", at=10)
    tell(call, "progress", at=100, elapsed_ms="90500")
    assert swept(call, 140) == Swept(asked=1, presumed=1)
    now = the_call(call)
    assert (now.status, now.end_reason, now.needs_review) == ("ended", "unheard", True)
    assert (now.joined_ms, now.charged_seconds) == (90_500, 90)
    assert wallet(call.customer) == (4500 - 99 - 2 * 399, 0)
    assert_everything_released(call)


@pytest.mark.parametrize("seconds", [31, 600, HOUR - 1])
def test_while_the_adapter_is_away_or_unsure_nothing_is_decided_for_an_hour(
    phone_system: PhoneSystem, call: Call, seconds: int
) -> None:
    phone_system.refuse(503, "recovering")
    assert swept(call, seconds) == Swept(asked=1)
    assert the_call(call).is_live
    assert wallet(call.customer)[1] > 0


def test_after_an_hour_of_silence_an_unjoined_call_is_given_up_for_people_to_look_at(
    no_phone_system: None, call: Call
) -> None:
    assert swept(call, HOUR + 1) == Swept(presumed=1)
    now = the_call(call)
    assert (now.status, now.end_reason, now.needs_review) == ("failed", "unheard", True)
    assert wallet(call.customer) == (4500, 0)
    assert_everything_released(call)


def test_after_an_hour_of_silence_a_joined_call_is_charged_to_the_last_second_known(
    no_phone_system: None, call: Call
) -> None:
    tell(call, "started", at=10)
    tell(call, "progress", at=100, elapsed_ms="90000")
    assert swept(call, 100 + HOUR - 1) == Swept()
    assert swept(call, 100 + HOUR + 1) == Swept(presumed=1)
    now = the_call(call)
    assert (now.status, now.end_reason, now.charged_seconds, now.needs_review) == (
        "ended",
        "unheard",
        90,
        True,
    )
    assert wallet(call.customer) == (4500 - 99 - 2 * 399, 0)
    assert_everything_released(call)


def test_an_adapter_that_is_away_is_asked_once_a_sweep_and_not_once_a_call(
    slow_phone_system: PhoneSystem,
) -> None:
    calls = [when_called(given_customer(), given_operator()) for _ in range(5)]
    swept(calls[-1], 60)
    assert len(slow_phone_system.requests) == 1


def test_one_call_that_makes_no_sense_does_not_stop_the_others(phone_system: PhoneSystem, call: Call) -> None:
    other = when_called(given_customer(), given_operator())
    phone_system.says(call.call_id, state="over", ending={"state": "exploded"})
    assert swept(other, 60) == Swept(asked=2, ended=1, presumed=1)
    assert not the_call(call).is_live, "the adapter says at least that it is over"
    assert the_call(call).needs_review is False, "it was never joined, so nothing was charged"
    assert not the_call(other).is_live


def test_a_call_whose_end_was_refused_is_settled_by_the_sweeper(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "started", at=10)
    tell(call, "progress", at=40, elapsed_ms="30000")
    unusable = event_of(call, "ended", at=137, why="hangup", ended_by="customer", joined_ms="many")
    answer = send(unusable, now=call.initiated_at + timedelta(seconds=137))
    assert (answer.status, answer["error"]) == (400, "metadata.joined_ms: unusable")
    assert the_call(call).is_live
    phone_system.says(call.call_id, state="over", ending=json.loads(unusable.to_json()))
    assert swept(call, 240) == Swept(asked=1, ended=1)
    now = the_call(call)
    assert (now.status, now.joined_ms, now.needs_review) == ("ended", 30_000, True)
    assert_everything_released(call)


@pytest.mark.parametrize("flaw", [{"state": "exploded"}, {"call_id": "call_1_nobody"}, {"event_id": None}])
def test_an_end_that_is_refused_again_is_settled_by_the_rest_of_the_report(
    phone_system: PhoneSystem, call: Call, flaw: dict[str, Any]
) -> None:
    tell(call, "started", at=10)
    event = json.loads(ended(call, seconds=127).to_json()) | flaw
    assert send(event).status in (400, 404)
    joined_at = call.initiated_at.timestamp() + 10
    phone_system.says(call.call_id, state="over", ending=event, joined_at=joined_at, elapsed_ms=127_000)
    assert swept(call, 240) == Swept(asked=1, ended=1)
    now = the_call(call)
    assert (now.status, now.end_reason, now.needs_review) == ("ended", "unheard", True)
    assert (now.joined_ms, now.charged_seconds) == (127_000, 127)
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert_everything_released(call)


def test_an_end_refused_for_an_event_of_another_call_is_settled_too(
    phone_system: PhoneSystem, call: Call
) -> None:
    other = when_called(given_customer(), given_operator())
    first = event_of(other, "ringing", at=1)
    assert send(first).status == 200
    event = json.loads(event_of(call, "no_answer", at=30).to_json()) | {"event_id": first.event_id}
    assert send(event).status == 409
    phone_system.says(call.call_id, state="over", ending=event)
    swept(call, 40)
    now = the_call(call)
    assert (now.status, now.end_reason) == ("failed", "phone_system_unavailable")
    assert wallet(call.customer) == (4500, 0)
    assert_everything_released(call)


def test_the_sweeper_runs_every_minute_and_by_hand(
    phone_system: PhoneSystem, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons[sweep_silent_calls.name] == "* * * * *"
    Call.objects.update(heard_at=call.initiated_at - timedelta(minutes=5))
    Call.objects.update(not_after=call.initiated_at - timedelta(minutes=1))
    sweep_silent_calls(timestamp=0)
    assert not the_call(call).is_live
    call_command("sweep_calls")
    assert "asked about 0" in capsys.readouterr().out


def test_free_minutes_expire_by_the_clock_of_the_worker(call: Call) -> None:
    package = given_free_minutes(call.customer, 10, days=1)
    with its_time(call, 2 * 86_400):
        expire_unused_free_minutes(timestamp=0)
    package.refresh_from_db()
    assert (package.seconds_remaining, package.seconds_expired) == (0, 600)


# -- the late word


def given_up_at(call: Call, *, known_seconds: int) -> None:
    """Joined, last heard of after `known_seconds`, silent for an hour."""
    tell(call, "started", at=10)
    tell(call, "progress", at=10 + known_seconds, elapsed_ms=str(known_seconds * 1000))
    assert swept(call, 10 + known_seconds + HOUR + 1).presumed == 1


def test_the_late_truth_becomes_one_adjustment_to_customer_and_operator(
    no_phone_system: None, call: Call
) -> None:
    given_up_at(call, known_seconds=90)
    assert wallet(call.customer) == (4500 - 897, 0)
    event = ended(call, seconds=170)
    answer = late(call, event, 3 * HOUR)
    assert_has(
        answer.json, {"duration_seconds": 170, "total_amount": 11.97, "connect_fee": 0.99, "charged": 12.96}
    )
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert ledger_of(call) == {
        "connect_fee": (99, 79, 20), "call": (798, 638, 160), "adjustment": (399, 320, 79),
    }  # fmt: skip
    assert earned(call.operator) == 79 + 958  # as if it had been settled once, for 11.97
    now = the_call(call)
    assert (now.charged_seconds, now.joined_ms, now.end_reason, now.ended_by, now.needs_review) == (
        170, 170_000, "hangup", "operator", True,
    )  # fmt: skip
    for _ in range(3):
        assert late(call, event, 4 * HOUR) == answer
    late(call, ended(call, seconds=179), 5 * HOUR)  # a second opinion changes nothing
    assert Transaction.objects.filter(idempotency_key=f"adjust-{call.call_id}").count() == 1
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert AuditRecord.objects.filter(action="call.correct").count() == 1
    assert_everything_released(call)
    assert_audit_finds_nothing()


def test_a_late_word_that_agrees_moves_no_money_and_needs_nobody(no_phone_system: None, call: Call) -> None:
    given_up_at(call, known_seconds=90)
    late(call, ended(call, seconds=119.9), 3 * HOUR)
    now = the_call(call)
    assert (now.charged_seconds, now.end_reason, now.needs_review) == (119, "hangup", False)
    assert "adjustment" not in ledger_of(call)
    assert wallet(call.customer) == (4500 - 897, 0)
    assert_audit_finds_nothing()


def test_a_call_given_up_as_never_joined_is_charged_when_the_truth_comes(
    no_phone_system: None, call: Call
) -> None:
    swept(call, HOUR + 1)
    assert wallet(call.customer) == (4500, 0)
    answer = late(call, ended(call, seconds=61), 3 * HOUR)
    assert_has(answer.json, {"duration_seconds": 61, "charged": 8.97})
    assert wallet(call.customer) == (4500 - 897, 0)
    assert (the_call(call).status, the_authorization(call).state) == ("ended", "settled")
    interaction = Interaction.objects.get()
    assert (interaction.calls, interaction.seconds) == (1, 61)
    assert_everything_released(call)
    assert_audit_finds_nothing()


def test_a_call_given_up_that_never_was_joined_gets_its_true_reason(
    no_phone_system: None, call: Call
) -> None:
    swept(call, HOUR + 1)
    late(call, event_of(call, "no_answer", at=30, why="operator_no_answer", ended_by="operator"), 3 * HOUR)
    now = the_call(call)
    assert (now.status, now.end_reason, now.needs_review) == ("no_answer", "operator_no_answer", False)
    assert wallet(call.customer) == (4500, 0)
    assert_audit_finds_nothing()


def test_a_late_truth_never_charges_beyond_what_was_granted(no_phone_system: None, call: Call) -> None:
    given_up_at(call, known_seconds=30)
    late(call, ended(call, seconds=1000), 3 * HOUR)
    assert the_call(call).charged_seconds == 180
    assert wallet(call.customer) == (4500 - 99 - 3 * 399, 0)
    assert_audit_finds_nothing()


def test_what_the_customer_no_longer_has_is_borne_by_the_house_and_the_operator_gets_all(
    no_phone_system: None, call: Call
) -> None:
    given_up_at(call, known_seconds=90)
    given_debit(call.customer, "34.03")  # 2.00 is left
    late(call, ended(call, seconds=170), 3 * HOUR)
    assert wallet(call.customer) == (0, 0)
    assert earned(call.operator) == 79 + 958
    assert AuditRecord.objects.get(action="call.correct").details["uncollected_minor"] == 199
    assert_books_are_whole()
    assert_audit_finds_nothing()


def test_a_late_truth_that_is_shorter_gives_back(no_phone_system: None, call: Call) -> None:
    given_up_at(call, known_seconds=150)
    late(call, ended(call, seconds=55), 3 * HOUR)
    assert wallet(call.customer) == (4500 - 498, 0)
    assert earned(call.operator) == 79 + 319
    assert Interaction.objects.get().seconds == 55
    days = (
        OperatorDay.objects.all()
    )  # two, when New York's midnight falls into these hours: the ledger has a clock of its own
    assert sum(day.seconds for day in days) == 55
    assert sum(day.earned_minor for day in days) == 79 + 319
    assert_audit_finds_nothing()


def test_free_minutes_that_went_back_are_used_again_even_if_they_were_written_off(
    no_phone_system: None,
) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    package = given_free_minutes(customer, 3, days=0.01)
    call = when_called(customer, operator)
    given_up_at(call, known_seconds=50)
    with its_time(call, 2 * HOUR):
        expire_unused_free_minutes(timestamp=0)
    late(call, ended(call, seconds=170), 3 * HOUR)
    package.refresh_from_db()
    assert (package.seconds_used, package.seconds_remaining, package.seconds_expired) == (180, 0, 0)
    assert wallet(customer) == (4500 - 99, 0)
    assert earned(operator) == 79 + 958  # pay for free minutes, as if settled once
    assert_audit_finds_nothing()


def test_free_minutes_that_another_call_used_meanwhile_are_paid(no_phone_system: None) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    package = given_free_minutes(customer, 3)
    call = when_called(customer, operator)
    given_up_at(call, known_seconds=50)
    with its_time(call, 2 * HOUR):
        second = when_called(customer, given_operator())
    tell(second, "started", at=10)
    tell(second, "ended", at=10 + 115)
    late(call, ended(call, seconds=170), 3 * HOUR)
    package.refresh_from_db()
    assert (package.seconds_used, package.seconds_remaining) == (180, 0)
    assert wallet(customer) == (4500 - 99 - 99 - 2 * 399, 0)
    assert_audit_finds_nothing()


def test_pages_and_api_show_the_corrected_figures(no_phone_system: None, call: Call) -> None:
    given_up_at(call, known_seconds=90)
    late(call, ended(call, seconds=170), 3 * HOUR)
    status = api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(status, {"duration_seconds": 170, "charged": 12.96, "total_amount": 11.97, "status": "ended"})


def test_money_that_comes_back_may_be_spent_at_once(no_phone_system: None, call: Call) -> None:
    given_up_at(call, known_seconds=150)
    given_credit(call.customer, "1.00")
    late(call, ended(call, seconds=1), 3 * HOUR)
    assert wallet(call.customer) == (4500 + 100 - 498, 0)
