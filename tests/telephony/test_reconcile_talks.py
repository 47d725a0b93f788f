"""The books follow Asterisk's record by themselves; what costs the customer, or us much, waits for a person."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django import app

from billing.auditing import run, scope_since
from billing.services.refund import refund_reference
from core import clock
from core.models import AuditRecord
from telephony.models import Call, Correction
from telephony.services.reconcile_talks import reconcile_talks
from telephony.tasks import reconcile_recent_talks, reconcile_talks_of_two_days
from tests.factories import StaffFactory, UserFactory
from tests.scenario import (
    assert_everything_released,
    given_customer,
    given_operator,
    logged_in,
    tell,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "admin.localhost"


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), ADMIN)


def test_it_runs_every_few_minutes_and_over_two_days() -> None:
    crons = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert crons[reconcile_recent_talks.name] == "2-59/5 * * * *"
    assert crons[reconcile_talks_of_two_days.name] == "40 9 * * *"


def called() -> Call:
    """A call of a customer with 45.00, an hour ago."""
    then = clock.now() - timedelta(hours=1)
    with clock.using(lambda: then):
        return when_called(given_customer(balance="45.00"), given_operator())


def lost(milliseconds: int) -> Call:
    """A call that the adapter gave up after so long: Asterisk was away."""
    call = called()
    tell(call, "started", at=10)
    tell(
        call, "ended", at=10 + milliseconds / 1000, joined_ms=str(milliseconds), why="switch_lost", ended_by="network"
    )  # fmt: skip
    return the_call(call)


def recorded(system: PhoneSystem, call: Call, milliseconds: int) -> None:
    joined_at = (call.initiated_at + timedelta(seconds=10)).timestamp()
    system.talks.append(
        {"call_id": call.call_id, "joined_at": joined_at, "joined_ms": milliseconds, "left_first": "customer"}
    )


def outcome() -> tuple[int, int, int]:
    result = reconcile_talks()
    return result.repaired, result.asked, result.left


def test_talk_beyond_a_lost_switch_waits_for_staff_who_charge_it_once(
    phone_system: PhoneSystem, desk: Client
) -> None:
    call = lost(3_000)
    assert wallet(call.customer) == (4500 - 498, 0)
    recorded(phone_system, call, 183_000)
    assert outcome() == (0, 1, 0)
    assert outcome() == (0, 0, 0)
    assert wallet(call.customer) == (4500 - 498, 0), "nobody pays more without a decision"

    page = compact(desk.get("/backoffice/corrections/"))
    assert "pays $7.98 more" in page
    address = f"/backoffice/corrections/{Correction.objects.get().pk}"
    assert "Corrections of calls" in compact(desk.get("/"))
    refused = desk.post(f"{address}/approve/", {"reason": " ", "confirmed": "1"}, follow=True)
    assert "Enter a reason of at most" in refused.content.decode()
    for _ in range(2):
        desk.post(f"{address}/approve/", {"reason": "they talked on", "confirmed": "1"})
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert the_call(call).charged_seconds == 180
    decided = AuditRecord.objects.get(action="correction.approve")
    assert (decided.reason, decided.actor_id is not None) == ("they talked on", True)
    assert outcome() == (0, 0, 0)
    assert list(run(scope_since(None))) == []


def test_staff_leave_a_charge_as_it_is_for_good(phone_system: PhoneSystem, desk: Client) -> None:
    call = lost(3_000)
    recorded(phone_system, call, 183_000)
    reconcile_talks()
    address = f"/backoffice/corrections/{Correction.objects.get().pk}"
    desk.post(f"{address}/decline/", {"reason": "our fault", "confirmed": "1"})
    desk.post(f"{address}/approve/", {"reason": "or not", "confirmed": "1"})
    assert outcome() == (0, 0, 0)
    assert wallet(call.customer) == (4500 - 498, 0)
    assert "our fault" in compact(desk.get("/backoffice/corrections/"))
    assert AuditRecord.objects.filter(action="correction.decline", reason="our fault").count() == 1


def test_who_may_not_move_money_may_not_decide(phone_system: PhoneSystem) -> None:
    recorded(phone_system, lost(3_000), 183_000)
    reconcile_talks()
    clerk = logged_in(UserFactory(is_staff=True), ADMIN)
    address = f"/backoffice/corrections/{Correction.objects.get().pk}"
    assert clerk.get("/backoffice/corrections/").status_code == 403
    for verb in ("approve", "decline"):
        assert clerk.post(f"{address}/{verb}/", {"reason": "because", "confirmed": "1"}).status_code == 403


def test_a_small_amount_charged_too_much_is_given_back_at_once(phone_system: PhoneSystem) -> None:
    call = called()
    when_talked(call, 170_000)
    recorded(phone_system, call, 61_000)
    assert outcome() == (1, 0, 0)
    assert outcome() == (0, 0, 0)
    assert wallet(call.customer) == (4500 - 897, 0)
    assert list(run(scope_since(None))) == []


def test_a_large_amount_is_given_back_by_a_person(
    phone_system: PhoneSystem, desk: Client, settings: Any
) -> None:
    settings.CORRECTION_LIMIT_MINOR = 398
    call = called()
    when_talked(call, 170_000)
    recorded(phone_system, call, 61_000)
    assert outcome() == (0, 1, 0)
    assert "gets $3.99 back" in compact(desk.get("/backoffice/corrections/"))
    desk.post(
        f"/backoffice/corrections/{Correction.objects.get().pk}/approve/",
        {"reason": "as recorded", "confirmed": "1"},
    )
    assert wallet(call.customer) == (4500 - 897, 0)


def test_a_joined_call_that_was_never_charged_waits_for_staff(phone_system: PhoneSystem) -> None:
    call = called()
    tell(call, "failed", at=30, why="adapter_restarted", ended_by="network")
    recorded(phone_system, call, 61_000)
    assert outcome() == (0, 1, 0)
    assert Correction.objects.get().booked_ms is None
    assert wallet(call.customer) == (4500, 0)


def test_a_call_that_ended_by_the_record_and_is_live_in_the_books_is_settled(
    phone_system: PhoneSystem,
) -> None:
    call = called()
    tell(call, "started", at=10)
    recorded(phone_system, call, 61_000)
    assert outcome() == (1, 0, 0)
    assert wallet(call.customer) == (4500 - 897, 0)
    assert_everything_released(call)


@pytest.mark.parametrize("why", ["media_lost", "hold_limit"])
def test_what_was_joined_and_not_talk_is_no_difference(phone_system: PhoneSystem, why: str) -> None:
    call = called()
    tell(call, "started", at=10)
    tell(call, "ended", at=40, joined_ms="30000", why=why, ended_by="network")
    recorded(phone_system, call, 70_000)
    assert outcome() == (0, 0, 0)


def test_a_second_correction_is_left_to_people(phone_system: PhoneSystem) -> None:
    call = called()
    when_talked(call, 170_000)
    recorded(phone_system, call, 61_000)
    reconcile_talks()
    phone_system.talks.clear()
    recorded(phone_system, call, 30_000)
    assert outcome() == (0, 0, 1)
    assert wallet(call.customer) == (4500 - 897, 0)


def test_a_refunded_call_is_not_given_back_twice(phone_system: PhoneSystem) -> None:
    call = called()
    when_talked(call, 170_000)
    recorded(phone_system, call, 61_000)
    refund_reference(reference=call.call_id, reason="sorry", actor=StaffFactory(), idempotency_key="refund-1")
    assert wallet(call.customer) == (4500, 0)
    assert outcome() == (1, 0, 0)
    assert wallet(call.customer) == (4500, 0)
    assert list(run(scope_since(None))) == []


def test_two_at_once_correct_once(phone_system: PhoneSystem) -> None:
    given, taken = called(), lost(3_000)
    when_talked(given, 170_000)
    recorded(phone_system, given, 61_000)
    recorded(phone_system, taken, 183_000)
    in_parallel(*[reconcile_talks] * 6)
    assert wallet(given.customer) == (4500 - 897, 0)
    assert Correction.objects.count() == 1


def whole_record(system: PhoneSystem, call: Call) -> None:
    """A record that would know of this call."""
    since = (call.initiated_at - timedelta(hours=1)).timestamp()
    system.record = {"since": since, "open_ended": []}
    Call.objects.filter(pk=call.pk).update(node=system.node)


def test_a_charged_call_that_the_record_never_saw_joined_waits_for_staff_who_refund_it(
    phone_system: PhoneSystem, desk: Client
) -> None:
    call = called()
    when_talked(call, 61_000)
    whole_record(phone_system, call)
    assert outcome() == (0, 1, 0)
    assert outcome() == (0, 0, 0)
    assert wallet(call.customer) == (4500 - 897, 0)
    page = compact(desk.get("/backoffice/corrections/"))
    assert "gets $8.97 back" in page
    assert "never connected" in page
    desk.post(
        f"/backoffice/corrections/{Correction.objects.get().pk}/approve/",
        {"reason": "no such talk", "confirmed": "1"},
    )
    assert wallet(call.customer) == (4500, 0)
    assert Correction.objects.get().state == "approved"
    assert list(run(scope_since(None))) == []


def test_a_record_that_cannot_know_of_a_charged_call_accuses_nobody(phone_system: PhoneSystem) -> None:
    call = called()
    when_talked(call, 61_000)
    whole_record(phone_system, call)
    whole = phone_system.record
    for incomplete in (
        {},  # an earlier version
        {**whole, "since": None},  # no record at all
        {**whole, "since": call.initiated_at.timestamp()},  # begins too late
        {**whole, "open_ended": [call.call_id]},  # Asterisk died in it
        {**whole, "node": "another"},
    ):
        phone_system.record = incomplete
        assert outcome() == (0, 0, 0)
    phone_system.record = whole
    recorded(phone_system, call, 61_000)
    assert outcome() == (0, 0, 0)


def test_an_adapter_that_is_silent_or_tells_nonsense_changes_nothing(phone_system: PhoneSystem) -> None:
    phone_system.talks = [{"call_id": "x"}, {"joined_at": "soon"}, 7, None]  # type: ignore[list-item]
    assert outcome() == (0, 0, 0)
    phone_system.refuse(404, "not_found")  # an adapter of an earlier version
    assert outcome() == (0, 0, 0)


def test_nobody_answers(no_phone_system: None) -> None:
    assert outcome() == (0, 0, 0)
