"""A greeting recorded by phone: one click, one call, one recording, which goes the way of an uploaded one."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from core import clock
from operators.models import Greeting, GreetingFile, Operator
from operators.services import greetings
from operators.services.phone_list import take_verified_phone
from operators.states import GreetingFormat, Presence, ReviewState
from operators.tasks import prepare_greeting
from phones.services.store_number import store_number
from telephony.adapter.simulated_recordings import spoken
from telephony.greeting_models import LIVE_FOR, GreetingCall
from telephony.greeting_wire import MAX_SOUND_BYTES, GreetingEvent, parse_greeting_call
from telephony.services import record_greeting_by_phone
from telephony.states import GreetingCallEnd as End
from telephony.states import GreetingCallState as State
from tests.scenario import Answer, given_operator, logged_in, send
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db

PAGE = "/settings/greeting/"
CALL = f"{PAGE}call/"
EVENTS = "/api/telephony/greeting-calls/"
SOUND = spoken(1.5)


@pytest.fixture
def operator() -> Operator:
    return given_operator(presence=Presence.OFFLINE)


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def page_of(portal: Client) -> str:
    return portal.get(PAGE).content.decode()


def pressed(portal: Client) -> GreetingCall:
    """Record by phone: the adapter was asked once."""
    answer = portal.post(CALL)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#greeting-phone")
    return GreetingCall.objects.latest("pk")


def told(
    call: GreetingCall, sequence: int, state: State, why: End | None = None, sound: bytes = b""
) -> Answer:
    return send(GreetingEvent(call.reference, sequence, state, why, sound).to_json(), path=EVENTS)


def refused(portal: Client) -> str:
    return portal.post(CALL, follow=True).content.decode()


def test_a_recording_that_is_kept_goes_to_the_worker_and_to_staff(
    portal: Client, operator: Operator, phone_system: PhoneSystem
) -> None:
    call = pressed(portal)
    (asked,) = phone_system.asked_for("/greeting")
    assert (asked.body["greeting_id"], asked.body["number"]) == (call.reference, operator.phone)
    assert "We’re calling your phone" in page_of(portal)
    assert told(call, 1, State.RECORDING).status == 200
    assert "Speak after the tone" in page_of(portal)
    told(call, 2, State.REVIEWING)
    assert "Press 1 to keep it" in page_of(portal)
    assert told(call, 3, State.KEPT, sound=SOUND).status == 200
    assert "preparing your new recording" in page_of(portal)
    assert bytes(GreetingFile.objects.get(format=GreetingFormat.UPLOAD).data) == SOUND
    prepare_greeting(greeting_id=Greeting.objects.get().pk)
    greeting = Greeting.objects.get(state=ReviewState.WAITING)
    assert 1450 <= greeting.duration_ms <= 1550
    assert "waiting for review" in page_of(portal)


def test_what_is_told_twice_or_late_changes_nothing(portal: Client, phone_system: PhoneSystem) -> None:
    call = pressed(portal)
    for _ in range(2):
        assert told(call, 3, State.KEPT, sound=SOUND).status == 200
    assert told(call, 2, State.REVIEWING).status == 200
    call.refresh_from_db()
    assert call.state == State.KEPT
    assert Greeting.objects.count() == 1
    assert ProcrastinateJob.objects.filter(task_name=greetings.PREPARE_GREETING).count() == 1


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (End.BUSY, "Your phone was busy"),
        (End.NO_ANSWER, "Your phone didn’t answer"),
        (End.UNREACHABLE, "couldn’t reach your phone"),
        (End.HUNG_UP, "You hung up before pressing 1"),
        (End.TOO_SHORT, "too short"),
        (End.NO_KEY, "You didn’t press 1"),
        (End.FAILED, "Something went wrong on our side"),
    ],
)
def test_a_call_that_comes_to_nothing_keeps_nothing_and_says_why(
    portal: Client, phone_system: PhoneSystem, why: End, words: str
) -> None:
    call = pressed(portal)
    told(call, 1, State.ENDED, why)
    assert words in page_of(portal)
    assert "Record by phone</span>" in page_of(portal)
    assert not GreetingFile.objects.exists()


def test_a_call_of_which_nothing_more_is_heard_is_over_some_time(
    portal: Client, phone_system: PhoneSystem
) -> None:
    lost = pressed(portal)
    assert "We’re already calling you" in refused(portal)
    with clock.using(lambda: lost.created_at + LIVE_FOR + timedelta(seconds=1)):
        assert "Something went wrong on our side" in page_of(portal)
        pressed(portal)
    assert GreetingCall.objects.get(pk=lost.pk).why == End.LOST
    late = told(lost, 3, State.KEPT, sound=SOUND)
    assert (late.status, late["error"]) == (409, "over")
    assert not GreetingFile.objects.exists()


def test_a_recording_that_is_silent_is_refused_by_the_worker(
    portal: Client, phone_system: PhoneSystem
) -> None:
    silence = SOUND[:44] + bytes(len(SOUND) - 44)
    told(pressed(portal), 1, State.KEPT, sound=silence)
    prepare_greeting(greeting_id=Greeting.objects.get().pk)
    assert "We can’t hear anything in this recording" in page_of(portal)
    assert not GreetingFile.objects.exists()


def test_what_is_no_recording_is_answered_once_and_said(portal: Client, phone_system: PhoneSystem) -> None:
    call = pressed(portal)
    assert told(call, 1, State.KEPT, sound=b"<html>" * 100).status == 200  # no repetition would help
    call.refresh_from_db()
    assert (call.state, call.why) == (State.ENDED, End.REFUSED)
    assert "Use an audio file" in page_of(portal)
    assert not Greeting.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"presence": Presence.ONLINE}, "Go offline first"),
        ({"in_call": True}, "You’re on a call"),
        ({"phone_verified_at": None}, "Verify your phone in your settings first"),
        ({"phone_blocked_at": clock.now()}, "Someone pressed 9 on your phone"),
    ],
)
def test_an_operator_who_cannot_be_called_now_is_told_why(
    portal: Client, operator: Operator, phone_system: PhoneSystem, fields: dict[str, Any], words: str
) -> None:
    Operator.objects.filter(pk=operator.pk).update(**fields)
    assert words in refused(portal)
    assert not phone_system.asked_for("/greeting")


def test_without_a_working_phone_the_page_offers_to_verify_one(portal: Client, operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(phone_verified_at=None)
    page = page_of(portal)
    assert "Verify your phone" in page
    assert "Record by phone</span>" not in page


def test_a_days_calls_are_bounded(
    portal: Client, phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_greeting_by_phone, "CALLS_PER_DAY", 2)
    for _ in range(2):
        told(pressed(portal), 1, State.ENDED, End.NO_ANSWER)
    assert "a lot of recording calls for one day" in refused(portal)
    assert len(phone_system.asked_for("/greeting")) == 2


def test_a_phone_system_that_refuses_does_not_count(portal: Client, phone_system: PhoneSystem) -> None:
    phone_system.refuse(404, "not_found")  # an adapter of before
    assert "Calling is down right now" in refused(portal)
    assert not GreetingCall.objects.exists()


def test_what_the_adapter_is_asked_is_what_it_takes(portal: Client, phone_system: PhoneSystem) -> None:
    pressed(portal)
    body = phone_system.asked_for("/greeting")[0].body
    plan = parse_greeting_call(json.dumps(body).encode())
    assert "number=" not in repr(plan)


def test_an_event_that_is_not_signed_unknown_or_too_large_is_refused(
    portal: Client, phone_system: PhoneSystem
) -> None:
    call = pressed(portal)
    body = GreetingEvent(call.reference, 1, State.KEPT, sound=SOUND).to_json()
    assert send(body, path=EVENTS, key="another").status == 401
    unknown = GreetingEvent("greeting_1_abcdef", 1, State.KEPT, sound=SOUND).to_json()
    answer = send(unknown, path=EVENTS)
    assert (answer.status, answer["error"]) == (404, "unknown greeting_id")
    for large in (b"RIFF" + bytes(MAX_SOUND_BYTES), b"RIFF" + bytes(2 * MAX_SOUND_BYTES)):
        assert told(call, 1, State.KEPT, sound=large).status == 400
    assert told(call, 1, State.ENDED).status == 400
    assert not Greeting.objects.exists()


def test_another_operator_sees_nothing_of_it(portal: Client, phone_system: PhoneSystem) -> None:
    pressed(portal)
    another = logged_in(given_operator(presence=Presence.OFFLINE).user, "portal.localhost")
    assert "We’re calling" not in page_of(another)
    pressed(another)
    assert GreetingCall.objects.filter(ended_at=None).count() == 2


def test_one_of_several_phones_is_chosen(
    portal: Client, operator: Operator, phone_system: PhoneSystem
) -> None:
    assert 'type="radio"' not in page_of(portal)
    second = store_number("+19991025502")
    take_verified_phone(operator=operator, number=second, at=clock.now())
    page = page_of(portal)
    assert f'name="number" value="{second.pk}"' in page
    assert "The phone that ends in 02" in page
    portal.post(CALL, {"number": str(second.pk)})
    assert phone_system.asked_for("/greeting")[0].body["number"] == "+19991025502"


@pytest.mark.parametrize("whose", ["another", "nobody"])
def test_no_phone_but_an_own_one_is_called(portal: Client, phone_system: PhoneSystem, whose: str) -> None:
    number = given_operator().phone_number_id if whose == "another" else "x"
    answer = portal.post(CALL, {"number": str(number)}, follow=True)
    assert "Phone not found." in answer.content.decode()
    assert not phone_system.asked_for("/greeting")
