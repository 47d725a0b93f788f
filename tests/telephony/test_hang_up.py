"""Ending a call from a page, by either side or staff; and accepting one from the operator's page."""

import pytest
from django.utils.html import escape

from core.models import AuditRecord
from telephony.models import Call
from telephony.services.hang_up import hang_up_as_customer, hang_up_as_operator, hang_up_as_staff
from tests.factories import StaffFactory
from tests.scenario import (
    api,
    assert_everything_released,
    assert_has,
    customer_client,
    given_customer,
    given_operator,
    its_time,
    logged_in,
    tell,
    the_call,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(call: Call, phone_system: PhoneSystem) -> Call:
    """The phone system has it, too."""
    phone_system.says(call.call_id)
    return call


def test_the_customer_hangs_up_and_the_phone_system_ends_it(phone_system: PhoneSystem, call: Call) -> None:
    tell(call, "started", at=10)
    response = api(call.customer).post("/api/calls/hangup/", {"call_id": call.call_id})
    assert_has(response.json(), {"success": True, "call_id": call.call_id, "status": "answered"})
    [asked] = phone_system.asked_for("/hangup")
    assert asked.body == {"ended_by": "customer", "why": "hangup"}
    tell(call, "ended", at=70, why="hangup", ended_by="customer")
    assert wallet(call.customer) == (4500 - 498, 0)
    again = api(call.customer).post("/api/calls/hangup/", {"call_id": call.call_id}).json()
    assert_has(again, {"success": True, "status": "ended", "charged": 4.98, "message": "You hung up."})
    assert len(phone_system.asked_for("/hangup")) == 1


def test_operator_and_staff_hang_up_in_their_own_name(phone_system: PhoneSystem, call: Call) -> None:
    hang_up_as_operator(operator=call.operator, call_id=call.call_id)
    hang_up_as_staff(call_id=call.call_id, actor=None, reason="a test")
    assert [asked.body for asked in phone_system.asked_for("/hangup")] == [
        {"ended_by": "operator", "why": "hangup"},
        {"ended_by": "staff", "why": "staff_ended"},
    ]


def test_staff_end_a_call_from_the_board_on_record(phone_system: PhoneSystem, call: Call) -> None:
    staff = logged_in(StaffFactory(), "admin.localhost")
    address = f"/backoffice/live-calls/{call.call_id}/hang-up/"
    question = staff.post(address).content.decode()
    for words in (call.customer.alias, call.operator.stage_name, "Cost so far", "$0.00", "Hang up"):
        assert words in question
    staff.post(address, {"confirmed": "1", "reason": " "})
    assert phone_system.requests == []
    response = staff.post(address, {"confirmed": "1", "reason": "a threat"})
    assert (response.status_code, response["Location"]) == (302, "/backoffice/live-calls/")
    assert AuditRecord.objects.get(action="call.hang_up").reason == "a threat"
    assert len(phone_system.asked_for("/hangup")) == 1


def test_an_operator_ends_and_accepts_from_the_console(phone_system: PhoneSystem, call: Call) -> None:
    page = logged_in(call.operator.user, "portal.localhost")
    early = page.post(f"/calls/{call.call_id}/accept/", headers={"X-Requested-With": "fetch"})
    assert (early.status_code, "isn’t ringing yet" in early.content.decode()) == (409, True)
    phone_system.says(call.call_id, screening=True)
    assert (
        page.post(f"/calls/{call.call_id}/accept/", headers={"X-Requested-With": "fetch"}).status_code == 204
    )
    assert (
        page.post(f"/calls/{call.call_id}/hang-up/", headers={"X-Requested-With": "fetch"}).status_code == 204
    )
    assert [r.path.rsplit("/", 1)[1] for r in phone_system.requests] == ["accept", "accept", "hangup"]


def test_an_accept_on_the_page_says_that_the_phone_still_needs_its_1(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "ringing", at=5, leg="operator")
    page = logged_in(call.operator.user, "portal.localhost")
    assert f"/calls/{call.call_id}/accept/" in page.get("/").content.decode()
    phone_system.says(call.call_id, screening=True)
    before = the_call(call).sequence
    page.post(f"/calls/{call.call_id}/accept/", headers={"X-Requested-With": "fetch"})
    assert the_call(call).sequence == before + 1, "open pages follow"
    shown = page.get("/").content.decode()
    assert "You accepted. Now press 1 on your phone." in shown
    assert f"/calls/{call.call_id}/accept/" not in shown
    assert the_call(call).status == "ringing"
    tell(call, "started", at=10)
    assert "Now press 1" not in page.get("/").content.decode()


def test_nobody_touches_the_call_of_somebody_else(phone_system: PhoneSystem, call: Call) -> None:
    response = api(given_customer()).post("/api/calls/hangup/", {"call_id": call.call_id})
    assert_has(response.json(), {"success": False, "code": "not_found"})
    assert response.status_code == 404
    stranger = logged_in(given_operator().user, "portal.localhost")
    for verb in ("accept", "hang-up"):
        response = stranger.post(f"/calls/{call.call_id}/{verb}/", headers={"X-Requested-With": "fetch"})
        assert response.status_code == 404
    assert phone_system.requests == []


def test_no_page_ends_a_call_by_a_link(phone_system: PhoneSystem, call: Call) -> None:
    staff, operator = StaffFactory(), call.operator.user
    assert api(call.customer).get("/api/calls/hangup/").status_code == 405
    assert logged_in(operator, "portal.localhost").get(f"/calls/{call.call_id}/hang-up/").status_code == 405
    board = logged_in(staff, "admin.localhost").get(f"/backoffice/live-calls/{call.call_id}/hang-up/")
    assert board.status_code == 200, "the question"
    assert phone_system.requests == []


@pytest.mark.parametrize("call_id", ["", "x" * 61, "\x00", None, 7, ["a"], {"a": 1}])
def test_a_call_id_that_is_none_is_invalid(call: Call, call_id: object) -> None:
    response = api(call.customer).post("/api/calls/hangup/", {"call_id": call_id}, format="json")
    assert_has(response.json(), {"success": False, "code": "invalid"})
    assert response.status_code == 400


def test_while_the_phone_system_is_away_the_customer_is_told_how_to_end_it(
    no_phone_system: None,
) -> None:
    call = when_called(given_customer(), given_operator())
    response = api(call.customer).post("/api/calls/hangup/", {"call_id": call.call_id})
    assert response.status_code == 503
    assert_has(response.json(), {"success": False, "code": "phone_system_unavailable"})
    assert "hang up your phone" in response.json()["error"].lower()
    assert the_call(call).is_live


def test_a_call_that_never_arrived_is_cancelled_once_it_can_no_longer_be_dialled(
    phone_system: PhoneSystem, call: Call
) -> None:
    phone_system.forget(call.call_id)
    hang_up_as_customer(customer=call.customer, call_id=call.call_id)
    assert the_call(call).is_live  # its request may still be on the way
    with its_time(call, 11):
        hang_up_as_customer(customer=call.customer, call_id=call.call_id)
    now = the_call(call)
    assert (now.status, now.end_reason, now.ended_by) == ("ended", "customer_cancelled", "customer")
    assert wallet(call.customer) == (4500, 0)
    assert_everything_released(call)


def test_a_joined_call_is_never_cancelled_without_the_phone_system(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "started", at=10)
    phone_system.forget(call.call_id)
    with its_time(call, 60):
        hang_up_as_customer(customer=call.customer, call_id=call.call_id)
    assert the_call(call).status == "answered"


@pytest.mark.parametrize(
    ("state", "why", "ended_by", "status", "words"),
    [
        ("ended", "customer_cancelled", "customer", "ended", "You canceled the call."),
        ("busy", "customer_busy", "customer", "busy", "Your phone was busy."),
        ("busy", "customer_declined", "customer", "busy", "The call was declined on your phone."),
        ("no_answer", "customer_no_answer", "customer", "no_answer", "Your phone wasn’t answered."),
        (
            "no_answer",
            "customer_no_key",
            "customer",
            "no_answer",
            "Your phone answered, but nobody pressed 1.",
        ),
        ("busy", "operator_busy", "operator", "busy", "{} was busy."),
        ("busy", "operator_declined", "operator", "busy", "{} couldn’t take the call."),
        ("no_answer", "operator_no_answer", "operator", "no_answer", "{} missed your call."),
        ("no_answer", "operator_no_key", "operator", "no_answer", "{} missed your call."),
        ("no_answer", "operator_wrong_key", "operator", "no_answer", "{} couldn’t take the call."),
        (
            "failed",
            "carrier_fault",
            "network",
            "failed",
            "Our phone system didn’t respond. It wasn’t your phone.",
        ),
        ("failed", "operator_unreachable", "network", "failed", "We couldn’t reach {}."),
        ("failed", "adapter_restarted", "network", "failed", "Something went wrong on our side."),
        ("failed", "a_word_of_tomorrow", "somebody", "failed", "We couldn’t reach {}."),
        ("ended", "", "", "ended", "You canceled the call."),
    ],
)
def test_every_ending_before_joining_costs_nothing_and_says_so(
    call: Call, state: str, why: str, ended_by: str, status: str, words: str
) -> None:
    tell(call, "ringing", at=1, leg="customer")
    tell(call, state, at=20, why=why, ended_by=ended_by)
    told = api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(told, {"status": status, "duration_seconds": 0, "charged": 0.0, "estimated_charges": 0.0})
    assert told["message"] == f"{words.format(call.operator.stage_name)} You weren’t charged."
    assert wallet(call.customer) == (4500, 0)
    assert_everything_released(call)


# The customer has money for many minutes more.
_NOT_RENEWED = "We couldn’t confirm more time for this call, so it ended. That was on us, not your balance."


@pytest.mark.parametrize(
    ("why", "ended_by", "words"),
    [
        ("hangup", "customer", "You hung up."),
        ("hangup", "operator", "{} hung up."),
        ("hangup", "network", "The call was ended."),
        ("hangup", "platform", "The call was ended."),
        ("not_renewed", "platform", _NOT_RENEWED),
        ("credit_exhausted", "platform", "Your balance didn’t cover another minute."),
        ("safety_limit", "platform", _NOT_RENEWED),
        (
            "hold_limit",
            "operator",
            "{} put the call on hold for too long, so we ended it. You didn’t pay for the hold.",
        ),
        ("hold_limit", "customer", "The call was on hold on your phone for too long, so we ended it."),
        (
            "media_lost",
            "network",
            "We lost the audio, so we ended the call. You didn’t pay for the silence.",
        ),
        (
            "node_silent",
            "network",
            "Our line lost the audio, so we ended the call. You didn’t pay for the silence.",
        ),
        ("switch_lost", "network", "The connection was lost."),
        ("staff_ended", "staff", "Our staff ended the call."),
    ],
)
def test_every_ending_of_a_joined_call_is_charged_and_told(
    call: Call, why: str, ended_by: str, words: str
) -> None:
    tell(call, "started", at=10)
    tell(call, "ended", at=70, why=why, ended_by=ended_by)
    told = api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(told, {"status": "ended", "end_reason": why, "ended_by": ended_by, "charged": 4.98})
    assert told["message"] == words.format(call.operator.stage_name)
    assert_everything_released(call)


@pytest.mark.parametrize(
    ("balance", "limit_minor", "longest_seconds", "words"),
    [
        ("8.51", None, 3600, "Your balance didn’t cover another minute."),
        ("45.00", 850, 3600, "You reached your daily spending limit."),
        ("45.00", 4500, 60, "You reached the longest time for one call."),
    ],
)
def test_the_end_of_a_final_grant_says_what_bounded_it(
    settings: object, balance: str, limit_minor: int | None, longest_seconds: int, words: str
) -> None:
    settings.BILLING = {**settings.BILLING, "MAX_CALL_SECONDS": longest_seconds}  # type: ignore[attr-defined]
    call = when_called(given_customer(balance=balance, daily_limit_minor=limit_minor), given_operator())
    assert tell(call, "started", at=0)["granted_seconds"] == 60
    tell(call, "ended", at=60, why="credit_exhausted", ended_by="platform", joined_ms="60000")
    status = api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert (status["message"], status["charged"]) == (words, 4.98)
    page = customer_client(call.customer).get(f"/calls/{call.call_id}/").content.decode()
    assert escape(words) in page, "the receipt says the same"


def test_a_failure_of_a_joined_call_is_charged_to_its_second_and_looked_at(call: Call) -> None:
    tell(call, "started", at=10)
    tell(call, "failed", at=71, why="switch_lost")
    now = the_call(call)
    assert (now.status, now.charged_seconds, now.needs_review) == ("ended", 61, True)
    assert wallet(call.customer) == (4500 - 897, 0)


def test_the_active_call_is_found_again_and_its_end_too(call: Call) -> None:
    client = api(call.customer)
    assert client.get("/api/calls/active/").json()["call"]["call_id"] == call.call_id
    tell(call, "no_answer", at=20, why="operator_no_answer")
    answer = client.get("/api/calls/active/").json()
    assert_has(answer, {"success": True, "call": None})
    assert_has(answer["wallet"], {"balance_minor": 4500, "held_minor": 0, "free_seconds": 0})
    found = client.get("/api/calls/active/", {"call_id": call.call_id}).json()["call"]
    assert_has(found, {"status": "no_answer", "charged_minor": 0})
    assert client.get("/api/calls/active/", {"call_id": "call_1_nobody"}).status_code == 404
