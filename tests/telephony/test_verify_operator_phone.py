"""An operator's phone is called once a spoken code proved it; without one that works nobody is shown online."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.errors import DomainError
from customers.models import PhoneVerification
from operators.models import Operator
from operators.phones import listed_phones
from operators.services.presence import set_presence, take_offline_with_obstacle
from telephony.services.initiate import initiate
from telephony.services.spoken_codes import TRIES, WrongCode
from telephony.services.verify_operator_phone import confirm_operator_code, send_operator_code
from telephony.services.verify_phone import confirm_code, send_code
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_operator, logged_in
from tests.support.phone_system import PhoneSystem
from tests.telephony.test_verify_phone import spoken, wrong

pytestmark = pytest.mark.django_db
NUMBER = "+19991025555"


def now(operator: Operator) -> Operator:
    return Operator.objects.get(pk=operator.pk)


def test_a_second_phone_is_called_once_its_code_was_typed(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    page = logged_in(operator.user, "portal.localhost")
    response = page.post("/settings/phone/", {"typed": "+1 (999) 102-5555"})
    asked = phone_system.asked_for("/verification")[0].body
    assert (asked["number"], asked["caller_id"]) == (NUMBER, BrandFactory().operator_caller_id)
    assert "ends in 55" in page.get(response["Location"]).content.decode()
    refused = page.post(response["Location"], {"code": wrong(spoken(phone_system))})
    assert "t the code" in refused.content.decode()
    assert [phone.number.e164 for phone in listed_phones(operator)] == [operator.phone]
    page.post(response["Location"], {"code": spoken(phone_system)})
    assert [phone.number.e164 for phone in listed_phones(now(operator))] == [operator.phone, NUMBER]
    assert now(operator).availability == "online"
    call = initiate(customer=given_customer(), operator_id=operator.pk)
    plan = phone_system.asked_for("/call/originate")[0].body
    assert plan["call_id"] == call.call_id
    assert (plan["operator"]["number"], plan["operator"]["next_numbers"]) == (operator.phone, [NUMBER])


@pytest.mark.parametrize(
    "typed", ["+18005550123", "+17124325555", "+19005550123", "+442071234567", "911", ""]
)
def test_no_code_goes_to_a_number_that_calls_are_not_sent_to(phone_system: PhoneSystem, typed: str) -> None:
    operator = given_operator(phone="")
    response = logged_in(operator.user, "portal.localhost").post("/settings/phone/", {"typed": typed})
    assert response.status_code in (400, 403)
    assert phone_system.requests == []
    assert not PhoneVerification.objects.exists()


@pytest.mark.parametrize(
    ("fields", "word", "reason"),
    [
        ({"phone": ""}, "no_phone", "Verify your phone in your settings"),
        ({"phone_verified_at": None}, "phone_not_verified", "Verify your phone in your settings"),
        ({"phone": "+18005550123"}, "number_not_allowed", "regular US or Canadian number"),
    ],
)
def test_without_a_working_phone_nobody_is_online_and_the_pages_say_why(
    fields: dict[str, str | None], word: str, reason: str
) -> None:
    operator = given_operator(presence="offline", **fields)
    with pytest.raises(DomainError) as refused:
        set_presence(operator_id=operator.pk, presence="online")
    assert refused.value.error_code == word
    page = logged_in(operator.user, "portal.localhost")
    for path in ("/", "/settings/phones/"):
        assert reason in page.get(path).content.decode()


def test_who_is_online_with_a_phone_that_may_not_be_called_any_more_goes_offline() -> None:
    operator, other = given_operator(phone="+18005550123"), given_operator()
    assert take_offline_with_obstacle() == 1
    assert (now(operator).presence, now(other).presence) == ("offline", "online")
    assert take_offline_with_obstacle() == 0


def when_staff_enter(staff: Client, operator: Operator, phone: str) -> Any:
    address = f"/operators/operator/{operator.pk}/change/"
    form = staff.get(address).context["adminform"].form
    typed = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    typed |= {"languages": "", "specialties": "", "new_phone": phone}
    typed |= {f"listings-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return staff.post(address, {name: value for name, value in typed.items() if value is not False})


@pytest.mark.parametrize("typed", ["+18005550123", "+17124325555", "+19005550123", "+442071234567", "911"])
def test_staff_enter_no_number_that_calls_are_not_sent_to(typed: str) -> None:
    operator = given_operator()
    response = when_staff_enter(logged_in(StaffFactory(), "admin.localhost"), operator, typed)
    assert "new_phone" in response.context["adminform"].form.errors
    assert now(operator).phone == operator.phone


def test_a_phone_that_staff_enter_is_to_be_verified(phone_system: PhoneSystem) -> None:
    operator = given_operator()
    staff = logged_in(StaffFactory(), "admin.localhost")
    assert when_staff_enter(staff, operator, NUMBER).status_code == 302
    changed = now(operator)
    assert (changed.phone, changed.phone_verified_at, changed.presence) == (NUMBER, None, "offline")
    with pytest.raises(DomainError):
        initiate(customer=given_customer(), operator_id=operator.pk)
    assert "not verified yet" in staff.get(f"/backoffice/operators/{operator.pk}/").content.decode()
    pending = send_operator_code(operator=changed, typed="")
    confirm_operator_code(operator=changed, reference=pending.reference, code=spoken(phone_system))
    assert set_presence(operator_id=operator.pk, presence="online").availability == "online"


def test_nobody_takes_anothers_code_and_a_code_is_good_once(phone_system: PhoneSystem) -> None:
    operator, other = given_operator(), given_operator()
    pending = send_operator_code(operator=operator, typed=NUMBER)
    code = spoken(phone_system)
    with pytest.raises(DomainError):
        confirm_operator_code(operator=other, reference=pending.reference, code=code)
    with pytest.raises(DomainError):
        confirm_code(customer=given_customer(), reference=pending.reference, code=code)
    confirm_operator_code(operator=operator, reference=pending.reference, code=code)
    with pytest.raises(WrongCode):
        confirm_operator_code(operator=operator, reference=pending.reference, code=code)
    with (
        clock.using(lambda: pending.created_at + timedelta(minutes=2)),
        pytest.raises(DomainError) as refused,
    ):
        send_operator_code(operator=now(operator), typed=NUMBER)
    assert refused.value.error_code == "already_verified"


@pytest.mark.django_db(transaction=True)
def test_each_wrong_try_is_spent_for_good(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="0", phone=False), given_operator()
    customers = send_code(customer=customer, brand=BrandFactory(), number="+19991000001")
    customers_code = spoken(phone_system)
    operators = send_operator_code(operator=operator, typed=NUMBER)
    code = spoken(phone_system)
    for tries_left in reversed(range(TRIES)):
        with pytest.raises(WrongCode) as refused:
            confirm_code(customer=customer, reference=customers.reference, code=wrong(customers_code))
        assert refused.value.extra["tries_left"] == tries_left
        with pytest.raises(WrongCode):
            confirm_operator_code(operator=operator, reference=operators.reference, code=wrong(code))
    with pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=customers.reference, code=customers_code)
    with pytest.raises(WrongCode):
        confirm_operator_code(operator=operator, reference=operators.reference, code=code)
    assert not customer.phones.exists()
