"""An operator with several phones: the order in which calls ring them, and the one on which 9 was pressed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.errors import Conflict
from core.models import AuditRecord
from operators.models import Operator, OperatorPhone
from operators.phones import MOST_PHONES, listed_phones
from operators.services.phone_list import move_phone, remove_phone, take_verified_phone
from operators.services.presence import set_presence
from phones.services.store_number import store_number
from telephony import call_plan
from telephony.models import Call
from telephony.services import call_to_test
from telephony.services.initiate import initiate
from telephony.services.verify_operator_phone import (
    confirm_operator_code,
    send_code_again,
    send_operator_code,
)
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called, when_talked
from tests.support.phone_system import PhoneSystem
from tests.telephony.test_verify_phone import spoken

pytestmark = pytest.mark.django_db
SECOND, THIRD, FOURTH, FIFTH = (f"+1999103000{n}" for n in range(2, 6))


def with_phones(*numbers: str, **fields: Any) -> Operator:
    """An operator whose first phone is the factory's."""
    operator = given_operator(**fields)
    for number in numbers:
        take_verified_phone(operator=operator, number=store_number(number), at=clock.now())
    return now(operator)


def now(operator: Operator) -> Operator:
    return Operator.objects.get(pk=operator.pk)


def order(operator: Operator) -> list[str]:
    """The numbers in their order; the first is the one in the operator's row, and the rows count without a gap."""
    operator = now(operator)
    phones = listed_phones(operator)
    rows = operator.phones.exclude(position=None).order_by("position")
    assert [(row.phone_number, row.blocked_at) for row in rows] == [
        (phone.number, phone.blocked_at) for phone in phones
    ]
    assert [row.position for row in rows] == list(range(1, len(phones) + 1))
    return [phone.number.e164 for phone in phones]


def move(operator: Operator, number: str, *, up: bool) -> None:
    move_phone(operator_id=operator.pk, number_id=store_number(number).pk, up=up)


def remove(operator: Operator, number: str) -> None:
    remove_phone(operator_id=operator.pk, number_id=store_number(number).pk)


def plan_of(phone_system: PhoneSystem, operator: Operator) -> dict[str, Any]:
    initiate(customer=given_customer(), operator_id=operator.pk)
    plan: dict[str, Any] = phone_system.asked_for("/call/originate")[-1].body["operator"]
    return plan


def nine(call: Call, number: str) -> None:
    """9 was pressed on this phone of the operator."""
    name = f"phone_{store_number(number).pk}" if number else ""
    more = {"phone": name} if number else {}
    tell(call, "no_answer", at=8, why="operator_do_not_call", ended_by="operator", leg="operator", **more)


def test_a_call_carries_the_phones_in_their_order(phone_system: PhoneSystem, settings: Any) -> None:
    settings.NEXT_PHONE_SECONDS = 9
    operator = with_phones(SECOND, THIRD)
    first = operator.phone
    move(operator, THIRD, up=True)
    assert order(operator) == [first, THIRD, SECOND]
    plan = plan_of(phone_system, operator)
    assert (plan["number"], plan["next_numbers"], plan["next_after_seconds"]) == (first, [THIRD, SECOND], 9)
    assert plan["phones"] == [f"phone_{store_number(one).pk}" for one in (first, THIRD, SECOND)]
    assert plan["ring_seconds"] == settings.OPERATOR_RING_SECONDS


def test_the_first_of_the_list_is_what_the_release_before_calls() -> None:
    operator = with_phones(SECOND)
    first = operator.phone
    move(operator, SECOND, up=True)
    assert (now(operator).phone, order(operator)) == (SECOND, [SECOND, first])
    move(operator, SECOND, up=True)  # it is the first already
    move(operator, first, up=False)
    assert order(operator) == [SECOND, first]


def test_what_the_release_before_writes_is_the_first_phone() -> None:
    """It replaces the phone in the operator's row, and knows no list."""
    operator = with_phones(SECOND, THIRD)
    number = store_number(FOURTH)
    Operator.objects.filter(pk=operator.pk).update(phone_number=number)
    OperatorPhone.objects.create(operator=operator, phone_number=number, verified_at=clock.now())
    assert [phone.number.e164 for phone in listed_phones(now(operator))] == [FOURTH, SECOND, THIRD]
    move(operator, THIRD, up=True)
    assert order(operator) == [FOURTH, THIRD, SECOND]


def test_there_are_at_most_four(phone_system: PhoneSystem) -> None:
    assert MOST_PHONES == call_plan.MOST_PHONES
    operator = with_phones(SECOND, THIRD)
    pending = send_operator_code(operator=operator, typed=FOURTH)
    code = spoken(phone_system)
    take_verified_phone(operator=operator, number=store_number(FIFTH), at=clock.now())
    with pytest.raises(Conflict, match="up to 4 phones"):
        confirm_operator_code(operator=operator, reference=pending.reference, code=code)
    later = clock.now() + timedelta(minutes=5)
    with clock.using(lambda: later), pytest.raises(Conflict, match="up to 4 phones"):
        send_operator_code(operator=now(operator), typed=FOURTH)
    remove(operator, SECOND)
    with clock.using(lambda: later):
        assert send_operator_code(operator=now(operator), typed=FOURTH)


def test_the_last_that_can_be_called_stays_while_online() -> None:
    operator = with_phones(SECOND)
    first = operator.phone
    remove(operator, first)
    assert order(operator) == [SECOND]
    with pytest.raises(Conflict) as refused:
        remove(operator, SECOND)
    assert refused.value.error_code == "online"
    set_presence(operator_id=operator.pk, presence="offline")
    remove(operator, SECOND)
    assert (order(operator), now(operator).phone_number, now(operator).phone_verified_at) == ([], None, None)
    assert OperatorPhone.objects.filter(operator=operator).count() == 2, (
        "whoever uses them is still the operator"
    )


def test_a_9_is_about_the_phone_on_which_it_was_pressed_whatever_the_order_is_now(
    phone_system: PhoneSystem,
) -> None:
    operator = with_phones(SECOND)
    first = operator.phone
    call = when_called(given_customer(), operator)
    move(operator, SECOND, up=True)
    nine(call, SECOND)
    assert order(operator) == [first, SECOND], "what can't be called is behind what can"
    assert [phone.obstacle for phone in listed_phones(now(operator))] == [None, "phone_blocked"]
    assert now(operator).presence == "online", "there is another phone"
    assert AuditRecord.objects.get(action="operator.do_not_call").details == {"call": call.call_id}
    plan = plan_of(phone_system, operator)
    assert (plan["number"], plan["next_numbers"]) == (first, [])


def test_a_blocked_phone_is_called_again_once_it_is_proved_anew(phone_system: PhoneSystem) -> None:
    operator = with_phones(SECOND)
    first = operator.phone
    nine(when_called(given_customer(), operator), SECOND)
    pending = send_code_again(operator=now(operator), number_id=store_number(SECOND).pk)
    confirm_operator_code(operator=operator, reference=pending.reference, code=spoken(phone_system))
    plan = plan_of(phone_system, operator)
    assert (plan["number"], plan["next_numbers"]) == (first, [SECOND])


def test_9_on_all_phones_and_the_operator_is_offline() -> None:
    operator = with_phones(SECOND)
    nine(when_called(given_customer(), operator), operator.phone)
    assert now(operator).phone == SECOND
    nine(when_called(given_customer(), operator), SECOND)
    assert (now(operator).presence, now(operator).phone_blocked_at is not None) == ("offline", True)


@pytest.mark.parametrize("name", ["", "phone_999999999", "phone_9999999999999999999", "nonsense"])
def test_a_9_without_a_phone_that_is_theirs_is_about_their_first(name: str) -> None:
    operator = with_phones(SECOND)
    first, others = operator.phone, with_phones(THIRD)
    call = when_called(given_customer(), operator)
    more = {"phone": name} if name else {}
    tell(call, "no_answer", at=8, why="operator_do_not_call", ended_by="operator", leg="operator", **more)
    assert order(operator) == [SECOND, first]
    assert not [phone for phone in listed_phones(now(others)) if phone.obstacle]


def test_a_9_does_not_reach_the_phone_of_somebody_else() -> None:
    operator, other = with_phones(SECOND), with_phones(THIRD)
    nine(when_called(given_customer(), operator), THIRD)
    assert not [phone for phone in listed_phones(now(other)) if phone.obstacle]


def test_the_operator_hears_whether_the_caller_is_new(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    first_words = []
    for _ in range(2):
        call = initiate(customer=customer, operator_id=operator.pk)
        first_words.append(
            phone_system.asked_for("/call/originate")[-1].body["operator"]["prompts"]["offer"][0]
        )
        when_talked(call, 30_000)
        Operator.objects.filter(pk=operator.pk).update(wrap_up_until=None)
    assert [words.partition("|")[0] for words in first_words] == [
        "common/new-caller", "common/returning-caller"
    ]  # fmt: skip


@pytest.fixture
def operator() -> Operator:
    return with_phones(SECOND)


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def test_the_settings_list_the_phones_and_never_a_number(portal: Client, operator: Operator) -> None:
    page = portal.get("/settings/phones/").content.decode()
    assert page.index(f"1. E{store_number(operator.phone).hint[1:]}") < page.index("2. Ends in 02")
    assert "the next one rings" in page
    for number in order(operator):
        assert number not in page
        assert number[2:] not in page


def test_buttons_change_the_order_and_remove(portal: Client, operator: Operator) -> None:
    first, second = operator.phone, store_number(SECOND)
    moved = portal.post(f"/settings/phones/{second.pk}/move/", {"direction": "up"})
    assert moved["Location"] == "/settings/phones/"
    assert order(operator) == [SECOND, first]
    portal.post(f"/settings/phones/{second.pk}/move/", {"direction": "down"})
    assert order(operator) == [first, SECOND]
    portal.post(f"/settings/phones/{second.pk}/remove/")
    assert order(operator) == [first]
    refused = portal.post(f"/settings/phones/{store_number(first).pk}/remove/", follow=True)
    assert "Add another one or go offline first" in refused.content.decode()
    assert order(operator) == [first]


def test_a_blocked_phone_is_verified_from_its_row(
    portal: Client, operator: Operator, phone_system: PhoneSystem
) -> None:
    nine(when_called(given_customer(), operator), SECOND)
    page = portal.get("/settings/phones/").content.decode()
    assert "not called: someone pressed 9 on it" in page
    answer = portal.post(f"/settings/phones/{store_number(SECOND).pk}/verify/")
    assert answer["Location"].startswith("/settings/phone/verify_")
    assert phone_system.asked_for("/verification")[0].body["number"] == SECOND


@pytest.mark.parametrize("deed", ["move", "remove", "verify", "test"])
def test_nobody_changes_the_phones_of_another(portal: Client, phone_system: PhoneSystem, deed: str) -> None:
    others = with_phones(THIRD)
    before = order(others)
    answer = portal.post(f"/settings/phones/{store_number(THIRD).pk}/{deed}/", follow=True)
    assert "Phone not found." in answer.content.decode()
    assert order(others) == before
    assert phone_system.requests == []


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"state": "ringing", "cause": None}, "It’s ringing."),
        ({"state": "speaking", "cause": None}, "Answered. Press 1 on that phone."),
        ({"state": "pressed", "cause": None}, "You pressed 1. This phone works."),
        ({"state": "no_key", "cause": None}, "Answered, but nobody pressed 1."),
        ({"state": "spoken", "cause": None}, "Answered, but nobody pressed 1."),  # an older adapter
        ({"state": "not_reached", "cause": 17}, "Busy or declined."),
        ({"state": "not_reached", "cause": 19}, "Nobody answered."),
        ({"state": "failed", "cause": None}, "We couldn’t follow this call."),
    ],
)
def test_a_test_call_shows_how_far_it_is(
    portal: Client, operator: Operator, phone_system: PhoneSystem, outcome: dict[str, Any], words: str
) -> None:
    set_presence(operator_id=operator.pk, presence="offline")
    phone_system.outcome = outcome
    answer = portal.post(f"/settings/phones/{store_number(SECOND).pk}/test/")
    asked = phone_system.asked_for("/verification")[0].body
    assert (asked["number"], asked["key"]) == (SECOND, "1")
    page = portal.get(answer["Location"]).content.decode()
    assert words in page
    assert "ends in 02" in page
    assert ("data-moves" in page) == (outcome["state"] in ("ringing", "speaking"))


def test_a_test_call_waits_until_no_customer_can_call(
    portal: Client, operator: Operator, phone_system: PhoneSystem
) -> None:
    path = f"/settings/phones/{store_number(SECOND).pk}/test/"
    assert "Go offline first" in portal.post(path, follow=True).content.decode()
    set_presence(operator_id=operator.pk, presence="offline")
    Operator.objects.filter(pk=operator.pk).update(in_call=True)
    assert "on a call" in portal.post(path, follow=True).content.decode()
    assert phone_system.requests == []
    assert portal.get("/settings/phones/test/")["Location"] == "/settings/phones/"


def test_test_calls_are_limited_and_a_phone_system_that_is_down_is_told_of(
    portal: Client, operator: Operator, phone_system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_to_test, "CALLS_PER_DAY", 2)
    set_presence(operator_id=operator.pk, presence="offline")
    path = f"/settings/phones/{store_number(SECOND).pk}/test/"
    phone_system.refuse(503, "no_switch")
    assert "Calling is down" in portal.post(path, follow=True).content.decode()
    phone_system.refusal = None
    portal.post(path)
    assert "a lot of test calls" in portal.post(path, follow=True).content.decode()
    assert len(phone_system.asked_for("/verification")) == 2


def test_staff_see_every_phone_in_its_order_and_no_number(operator: Operator) -> None:
    nine(when_called(given_customer(), operator), SECOND)
    desk = logged_in(StaffFactory(), "admin.localhost")
    page = desk.get(f"/backoffice/operators/{operator.pk}/").content.decode()
    assert page.index(store_number(operator.phone).hint) < page.index("ends in 02")
    assert "9 was pressed during a call" in page[page.index("ends in 02") :]
    for number in order(operator):
        assert number not in page
