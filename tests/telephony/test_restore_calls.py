"""The database was restored to a time before: every call since is in the books once, to the cent, and the operator is paid."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.ledger.states import AccountKind
from billing.models import FreeMinutesPackage
from billing.refundable import bill_lines
from billing.services.adjust_settlement import adjust_settlement
from billing.services.refund import refund_reference
from core import clock
from core.encryption import seal
from customers.models import Customer
from operators.models import Operator
from telephony import adapter_client
from telephony.models import Call, CallEvent
from telephony.originate_request import originate_plan
from telephony.sealed_terms import PURPOSE, Unreadable, read_sealed_terms, sealed_terms
from telephony.services.restore_calls import Restored, restore_calls
from tests.factories import StaffFactory
from tests.scenario import (
    JOINS_AT,
    assert_books_are_whole,
    assert_everything_released,
    earned,
    epoch,
    event_of,
    given_credit,
    given_customer,
    given_free_minutes,
    given_operator,
    its_time,
    ledger_of,
    send,
    tell,
    wallet,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem
from tests.support.restored import lost

pytestmark = pytest.mark.django_db


def dialled(phone_system: PhoneSystem, call: Call) -> None:
    """The adapter has the plan, as it went over the wire."""
    assert adapter_client.originate(originate_plan(call)).is_ok
    assert call.call_id in phone_system.plans


def talked(phone_system: PhoneSystem, call: Call, milliseconds: int) -> None:
    """They talked, web granted and booked, and the adapter's journal has what it was granted and the end."""
    when_talked(call, milliseconds)
    journalled(phone_system, call, milliseconds)


def journalled(phone_system: PhoneSystem, call: Call, milliseconds: int) -> None:
    left = JOINS_AT + milliseconds / 1000
    ending = event_of(
        call, "ended", at=left, why="hangup", ended_by="customer", joined_ms=str(milliseconds),
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip
    granted = Call.objects.get(pk=call.pk).terms.granted_seconds
    phone_system.says(
        call.call_id, state="over", granted_seconds=granted, ending=json.loads(ending.to_json())
    )


def ago(minutes: float) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


def restored(minutes: float = 20) -> dict[str, Restored]:
    return {call.call_id: call.what for call in restore_calls(since=ago(minutes))}


def figures(customer: Customer, operator: Operator, call_id: str) -> tuple[Any, ...]:
    """All that money says about a call: balances, postings, free seconds, the bill, and the counters."""
    call = Call.objects.get(call_id=call_id)
    packages = FreeMinutesPackage.objects.filter(customer=customer).order_by("pk")
    outcome = call.terms.outcome
    return (
        wallet(customer),
        earned(operator),
        ledger_of(call),
        list(packages.values_list("seconds_remaining", "seconds_reserved", "seconds_used")),
        outcome,
        (call.status, call.end_reason, call.joined_ms, call.charged_seconds, call.joined_at, call.left_at),
        (call.customer_id, call.operator_id, call.brand_id, call.customer_phone_id, call.idempotency_key),
        (call.adult_access_basis, call.initiated_at, call.not_after),
    )


def uncollected() -> int:
    rows = Entry.objects.filter(account__kind=AccountKind.UNCOLLECTED)
    return -sum(rows.values_list("amount_minor", flat=True))


def assert_audit_finds_nothing() -> None:
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []


@pytest.mark.parametrize("free_minutes", [0, 2, 30])
def test_a_call_that_the_books_have_never_seen_comes_to_what_it_came_to(
    phone_system: PhoneSystem, free_minutes: int
) -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=free_minutes), given_operator()
    with lost():
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 290_500)
        before = figures(customer, operator, call.call_id)
    assert not Call.objects.exists()
    assert wallet(customer) == (4500, 0)
    assert restored() == {call.call_id: Restored.REBUILT}
    assert figures(customer, operator, call.call_id) == before
    assert_everything_released(Call.objects.get())
    assert uncollected() == 0
    assert_audit_finds_nothing()


def test_again_changes_nothing(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 100_000)
    restored()
    before = figures(customer, operator, call.call_id), Entry.objects.count(), CallEvent.objects.count()
    assert restored() == {call.call_id: Restored.KNOWN}
    assert (
        figures(customer, operator, call.call_id), Entry.objects.count(), CallEvent.objects.count()
    ) == before  # fmt: skip


def test_its_end_reported_once_more_is_answered_and_books_nothing(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 100_000)
    restored()
    entries = Entry.objects.count()
    ending = phone_system.told[call.call_id]["ending"]
    known = Call.objects.get()
    tell_again = replace(event_of(known, "ended", at=130), event_id=ending["event_id"])
    assert send(tell_again).status == 200
    assert Entry.objects.count() == entries


def test_a_call_that_ran_at_that_moment_is_billed_for_what_it_was_granted_since(
    phone_system: PhoneSystem,
) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    call = when_called(customer, operator)
    dialled(phone_system, call)
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    first_grant = Call.objects.get().terms.granted_seconds
    with lost():
        talked(phone_system, call, (first_grant + 61) * 1000)
        before = figures(customer, operator, call.call_id)
    assert Call.objects.get().is_live
    assert restored() == {call.call_id: Restored.ENDED}
    assert figures(customer, operator, call.call_id) == before
    assert before[5][3] > first_grant
    assert_audit_finds_nothing()
    assert restored() == {call.call_id: Restored.KNOWN}


def test_one_that_still_runs_is_left_to_run(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        call = when_called(customer, operator)
        dialled(phone_system, call)
    assert restored() == {call.call_id: Restored.RUNNING}
    assert not Call.objects.exists()


def test_one_that_was_never_joined_is_in_the_history_and_costs_nothing(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        call = when_called(customer, operator)
        dialled(phone_system, call)
        ending = event_of(call, "no_answer", at=30, why="customer_no_answer")
        phone_system.says(call.call_id, state="over", ending=json.loads(ending.to_json()))
    assert restored() == {call.call_id: Restored.REBUILT}
    assert (Call.objects.get().status, wallet(customer), earned(operator)) == ("no_answer", (4500, 0), 0)
    assert_everything_released(Call.objects.get())


def test_what_the_wallet_cannot_pay_the_platform_bears_and_the_operator_is_paid(
    phone_system: PhoneSystem,
) -> None:
    """The funds that paid for the call came after that moment, from staff: nobody can say so any more."""
    customer, operator = given_customer(balance="5.00"), given_operator()
    with lost():
        given_credit(customer, "40.00")
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 127_000)
        owed = earned(operator)
    found = list(restore_calls(since=ago(20)))
    assert [(call.charged_minor, call.uncollected_minor) for call in found] == [(1296, 796)]
    assert (wallet(customer), earned(operator), uncollected()) == ((0, 0), owed, 796)
    assert earned(operator) == 79 + 958
    assert_audit_finds_nothing()


def test_a_refund_of_it_returns_what_was_paid_and_no_more(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="5.00"), given_operator()
    with lost():
        given_credit(customer, "40.00")
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 127_000)
    restored()
    assert sum(line.left_minor for line in bill_lines(call.call_id)) == 500
    refund_reference(
        reference=call.call_id, actor=StaffFactory(), reason="for a test", idempotency_key="refund-1"
    )
    assert (wallet(customer), earned(operator)) == ((500, 0), 0)
    assert Account.objects.get(kind=AccountKind.WALLET, customer=customer).promo_minor == 0
    assert_audit_finds_nothing()


@pytest.mark.parametrize(
    ("milliseconds", "paid", "borne"), [(60_000, 498, 0), (120_000, 500, 397), (170_000, 500, 796)]
)
def test_a_correction_of_it_returns_first_what_the_platform_bore(
    phone_system: PhoneSystem, milliseconds: int, paid: int, borne: int
) -> None:
    customer, operator = given_customer(balance="5.00"), given_operator()
    with lost():
        given_credit(customer, "40.00")
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 127_000)
    restored()
    adjust_settlement(authorization_id=Call.objects.get().terms.pk, joined_ms=milliseconds)
    bill = Call.objects.get().terms.outcome
    assert (wallet(customer)[0], uncollected()) == (500 - paid, borne)
    assert earned(operator) == bill.operator_minor
    assert sum(line.left_minor for line in bill_lines(call.call_id)) == paid
    assert_audit_finds_nothing()


def test_a_hold_of_a_call_that_ran_pays_for_it_first(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="13.00"), given_operator()
    call = when_called(customer, operator)
    dialled(phone_system, call)
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    with lost():
        given_credit(customer, "40.00")
        talked(phone_system, call, 299_000)
        owed = earned(operator)
    restored()
    assert (wallet(customer), earned(operator), uncollected()) == ((0, 0), owed, 99 + 5 * 399 - 1300)
    assert_audit_finds_nothing()


def test_free_minutes_that_were_given_since_are_used_as_they_were(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    with lost():
        given_free_minutes(customer, 2, covers_fee=True)
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 170_000)
        balance, owed, postings = wallet(customer), earned(operator), ledger_of(call)
    assert not FreeMinutesPackage.objects.exists()
    restored()
    assert (wallet(customer), earned(operator), ledger_of(Call.objects.get())) == (balance, owed, postings)
    assert_everything_released(Call.objects.get())
    assert_audit_finds_nothing()


def test_two_calls_of_one_customer_one_after_the_other(phone_system: PhoneSystem) -> None:
    customer, operator, other = given_customer(balance="45.00"), given_operator(), given_operator()
    first = when_called(customer, operator)
    dialled(phone_system, first)
    with lost():
        talked(phone_system, first, 60_000)
        with its_time(first, 90):
            second = when_called(customer, other)
        dialled(phone_system, second)
        talked(phone_system, second, 60_000)
        before = figures(customer, operator, first.call_id), figures(customer, other, second.call_id)
    assert list(restored().values()) == [Restored.ENDED, Restored.REBUILT]
    assert (figures(customer, operator, first.call_id), figures(customer, other, second.call_id)) == before
    assert_audit_finds_nothing()


def test_a_customer_who_came_after_that_moment_is_named_and_nobody_else_pays(
    phone_system: PhoneSystem,
) -> None:
    operator = given_operator()
    with lost():
        customer = given_customer()
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 100_000)
    (found,) = restore_calls(since=ago(20))
    assert (found.what, found.why) == (
        Restored.LEFT, f"customer {customer.pk} is not in the restored database"
    )  # fmt: skip
    assert not Call.objects.exists()


def test_whoever_has_the_id_of_a_lost_customer_by_now_does_not_pay(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    with lost():
        customer = given_customer()
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 100_000)
    somebody_else = given_customer(pk=customer.pk)
    assert restored() == {call.call_id: Restored.LEFT}
    assert (wallet(somebody_else), earned(operator)) == ((4500, 0), 0)


def test_one_call_that_cannot_be_rebuilt_keeps_no_other_from_it(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        broken = when_called(customer, operator)
        dialled(phone_system, broken)
        talked(phone_system, broken, 60_000)
        call = when_called(customer, operator)
        dialled(phone_system, call)
        talked(phone_system, call, 60_000)
    phone_system.plans[broken.call_id] = replace(phone_system.plans[broken.call_id], sealed="gAAAAAbroken")
    assert restored() == {broken.call_id: Restored.LEFT, call.call_id: Restored.REBUILT}
    assert_audit_finds_nothing()


# -- the seal


def test_the_terms_are_read_under_each_key_that_is_valid_and_under_no_other(settings: Any) -> None:
    call = when_called(given_customer(free_minutes=3), given_operator())
    token, keys = sealed_terms(call), settings.DATA_KEYS
    settings.DATA_KEYS = ["a new key that is long and random enough", *keys]
    assert read_sealed_terms(token).terms.free_seconds[0].seconds == 180
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    with pytest.raises(Unreadable, match="AEIMS_DATA_KEYS"):
        read_sealed_terms(token)


def test_a_token_of_another_purpose_is_none() -> None:
    call = when_called(given_customer(), given_operator())
    with pytest.raises(Unreadable, match="AEIMS_DATA_KEYS"):
        read_sealed_terms(seal("{}", "something else"))
    with pytest.raises(Unreadable, match="version"):
        read_sealed_terms(seal("{}", PURPOSE))
    token = sealed_terms(call)
    with pytest.raises(Unreadable):
        read_sealed_terms(token[:40] + ("A" if token[40] != "A" else "B") + token[41:])


def test_two_hundred_packages_of_free_minutes_go_into_a_plan() -> None:
    customer = given_customer()
    for _ in range(200):
        given_free_minutes(customer, 1)
    call = when_called(customer, given_operator())
    assert len(read_sealed_terms(originate_plan(call).sealed).terms.free_seconds) == 200


def test_terms_that_are_too_long_are_left_out_and_the_call_is_made(
    phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.sealed_terms.MOST_SEALED", 100)
    call = when_called(given_customer(), given_operator())
    dialled(phone_system, call)
    assert phone_system.plans[call.call_id].sealed == ""


def test_no_number_is_in_it_and_the_adapter_cannot_read_it() -> None:
    customer = given_customer()
    call = when_called(customer, given_operator())
    plan = originate_plan(call)
    assert plan.sealed
    assert plan.customer.number not in plan.sealed
    assert plan.sealed not in repr(plan)
