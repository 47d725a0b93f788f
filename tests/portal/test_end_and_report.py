"""End and report: the call ends, the caller is blocked, staff have a case with the call's number; charged by the ordinary rule."""

import pytest

from billing.models import Case
from billing.receipt_numbers import ReceiptOf, receipt_number
from operators.models import Block
from portal.services.end_and_report import end_and_report
from telephony.errors import PhoneSystemUnavailable, UnknownCall
from telephony.models import Call
from tests.factories import StaffFactory
from tests.scenario import (
    assert_everything_released,
    earned,
    given_customer,
    given_operator,
    logged_in,
    tell,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)
PORTAL = "portal.localhost"
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def call() -> Call:
    return when_called(given_customer(balance="45.00"), given_operator())


def test_one_press_ends_blocks_and_opens_a_case_and_the_call_is_charged_as_any(
    phone_system: PhoneSystem, call: Call
) -> None:
    phone_system.says(call.call_id)
    tell(call, "started", at=10)
    case = end_and_report(operator=call.operator, call_id=call.call_id)
    [asked] = phone_system.asked_for("/hangup")
    assert asked.body == {"ended_by": "operator", "why": "hangup"}
    assert Block.objects.filter(
        customer=call.customer, operator=call.operator, blocked_by="operator"
    ).exists()
    assert (case.kind, case.state, case.reference) == ("complaint", "open", call.call_id)
    assert case.receipt == receipt_number(ReceiptOf.CALL, call.pk)
    assert (case.operator, case.customer) == (call.operator, None)
    assert case.evidence["call"]["joined_at"] is not None
    tell(call, "ended", at=50, why="hangup", ended_by="operator", joined_ms="40000")
    assert wallet(call.customer) == (4500 - 498, 0)
    assert earned(call.operator) == 398
    assert_everything_released(call)


def test_a_second_press_is_the_same_case(phone_system: PhoneSystem, call: Call) -> None:
    phone_system.says(call.call_id)
    first = end_and_report(operator=call.operator, call_id=call.call_id)
    assert end_and_report(operator=call.operator, call_id=call.call_id) == first
    assert (Case.objects.count(), Block.objects.count()) == (1, 1)


def test_while_the_phone_system_is_away_it_blocks_and_reports_and_says_that_the_call_is_on(
    no_phone_system: None, call: Call
) -> None:
    tell(call, "started", at=10)
    with pytest.raises(PhoneSystemUnavailable, match="Blocked and reported, but the call is still on"):
        end_and_report(operator=call.operator, call_id=call.call_id)
    assert the_call(call).is_live
    assert Block.objects.filter(customer=call.customer).exists()
    assert Case.objects.get().reference == call.call_id
    page = logged_in(call.operator.user, PORTAL)
    answer = page.post(f"/calls/{call.call_id}/report/", headers=SCRIPT)
    assert answer.status_code == 503
    assert "Hang up your phone" in answer.content.decode()
    assert Case.objects.count() == 1


def test_a_call_that_is_over_is_reported_without_the_phone_system(no_phone_system: None, call: Call) -> None:
    when_talked(call, 40_000)
    page = logged_in(call.operator.user, PORTAL)
    assert page.post(f"/calls/{call.call_id}/report/", headers=SCRIPT).status_code == 204
    assert Case.objects.get().evidence["call"]["end_reason"] == "hangup"
    assert Block.objects.count() == 1


def test_nobody_reports_the_call_of_somebody_else(phone_system: PhoneSystem, call: Call) -> None:
    with pytest.raises(UnknownCall):
        end_and_report(operator=given_operator(), call_id=call.call_id)
    assert phone_system.requests == []
    assert not Case.objects.exists()
    assert not Block.objects.exists()


def test_staff_find_the_case_its_operator_and_the_call_and_the_customer_sees_none(
    phone_system: PhoneSystem, call: Call
) -> None:
    phone_system.says(call.call_id)
    case = end_and_report(operator=call.operator, call_id=call.call_id)
    desk = logged_in(StaffFactory(), "admin.localhost")
    shown = desk.get(f"/backoffice/cases/{case.pk}/").content.decode()
    assert "the operator" in shown
    assert f"?q={call.call_id}" in shown
    assert case.receipt in shown
    assert case.number in desk.get("/backoffice/cases/").content.decode()
    assert not call.customer.cases.exists()
