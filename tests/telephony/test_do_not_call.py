"""9 was pressed on a phone: it is not called again until it is verified anew, and everybody concerned can read why."""

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.errors import DomainError
from core.models import AuditRecord
from customers.models import CustomerPhone
from operators.models import Operator
from operators.services.presence import set_presence
from telephony.models import Call
from telephony.services.verify_operator_phone import confirm_operator_code, send_operator_code
from telephony.services.verify_phone import confirm_code
from tests.factories import CustomerPhoneFactory, StaffFactory
from tests.scenario import (
    api,
    assert_everything_released,
    assert_has,
    customer_client,
    given_customer,
    logged_in,
    tell,
    the_call,
)
from tests.support.phone_system import PhoneSystem
from tests.telephony.test_verify_phone import spoken

pytestmark = pytest.mark.django_db(transaction=True)
NINE_ON_THE_CUSTOMERS = {"why": "customer_do_not_call", "ended_by": "customer", "leg": "customer"}
NINE_ON_THE_OPERATORS = {"why": "operator_do_not_call", "ended_by": "operator", "leg": "operator"}


def click(call: Call, operator: Operator | None = None) -> Any:
    operator_id = (operator or call.operator).pk
    return api(call.customer).post("/api/calls/initiate/", {"operator_id": operator_id}).json()


def test_the_customers_phone_is_no_longer_verified_and_calls_are_refused(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    phone = CustomerPhone.objects.get(customer=call.customer)
    assert (phone.verified_at, phone.is_primary, phone.block_reason) == (None, False, "do_not_call")
    assert phone.blocked_at is not None
    assert_has(click(call), {"success": False, "code": "phone_not_verified"})
    assert phone_system.asked_for("/call/originate") == []
    record = AuditRecord.objects.get(action="phone.do_not_call")
    assert record.details == {"phone": phone.pk, "call": call.call_id}
    assert the_call(call).end_reason == "customer_do_not_call"
    assert_everything_released(call)


def test_the_customer_reads_why_and_verifies_it_anew(phone_system: PhoneSystem, call: Call) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    page = customer_client(call.customer)
    profile = page.get(f"/operators/{call.operator.slug}/").content.decode()
    assert "Someone pressed 9 on your phone" in profile
    phone = CustomerPhone.objects.get(customer=call.customer)
    phones = page.get("/account/phones/").content.decode()
    assert "Phones we don’t call" in phones
    assert phone.number not in phones
    response = page.post(f"/account/phones/{phone.pk}/verify/")
    reference = response["Location"].rstrip("/").rsplit("/", 1)[1]
    confirm_code(customer=call.customer, reference=reference, code=spoken(phone_system))
    phone.refresh_from_db()
    assert (phone.blocked_at, phone.block_reason, phone.is_primary) == (None, "", True)
    assert click(call)["success"]


def test_another_verified_phone_takes_its_place(phone_system: PhoneSystem, call: Call) -> None:
    other = CustomerPhoneFactory(customer=call.customer, is_primary=False)
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    other.refresh_from_db()
    assert other.is_primary
    assert click(call)["success"]
    assert phone_system.asked_for("/call/originate")[0].body["customer"]["number"] == other.number


def test_a_phone_that_was_verified_since_stays(phone_system: PhoneSystem, call: Call) -> None:
    """A report that comes late, from before its owner allowed calls again."""
    since = clock.now() + timedelta(minutes=1)
    CustomerPhone.objects.filter(customer=call.customer).update(verified_at=since)
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    assert CustomerPhone.objects.get(customer=call.customer).verified_at == since


def test_a_9_counts_although_the_call_was_given_up_before_it_was_reported(call: Call) -> None:
    tell(call, "failed", at=5, why="phone_system_unavailable")
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    assert CustomerPhone.objects.get(customer=call.customer).blocked_at is not None
    assert the_call(call).end_reason == "phone_system_unavailable"


def test_the_operator_goes_offline_is_told_why_and_cannot_be_called(
    phone_system: PhoneSystem, call: Call
) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_OPERATORS)
    operator = Operator.objects.get(pk=call.operator.pk)
    assert (operator.presence, operator.phone_blocked_at is not None) == ("offline", True)
    console = logged_in(operator.user, "portal.localhost").get("/").content.decode()
    assert "Someone pressed 9 on your phone" in console
    with pytest.raises(DomainError) as refused:
        set_presence(operator_id=operator.pk, presence="online")
    assert refused.value.error_code == "phone_blocked"
    Operator.objects.filter(pk=operator.pk).update(presence="online")
    assert_has(click(call), {"success": False, "code": "operator_offline"})
    assert AuditRecord.objects.get(action="operator.do_not_call").details == {"call": call.call_id}
    assert CustomerPhone.objects.get(customer=call.customer).verified_at is not None


def test_the_operator_verifies_the_same_phone_again(phone_system: PhoneSystem, call: Call) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_OPERATORS)
    operator = Operator.objects.get(pk=call.operator.pk)
    pending = send_operator_code(operator=operator, typed="")
    with pytest.raises(DomainError):
        set_presence(operator_id=operator.pk, presence="online")
    confirm_operator_code(operator=operator, reference=pending.reference, code=spoken(phone_system))
    set_presence(operator_id=operator.pk, presence="online")
    operator.refresh_from_db()
    assert (operator.phone, operator.phone_blocked_at) == (call.operator.phone, None)


def test_staff_allow_an_operators_phone_again_with_a_reason_on_record(call: Call) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_OPERATORS)
    staff = logged_in(StaffFactory(), "admin.localhost")
    page = f"/backoffice/operators/{call.operator.pk}/"
    assert "9 was pressed during a call" in staff.get(page).content.decode()
    staff.post(f"{page}allow-phone/", {"reason": ""})
    assert Operator.objects.get(pk=call.operator.pk).phone_blocked_at is not None
    staff.post(f"{page}allow-phone/", {"reason": "called her on video"})
    assert Operator.objects.get(pk=call.operator.pk).phone_blocked_at is None
    assert AuditRecord.objects.get(action="operator.allow_phone").reason == "called her on video"


def test_a_number_that_a_customer_and_an_operator_share_is_blocked_for_both(call: Call) -> None:
    shared = CustomerPhoneFactory(number=call.operator.phone, verified_at=call.initiated_at)
    tell(call, "no_answer", at=8, **NINE_ON_THE_OPERATORS)
    shared.refresh_from_db()
    assert shared.blocked_at is not None


def test_nobody_verifies_somebody_elses_blocked_phone(phone_system: PhoneSystem, call: Call) -> None:
    tell(call, "no_answer", at=8, **NINE_ON_THE_CUSTOMERS)
    phone = CustomerPhone.objects.get(customer=call.customer)
    assert customer_client(given_customer()).post(f"/account/phones/{phone.pk}/verify/").status_code == 404
    assert phone_system.requests == []
