"""The door for the adapter's events: who may speak, in what shape, and that saying it twice changes nothing."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from telephony import wire
from telephony.models import Call, CallEvent
from tests.scenario import (
    BRAND_HOST,
    Answer,
    assert_everything_released,
    assert_has,
    event_of,
    given_customer,
    given_operator,
    ledger_of,
    send,
    tell,
    the_call,
    wallet,
    when_called,
)

pytestmark = pytest.mark.django_db(transaction=True)


def as_dict(event: wire.CallEvent) -> dict[str, Any]:
    return dict(json.loads(event.to_json()))


# -- who may speak


def test_answers_are_the_same_to_the_byte_as_ever(call: Call) -> None:
    assert send(event_of(call, "busy", at=10), headers={}).body == b'{"ok": false, "error": "bad_signature"}'
    granted = (
        b'{"final": false, "granted_seconds": 180, "ok": true, "tracking": "%s"}' % call.call_id.encode()
    )
    assert send(event_of(call, "started", at=10)).body == granted


def assert_refused_and_nothing_noted(answer: Answer, status: int, error: str) -> None:
    assert answer.status == status
    assert answer["ok"] is False
    assert answer["error"] == error
    assert not CallEvent.objects.exists()
    assert Call.objects.get().status == "initiated"


def test_an_unsigned_event_is_refused(call: Call) -> None:
    answer = send(event_of(call, "started", at=10), headers={})
    assert_refused_and_nothing_noted(answer, 401, "bad_signature")


def test_an_event_signed_with_another_key_is_refused(call: Call) -> None:
    answer = send(event_of(call, "started", at=10), key="somebody-else")
    assert_refused_and_nothing_noted(answer, 401, "bad_signature")


def test_a_signature_of_another_body_is_refused(call: Call) -> None:
    stamp = f"{time.time():.3f}"
    signature = wire.sign("test-api-key-of-no-installation", stamp, event_of(call, "busy", at=9).to_json())
    headers = {wire.TIMESTAMP_HEADER: stamp, wire.SIGNATURE_HEADER: signature}
    answer = send(event_of(call, "started", at=10), headers=headers)
    assert_refused_and_nothing_noted(answer, 401, "bad_signature")


def test_nothing_is_believed_while_there_is_no_key(call: Call, settings: Any) -> None:
    settings.AEIMS_API_KEY = ""
    answer = send(event_of(call, "started", at=10), key="")
    assert_refused_and_nothing_noted(answer, 401, "bad_signature")


def test_a_key_that_is_replaced_is_believed_until_it_is_taken_out(call: Call, settings: Any) -> None:
    old, settings.AEIMS_API_KEY = settings.AEIMS_API_KEY, "the-new-key-of-no-installation"
    assert_refused_and_nothing_noted(send(event_of(call, "started", at=10), key=old), 401, "bad_signature")
    settings.AEIMS_API_KEY_FALLBACKS = ["", old]
    assert_refused_and_nothing_noted(send(event_of(call, "started", at=10), key=""), 401, "bad_signature")
    assert send(event_of(call, "started", at=10), key=old).status == 200
    assert send(event_of(call, "progress", at=20), key=settings.AEIMS_API_KEY).status == 200


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_stale_or_future_event_is_refused_and_told_the_servers_time(call: Call, seconds: int) -> None:
    answer = send(event_of(call, "started", at=10), signed_at=time.time() + seconds)
    assert_refused_and_nothing_noted(answer, 401, "stale_timestamp")
    assert answer["server_time"] == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize("seconds", [-295, 295])
def test_a_sender_whose_clock_is_a_little_off_is_heard(call: Call, seconds: int) -> None:
    assert send(event_of(call, "started", at=10), signed_at=time.time() + seconds).status == 200


@pytest.mark.parametrize("stamp", ["", "now", "NaN", "-1", "1e9", "12345678901", "1234567890.1234567"])
def test_a_time_that_is_none_is_stale_even_if_signed(call: Call, stamp: str) -> None:
    body = event_of(call, "started", at=10).to_json()
    signature = wire.sign("test-api-key-of-no-installation", stamp, body)
    answer = send(body, headers={wire.TIMESTAMP_HEADER: stamp, wire.SIGNATURE_HEADER: signature})
    assert_refused_and_nothing_noted(answer, 401, "stale_timestamp")


def test_the_old_path_works_on_an_internal_host(call: Call) -> None:
    assert send(event_of(call, "started", at=10), path="/events/call").status == 200
    assert the_call(call).status == "answered"


def test_events_need_no_brand_but_an_unknown_host_has_no_webhook(call: Call, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert send(event_of(call, "ringing", at=1), host="127.0.0.1:8000").status == 200
    assert send(event_of(call, "ringing", at=1), host="localhost").status == 200
    assert send(event_of(call, "ringing", at=1), host="nobody.example").status == 404


def test_our_own_processes_are_let_in_by_every_name_of_theirs(call: Call, settings: Any) -> None:
    for name in settings.INTERNAL_HOSTS:
        host = f"[{name}]:8000" if ":" in name else f"{name}:8000"
        for path in ("/api/telephony/events/", "/events/call"):
            assert send(event_of(call, "ringing", at=1), host=host, path=path).status == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
def test_only_a_post_is_an_event(call: Call, method: str) -> None:
    response = getattr(Client(headers={"Host": "127.0.0.1"}), method)("/api/telephony/events/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert response.json() == {"ok": False, "error": "method_not_allowed"}


def test_the_old_path_is_not_offered_to_customers(call: Call) -> None:
    assert send(event_of(call, "started", at=10), host=BRAND_HOST, path="/events/call").status == 404


# -- in what shape


BAD_FIELDS = {
    "no event_id": {"event_id": None},
    "an empty event_id": {"event_id": ""},
    "an event_id that is too long": {"event_id": "x" * 201},
    "a control character in an id": {"event_id": "a\u0000b"},
    "half a character in an id": {"event_id": "\ud800"},
    "a call_id that is a number": {"call_id": 7},
    "no direction": {"direction": None},
    "an account that is a number": {"account_id": 7},
    "a state nobody knows": {"state": "exploded"},
    "a state that is a list": {"state": ["ended"]},
    "no sequence": {"sequence": None},
    "a sequence that is true": {"sequence": True},
    "a sequence below zero": {"sequence": -1},
    "a sequence that fits no column": {"sequence": 2**31},
    "a time that is text": {"ts": "1700000000"},
    "a time that is true": {"ts": True},
    "a time before phones": {"ts": 0},
    "a time beyond any date": {"ts": 1e300},
    "a time in whole numbers beyond any date": {"ts": 10**400},
    "a time that is not a number": {"ts": float("nan")},
    "a time that never comes": {"ts": float("inf")},
    "an operator that is text": {"operator_id": "22"},
    "an operator below one": {"operator_id": 0},
    "an operator that fits no column": {"operator_id": 2**63},
    "a session that is a number": {"session_id": 5},
    "a joining time that is none": {"metadata": {"joined_at": "yesterday"}, "state": "ended"},
    "a joining time before phones": {"metadata": {"joined_at": "12"}, "state": "ended"},
    "a span below zero": {"metadata": {"joined_ms": "-5"}, "state": "ended"},
    "a span with a dot": {"metadata": {"joined_ms": "12.5"}, "state": "ended"},
    "a span longer than a life": {"metadata": {"joined_ms": "9" * 13}, "state": "ended"},
    "a span in another script": {"metadata": {"joined_ms": "١٢٣"}, "state": "ended"},
}


@pytest.mark.parametrize("field", BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_an_event_of_another_shape_is_refused_for_good(call: Call, field: dict[str, Any]) -> None:
    answer = send(as_dict(event_of(call, "started", at=10)) | field)
    assert answer.status == 400
    assert answer["ok"] is False
    assert answer["error"].split(":")[0].split(".")[0] in {*field, "metadata", "body"}
    assert not CallEvent.objects.exists()
    assert the_call(call).status == "initiated"
    assert wallet(call.customer)[1] > 0


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"event_id": "\xff"}', b"[" * 10_000, b"1" * 5_000],
    ids=["empty", "null", "a list", "text", "torn", "not UTF-8", "not UTF-8 inside", "deep", "a huge number"],
)
def test_a_body_that_is_no_json_object_is_refused_for_good(call: Call, body: bytes) -> None:
    assert_refused_and_nothing_noted(send(body), 400, send(body)["error"])


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_body_that_is_too_large_is_refused_for_good(call: Call, size: int) -> None:
    assert_refused_and_nothing_noted(send(b" " * size), 400, "body: too large")


def test_a_form_is_no_event(call: Call) -> None:
    answer = send(b"state=ended&call_id=x", content_type="application/x-www-form-urlencoded")
    assert_refused_and_nothing_noted(answer, 400, "body: not JSON")


def test_the_signed_bytes_count_and_not_the_content_type(call: Call) -> None:
    assert send(event_of(call, "started", at=10), content_type="text/plain").status == 200


@pytest.mark.parametrize("path", ["/api/telephony/events/?format=xml", "/api/telephony/events/"])
def test_what_the_sender_would_rather_read_is_not_looked_at(call: Call, path: str) -> None:
    stamp, body = f"{time.time():.3f}", event_of(call, "started", at=10).to_json()
    signature = wire.sign("test-api-key-of-no-installation", stamp, body)
    headers = {wire.TIMESTAMP_HEADER: stamp, wire.SIGNATURE_HEADER: signature, "Accept": "text/html"}
    answer = send(body, path=path, headers=headers)
    assert (answer.status, answer["ok"]) == (200, True)


def test_an_unknown_call_is_said_in_the_seeds_words(call: Call) -> None:
    answer = send(replace(event_of(call, "ended", at=10), call_id="call_1_nobody"))
    assert answer.status == 404
    assert answer.json == {"ok": False, "error": "unknown call_id"}


# -- prices come from the authorization


def test_a_rate_in_an_event_is_ignored(call: Call) -> None:
    send(as_dict(event_of(call, "started", at=10)) | {"rate_per_minute": 0.01, "connect_fee": 0})
    lavish = as_dict(event_of(call, "ended", at=70)) | {"rate_per_minute": 99, "free_minutes_id": 1}
    lavish["metadata"] = {"rate_per_minute": "99", "total_amount": "1000"}
    assert_has(send(lavish).json, {"total_amount": 3.99, "connect_fee": 0.99, "charged": 4.98})
    assert wallet(call.customer) == (4500 - 498, 0)


# -- twice, and out of order


def test_a_repeat_is_answered_as_the_first_time_to_the_byte_and_money_moves_once(call: Call) -> None:
    told = [
        event_of(call, "ringing", at=1, leg="customer"),
        event_of(call, "answered", at=4, leg="customer"),
        event_of(call, "started", at=10),
        event_of(call, "ended", at=137, why="hangup", ended_by="customer"),
    ]
    first = [send(event) for event in told]
    for _ in range(3):
        assert [send(event) for event in reversed(told)] == list(reversed(first))
    assert [answer.status for answer in first] == [200] * 4
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (1197, 958, 239)}
    assert CallEvent.objects.count() == 4


def test_an_event_id_belongs_to_one_call(call: Call) -> None:
    other = when_called(given_customer(), given_operator())
    event = event_of(call, "started", at=10)
    assert send(event).status == 200
    answer = send(replace(event, call_id=other.call_id))
    assert answer.status == 409
    assert_has(answer.json, {"ok": False, "error": "event_of_another_call"})
    assert the_call(other).status == "initiated"


def test_an_ending_that_overtakes_the_beginning_tells_it_all_by_itself(call: Call) -> None:
    start = call.initiated_at.timestamp() + 10
    ended = tell(
        call, "ended", at=137, joined_at=f"{start:.3f}", left_at=f"{start + 127:.3f}", joined_ms="127000"
    )
    late = tell(call, "started", at=10)
    assert_has(ended.json, {"duration_seconds": 127, "charged": 12.96})
    assert_has(late.json, {"ok": True, "granted_seconds": 0, "final": True})
    assert the_call(call).charged_seconds == 127
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert_everything_released(call)


def test_whatever_comes_after_the_end_changes_nothing(call: Call) -> None:
    tell(call, "started", at=10)
    tell(call, "ended", at=137)
    before = the_call(call)
    for state in ("ringing", "answered", "started", "progress", "ended", "busy", "no_answer", "failed"):
        answer = tell(call, state, at=400, joined_ms="390000", why="hangup")
        assert answer["ok"] is True
    after = the_call(call)
    names = [f.attname for f in Call._meta.concrete_fields]
    assert {n: getattr(after, n) for n in names} == {n: getattr(before, n) for n in names}
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert_everything_released(call)


@pytest.mark.parametrize("state", ["started", "progress"])
def test_who_asks_about_a_call_that_is_over_hears_to_hang_up(call: Call, state: str) -> None:
    tell(call, "no_answer", at=30, why="operator_no_answer", ended_by="operator")
    answer = tell(call, state, at=31, elapsed_ms="1000")
    assert_has(answer.json, {"tracking": call.call_id, "granted_seconds": 0, "final": True})
    assert wallet(call.customer) == (4500, 0)


def test_a_question_that_overtakes_the_start_counts_from_the_joining(call: Call) -> None:
    tell(call, "progress", at=40, elapsed_ms="30000")
    now = the_call(call)
    assert now.joined_at == now.initiated_at + timedelta(seconds=10)


def test_a_ring_and_an_answer_show_which_phone_it_is(call: Call) -> None:
    for state, leg, at in [
        ("ringing", "customer", 1), ("answered", "customer", 4), ("ringing", "operator", 6), ("answered", "operator", 9),
    ]:  # fmt: skip
        tell(call, state, at=at, leg=leg)
    now = the_call(call)
    assert now.status == "ringing"
    times = [now.ringing_at, now.customer_answered_at, now.operator_ringing_at, now.operator_answered_at]
    assert [round((at - now.initiated_at).total_seconds()) for at in times if at] == [1, 4, 6, 9]
