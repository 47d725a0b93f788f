"""The key that adds funds in a call: what is offered, what it charges, once, and what the customer hears and sees of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import Payment
from billing.services.charge_saved_card import charge_saved_card
from billing.services.start_payment import CHARGE_SAVED_CARD, ONE_CHARGE_WITHIN, start_saved_card_payment
from billing.states import PaymentState
from core import clock
from core.errors import Conflict, DomainError
from customers.models import Customer
from customers.services.limits import take_break
from storefront.call_panels import panel_of_call
from telephony.models import Call, CallEvent
from telephony.services.handle_event import handle_event
from telephony.snapshots import customer_snapshot
from tests.scenario import (
    assert_books_are_whole,
    customer_client,
    event_of,
    given_customer,
    given_operator,
    send,
    tell,
    the_call,
    wallet,
    when_called,
)
from tests.support.card_processor import Processor, given_paid
from tests.support.phone_system import PhoneSystem
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)

CHARGING_WORDS = "We’re charging your card."
OFFER = ["common/press-5-to-add", "numbers/20", "common/dollars"]
CHARGING, DECLINED = ["common/charging-card"], ["common/card-declined"]
BY_SCRIPT = {"X-Requested-With": "fetch"}
LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.fixture
def settings_of_billing(settings: Any) -> Callable[..., Any]:
    """Within: these of the platform's rules about money."""
    return lambda **changes: override_settings(BILLING=settings.BILLING | changes)


def short_call(processor: Processor, **operator: str) -> Call:
    """Joined with the click, with money for a minute from a card that can be charged again."""
    customer = given_customer(balance=0)
    given_paid(processor, customer, 500)
    call = when_called(customer, given_operator(**operator))
    tell(call, "started", at=0)
    return call


def offered(call: Call, *, at: float = 1) -> list[str]:
    """The adapter is about to warn: what it may offer."""
    answer = tell(call, "progress", at=at, elapsed_ms=str(round(at * 1000)), may_offer="1")
    sounds: list[str] = answer.json.get("add_funds", [])
    return sounds


def presses(call: Call, *, at: float = 5) -> list[str]:
    """What the customer hears of their key."""
    sounds: list[str] = tell(call, "add_funds", at=at).json.get("say", [])
    return sounds


def charges(customer: Customer) -> list[Payment]:
    return list(Payment.objects.filter(customer=customer, saved_from__isnull=False).order_by("id"))


def carry_out(*payments: Payment) -> None:
    """What the worker does."""
    for payment in payments:
        charge_saved_card(payment_id=payment.pk)


def test_the_key_charges_what_was_offered_and_the_call_goes_on(
    processor: Processor, phone_system: PhoneSystem
) -> None:
    call = short_call(processor)
    phone_system.says(call.call_id)
    assert offered(call) == OFFER
    assert presses(call) == CHARGING
    [payment] = charges(call.customer)
    assert (payment.amount_minor, payment.state) == (2000, PaymentState.UNKNOWN)
    assert ProcrastinateJob.objects.filter(task_name=CHARGE_SAVED_CARD).count() == 1
    assert panel_of_call(the_call(call), customer_snapshot(the_call(call))).funds_words == CHARGING_WORDS
    carry_out(payment)
    assert wallet(call.customer)[0] == 2500
    extended = phone_system.asked_for("/extend")[-1].body
    assert (extended["granted_seconds"], extended["final"]) == (180, False)
    assert not the_call(call).funds_state
    assert_books_are_whole()


def test_one_tap_on_the_page_charges_the_saved_card_once(
    processor: Processor, phone_system: PhoneSystem
) -> None:
    call = short_call(processor)
    phone_system.says(call.call_id)
    client, path = customer_client(call.customer), f"/calls/{call.call_id}/funds/"
    answers = [client.post(path, headers=BY_SCRIPT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 409]
    [payment] = charges(call.customer)
    assert payment.amount_minor == 2000
    assert panel_of_call(the_call(call), customer_snapshot(the_call(call))).funds_words == CHARGING_WORDS
    carry_out(payment)
    assert phone_system.asked_for("/extend")[-1].body["granted_seconds"] == 180
    assert not the_call(call).funds_state
    assert client.post(path).headers["Location"] == f"/operators/{call.operator.slug}/?call={call.call_id}"
    assert len(charges(call.customer)) == 1, "it was just made"


def test_a_tap_without_a_card_leads_to_the_page_for_adding_funds_and_back(
    processor: Processor, phone_system: PhoneSystem
) -> None:
    customer = given_customer()
    call = when_called(customer, given_operator(slug="sarah"))
    path = f"/calls/{call.call_id}/funds/"
    assert customer_client(customer).post(path, headers=BY_SCRIPT).status_code == 409, "nobody talks yet"
    tell(call, "started", at=0)
    leads_to = customer_client(customer).post(path).headers["Location"]
    assert leads_to == f"/funds/?next=%2Foperators%2Fsarah%2F%3Fcall%3D{call.call_id}&operator=sarah"
    assert customer_client(given_customer()).post(path).status_code == 404, "somebody else's"
    assert not charges(customer)


def test_a_tap_just_after_a_charge_that_was_answered_charges_nothing(
    processor: Processor, phone_system: PhoneSystem
) -> None:
    call = short_call(processor)
    offered(call)
    presses(call)
    carry_out(*charges(call.customer))
    tap = {"customer": call.customer, "brand": call.brand, "amount_minor": 2500}
    with pytest.raises(Conflict) as refused:
        start_saved_card_payment(**tap)
    assert refused.value.error_code == "payment_just_made"
    later = charges(call.customer)[0].created_at + ONE_CHARGE_WITHIN + timedelta(seconds=1)
    with clock.using(lambda: later):
        start_saved_card_payment(**tap)
    assert len(charges(call.customer)) == 2


def test_a_declined_card_is_said_and_costs_nothing(processor: Processor, phone_system: PhoneSystem) -> None:
    call = short_call(processor)
    phone_system.says(call.call_id)
    processor.refuses = "Your bank said no."
    offered(call)
    presses(call)
    carry_out(*charges(call.customer))
    assert [asked.body for asked in phone_system.asked_for("/say")] == [{"sounds": DECLINED}]
    assert wallet(call.customer)[0] == 500
    call = the_call(call)
    assert (
        panel_of_call(call, customer_snapshot(call)).funds_words
        == "Your card was declined. Nothing was charged."
    )
    tell(call, "ended", at=30, joined_ms="30000", why="hangup", ended_by="customer")
    assert customer_snapshot(the_call(call))["funds_state"] == ""


def test_a_card_that_is_declined_after_the_call_is_said_to_nobody(
    processor: Processor, phone_system: PhoneSystem
) -> None:
    call = short_call(processor)
    processor.refuses = "Your bank said no."
    offered(call)
    presses(call)
    tell(call, "ended", at=30, joined_ms="30000", why="hangup", ended_by="customer")
    carry_out(*charges(call.customer))
    assert phone_system.asked_for("/say") == []


def frozen(call: Call) -> None:
    take_break(customer=call.customer, length="day")


def unanswered(call: Call) -> None:
    start_saved_card_payment(customer=call.customer, brand=call.brand, amount_minor=1000)


def without_card(call: Call) -> None:
    Payment.objects.filter(customer=call.customer).update(card="")


def nothing(_: Call) -> None:
    """All is well."""


@pytest.mark.parametrize(
    ("obstacle", "rules"),
    [
        (frozen, {}),
        (unanswered, {}),
        (without_card, {}),
        (nothing, {"CALL_LOAD_MINOR": 0}),
        (nothing, {"CALL_LOAD_MINOR": 60_000}),
        (nothing, {"MAX_CALL_SECONDS": 60}),
    ],
)
def test_nothing_is_offered_that_could_not_be_charged_or_would_not_help(
    processor: Processor, obstacle: Callable[[Call], None], rules: dict[str, Any], settings_of_billing: Any
) -> None:
    with settings_of_billing(**rules):
        call = short_call(processor)
        obstacle(call)
        before = len(charges(call.customer))
        assert offered(call) == []
        assert presses(call) == []
        assert len(charges(call.customer)) == before


def test_an_older_adapter_is_offered_nothing(processor: Processor) -> None:
    call = short_call(processor)
    answer = tell(call, "progress", at=1, elapsed_ms="1000")
    assert "add_funds" not in answer.json
    assert presses(call) == [], "and what nobody offered charges nothing"
    assert charges(call.customer) == []


def test_a_repeat_is_answered_as_the_first_and_an_offer_is_taken_once(processor: Processor) -> None:
    call = short_call(processor)
    offered(call)
    event = event_of(call, "add_funds", at=5)
    at = call.initiated_at + timedelta(seconds=6)
    first, repeat = send(event, now=at), send(event, now=at)
    assert (first.json, repeat.json) == (first.json, first.json)
    assert first.json["say"] == CHARGING
    carry_out(*charges(call.customer))
    assert presses(call, at=30) == [], "a second key without another offer"
    assert len(charges(call.customer)) == 1
    assert CallEvent.objects.filter(call=call, state="add_funds").count() == 2, "each on record"


@pytest.mark.parametrize("late", ["over", "past its time"])
def test_a_key_that_is_told_after_the_call_charges_nothing(processor: Processor, late: str) -> None:
    """Where the end was not told yet, the time that was granted says that it is over."""
    call = short_call(processor)
    offered(call)
    if late == "over":
        tell(call, "ended", at=20, joined_ms="20000", why="hangup", ended_by="customer")
    assert presses(call, at=61 if late != "over" else 21) == []
    assert charges(call.customer) == []
    assert CallEvent.objects.filter(call=call, state="add_funds").count() == 1


def test_funds_that_came_since_the_offer_make_it_void(processor: Processor) -> None:
    call = short_call(processor)
    offered(call)
    with clock.using(lambda: call.initiated_at + timedelta(seconds=3)):
        given_paid(processor, call.customer, 1000)
    assert presses(call) == []
    assert charges(call.customer) == []


def test_a_card_that_may_not_be_charged_any_more_is_said(processor: Processor) -> None:
    call = short_call(processor)
    offered(call)
    take_break(customer=call.customer, length="day")
    assert presses(call) == ["common/card-not-charged"]
    assert charges(call.customer) == []


def test_what_was_offered_is_charged_whatever_the_setting_says_now(
    processor: Processor, settings_of_billing: Any
) -> None:
    call = short_call(processor)
    offered(call)
    with settings_of_billing(CALL_LOAD_MINOR=3000):
        presses(call)
    assert [payment.amount_minor for payment in charges(call.customer)] == [2000]


@pytest.mark.parametrize("rounds", [8, pytest.param(500, marks=LONG)])
def test_a_key_and_a_tap_at_once_are_one_charge(processor: Processor, rounds: int) -> None:
    """Whoever is first, and however soon the first charge is answered."""
    for number in range(rounds):
        call = short_call(processor)
        offered(call)
        event, customer, brand = event_of(call, "add_funds", at=5), call.customer, call.brand

        def tap(customer: Customer = customer, brand: Any = brand) -> None:
            carry_out(start_saved_card_payment(customer=customer, brand=brand, amount_minor=2500))

        def press(event: Any = event, customer: Customer = customer) -> None:
            handle_event(event)
            carry_out(*charges(customer))

        in_parallel(*((tap, press) if number % 2 else (press, tap)), refusals=DomainError)
        [payment] = charges(customer)
        assert payment.amount_minor in (2000, 2500)
        assert wallet(customer)[0] == 500 + payment.amount_minor
        tell(call, "ended", at=20, joined_ms="20000", why="hangup", ended_by="customer")
    assert_books_are_whole()
