"""How long a call may go on: granted step by step, held in full, extended by money, never taken back."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.admin import site
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.services.credit_wallet import credit_wallet
from billing.states import CreditSource
from brands.models import Brand
from customers.models import Customer
from customers.services.limits import close_account, take_break
from operators.services.review_operator import suspend_operator
from portal.console import ConsoleCall
from storefront.call_panels import panel_of_call
from telephony.end_messages import end_message
from telephony.models import Call
from telephony.services.extend_live_call import EXTEND_CALLS_OF_BRAND
from telephony.snapshots import customer_snapshot, operator_snapshot
from telephony.tasks import extend_calls_of_brand
from tests.factories import StaffFactory
from tests.scenario import (
    assert_has,
    given_credit,
    given_customer,
    given_debit,
    given_free_minutes,
    given_limit,
    given_operator,
    its_time,
    tell,
    the_authorization,
    the_call,
    wallet,
    when_called,
)
from tests.support.phone_system import PhoneSystem
from web.holds import customer_hold_words, operator_hold_words
from web.timers import Timer

pytestmark = pytest.mark.django_db(transaction=True)


def joined(balance: str, **operator: str) -> Call:
    """A call that was joined with the click, to make the sums easy."""
    call = when_called(given_customer(balance=balance), given_operator(**operator))
    tell(call, "started", at=0)
    return call


def asks(call: Call, elapsed: float) -> tuple[int, bool]:
    """The adapter asks after so many seconds of talk: what it hears."""
    answer = tell(call, "progress", at=elapsed, elapsed_ms=str(round(elapsed * 1000)))
    return answer["granted_seconds"], answer["final"]


def held(call: Call) -> int:
    return wallet(call.customer)[1]


def begin_break(customer: Customer) -> None:
    take_break(customer=customer, length="day")


def close(customer: Customer) -> None:
    close_account(customer=customer)


def test_the_start_is_answered_with_the_first_grant() -> None:
    call = when_called(given_customer(balance="45.00"), given_operator())
    answer = tell(call, "started", at=10)
    assert_has(answer.json, {"tracking": call.call_id, "granted_seconds": 180, "final": False})
    poor = when_called(given_customer(balance="4.98"), given_operator())
    assert_has(tell(poor, "started", at=10).json, {"granted_seconds": 60, "final": True})


def test_each_question_extends_the_total_to_at_most_three_minutes_ahead_and_holds_its_whole_cost() -> None:
    call = joined("45.00")
    granted = [asks(call, elapsed) for elapsed in (90, 180, 270, 360, 450)]
    assert granted == [(240, False), (360, False), (420, False), (540, False), (600, False)]
    assert held(call) == 99 + 10 * 399
    assert asks(call, 540) == (660, True)
    assert held(call) == 99 + 11 * 399
    assert asks(call, 600) == (660, True)


def test_a_question_asked_twice_or_late_never_shortens_what_was_granted() -> None:
    call = joined("45.00")
    assert asks(call, 270) == (420, False)
    assert asks(call, 90) == (420, False)
    assert tell(call, "started", at=300)["granted_seconds"] == 420
    assert the_call(call).known_joined_ms == 270_000


def test_another_debit_shortens_the_next_grant_and_never_the_given_one() -> None:
    call = joined("45.00")
    given_debit(call.customer, "32.04")  # all that is not held
    assert asks(call, 100) == (180, True)
    assert (wallet(call.customer)[0], held(call)) == (1296, 1296)
    other = joined("45.00")
    given_debit(other.customer, "28.05")  # all but one minute
    assert asks(other, 100) == (240, True)


def test_money_in_mid_call_extends_it_at_once_and_the_phone_system_hears_it(
    phone_system: PhoneSystem,
) -> None:
    call = joined("8.97")
    assert asks(call, 30) == (120, True)
    phone_system.says(call.call_id, state="joined", granted_seconds=120, final=True)
    with its_time(call, 60):
        given_credit(call.customer, "20.00")
    [asked] = phone_system.asked_for("/extend")
    assert asked.body == {"granted_seconds": 240, "final": False}
    assert the_authorization(call).granted_seconds == 240
    assert held(call) == 99 + 4 * 399
    assert asks(call, 61) == (240, False)


def test_money_that_changes_nothing_is_not_told(phone_system: PhoneSystem) -> None:
    call = joined("45.00")
    with its_time(call, 1):
        given_credit(call.customer, "1.00")
    given_credit(given_customer(), "1.00")  # somebody without a call
    assert phone_system.asked_for("/extend") == []


def test_money_before_the_phones_are_joined_counts_too(phone_system: PhoneSystem) -> None:
    call = when_called(given_customer(balance="4.98"), given_operator())
    phone_system.says(call.call_id, granted_seconds=60, final=True)
    with its_time(call, 5):
        given_credit(call.customer, "40.00")
    [asked] = phone_system.asked_for("/extend")
    assert asked.body == {"granted_seconds": 180, "final": False}


def test_money_while_the_phone_system_is_away_is_found_by_the_next_question(no_phone_system: None) -> None:
    call = joined("8.97")
    with its_time(call, 60):
        given_credit(call.customer, "20.00")
    assert asks(call, 65) == (240, False)


def test_a_credit_under_the_same_key_extends_nothing_twice(phone_system: PhoneSystem) -> None:
    call = joined("8.97")
    phone_system.says(call.call_id, state="joined")
    with its_time(call, 60):
        for _ in range(3):
            credit_wallet(
                customer=call.customer, amount_minor=399, source=CreditSource.PROMO, reason="again", actor=None,
                idempotency_key="the-same",
            )  # fmt: skip
    assert len(phone_system.asked_for("/extend")) == 1
    assert the_authorization(call).granted_seconds == 180


def test_a_credit_after_the_end_extends_nothing(phone_system: PhoneSystem) -> None:
    call = joined("8.97")
    tell(call, "ended", at=30)
    given_credit(call.customer, "20.00")
    assert phone_system.asked_for("/extend") == []
    assert held(call) == 0


def test_a_final_grant_is_charged_to_its_last_second_and_no_further() -> None:
    call = joined("8.97")  # the fee and exactly two minutes
    assert asks(call, 115) == (120, True)
    tell(call, "ended", at=120.9, why="credit_exhausted", ended_by="platform", joined_ms="120900")
    assert wallet(call.customer) == (0, 0)
    assert the_call(call).charged_seconds == 120


def test_free_minutes_lengthen_the_call_and_hold_only_the_fee() -> None:
    customer = given_customer(balance="0.99")
    given_free_minutes(customer, 5)
    call = when_called(customer, given_operator())
    assert wallet(customer) == (99, 99)
    assert_has(tell(call, "started", at=0).json, {"granted_seconds": 180, "final": False})
    assert asks(call, 120) == (300, True)
    tell(call, "ended", at=300, joined_ms="300000")
    assert wallet(customer) == (0, 0)


def test_a_daily_limit_bounds_the_grants() -> None:
    call = when_called(given_customer(balance="45.00", daily_limit_minor=1000), given_operator())
    assert_has(tell(call, "started", at=0).json, {"granted_seconds": 120, "final": True})
    assert asks(call, 100) == (120, True)


def test_what_bounds_the_grant_is_kept_while_it_is_final_and_only_then() -> None:
    call = when_called(given_customer(balance="45.00", daily_limit_minor=1000), given_operator())
    assert (the_authorization(call).is_final, the_authorization(call).bound_by) == (True, "daily_limit")
    tell(call, "started", at=0)
    given_limit(Customer.objects.get(pk=call.customer_id), None)
    assert asks(call, 90) == (240, False)
    assert the_authorization(call).bound_by == ""
    given_debit(call.customer, "28.05")
    assert asks(call, 150) == (240, True)
    assert the_authorization(call).bound_by == "balance"
    given_limit(Customer.objects.get(pk=call.customer_id), 500)
    assert asks(call, 160) == (240, True), "the same grant for another reason"
    assert the_authorization(call).bound_by == "daily_limit", "the lower of the two"


def test_a_break_and_a_closed_account_end_the_grants_at_once_and_the_phone_system_hears_it(
    phone_system: PhoneSystem,
) -> None:
    for stop in (begin_break, close):
        call = joined("45.00")
        phone_system.says(call.call_id, state="joined", granted_seconds=180, final=False)
        sequence = the_call(call).sequence
        with its_time(call, 30):
            stop(call.customer)
        request = phone_system.asked_for("/extend")[-1]
        assert (request.path, request.body) == (
            f"/call/{call.call_id}/extend",
            {"granted_seconds": 180, "final": True},
        )
        assert the_call(call).sequence > sequence, "open pages take the new snapshot"
        assert customer_snapshot(the_call(call))["lasts_minutes"] == 3
        if stop is begin_break:  # a closed account takes none
            given_credit(call.customer, "20.00")
        assert asks(call, 100) == (180, True), "what was granted stays, money adds nothing"
        tell(call, "ended", at=180, why="credit_exhausted", ended_by="platform", joined_ms="180000")
        assert end_message(the_call(call)) == "Calls are turned off for your account."
        assert the_call(call).charged_seconds == 180
    assert len(phone_system.asked_for("/extend")) == 2


def test_a_break_that_ends_in_mid_call_lets_the_call_go_on() -> None:
    call = joined("45.00")
    Customer.objects.filter(pk=call.customer_id).update(paused_until=the_call(call).initiated_at)
    assert asks(call, 90) == (240, False)


@pytest.mark.parametrize("is_brand_off", [False, True])
def test_a_suspended_operator_and_a_brand_switched_off_get_no_further_grant(is_brand_off: bool) -> None:
    call = joined("45.00")
    if is_brand_off:
        Brand.objects.filter(pk=call.brand_id).update(is_active=False)
    else:
        suspend_operator(operator_id=call.operator_id, actor=StaffFactory(), reason="Complaints")
    assert asks(call, 90) == (180, True)
    assert the_authorization(call).bound_by == "unavailable"
    tell(call, "ended", at=180, why="credit_exhausted", ended_by="platform", joined_ms="180000")
    assert end_message(the_call(call)) == f"{call.operator.stage_name} is no longer available."
    assert wallet(call.customer) == (4500 - 1296, 0)


@pytest.mark.parametrize("is_brand_off", [False, True])
def test_a_suspension_or_a_brand_switched_off_reaches_the_running_call_at_once_and_both_pages(
    phone_system: PhoneSystem, is_brand_off: bool
) -> None:
    call = joined("45.00")
    phone_system.says(call.call_id, state="joined", granted_seconds=180, final=False)
    with its_time(call, 30):
        if is_brand_off:
            switch(call.brand, is_active=False)
        else:
            suspend_operator(operator_id=call.operator_id, actor=StaffFactory(), reason="Complaints")
        run_jobs()
    assert phone_system.asked_for("/extend")[-1].body == {"granted_seconds": 180, "final": True}
    row = the_call(call)
    assert row.sequence > call.sequence
    mine, theirs = customer_snapshot(row), operator_snapshot(row)
    cost, earnings = Timer.of(mine, mine["cost_steps"]), Timer.of(theirs, theirs["earned_steps"])
    assert cost is not None
    assert earnings is not None
    assert cost.no_more == f"{call.operator.stage_name} is no longer available after that."
    assert not cost.is_balance
    assert earnings.no_more_for_caller == "No more time will be added to this call."
    if is_brand_off:
        with its_time(call, 40):
            switch(call.brand, is_active=True)
            run_jobs()
        assert asks(call, 90) == (240, False)


def run_jobs() -> None:
    """What the worker does with the jobs of brands."""
    jobs = ProcrastinateJob.objects.filter(task_name=EXTEND_CALLS_OF_BRAND).order_by("-id")[:1]
    for job in jobs:
        extend_calls_of_brand(**job.args)


def switch(brand: Brand, *, is_active: bool) -> None:
    """Staff switch the brand in the admin."""
    admin, form = site._registry[Brand], SimpleNamespace(changed_data=["is_active"])
    brand.is_active = is_active
    admin.save_model(RequestFactory().post("/"), brand, form, change=True)


@pytest.mark.parametrize(
    ("bound_by", "words"),
    [
        ("balance", ""),
        ("daily_limit", "That’s your daily spending limit."),
        ("longest_call", "That’s the longest time for one call."),
        ("account", "Calls are turned off for your account."),
    ],
)
def test_the_balance_is_named_only_where_it_is_what_ends_the_call(bound_by: str, words: str) -> None:
    call = joined("4.98")
    authorization = the_authorization(call)
    authorization.bound_by = bound_by
    authorization.save(update_fields=["bound_by"])
    with its_time(call, 30):
        mine, theirs = customer_snapshot(the_call(call)), operator_snapshot(the_call(call))
    cost, earnings = Timer.of(mine, mine["cost_steps"]), Timer.of(theirs, theirs["earned_steps"])
    assert cost is not None
    assert earnings is not None
    assert (cost.is_balance, cost.no_more) == (bound_by == "balance", words)
    html = render_to_string("components/time_left.html", {"timer": cost, "names_balance": True})
    assert ("on your balance" in html, words in html) == (bound_by == "balance", True)
    assert ("balance" in earnings.caller_warnings[0][1]) == (bound_by == "balance")


def test_the_longest_call_is_bounded_whatever_the_balance(settings: object) -> None:
    settings.BILLING = {**settings.BILLING, "MAX_CALL_SECONDS": 300}  # type: ignore[attr-defined]
    call = joined("45.00")
    assert asks(call, 180) == (300, True)


def test_an_hour_of_difference_on_our_clock_changes_no_grant_and_no_charge() -> None:
    call = joined("45.00")
    with its_time(call, 3700):
        answer = tell(call, "progress", at=90, elapsed_ms="90000")
    assert answer["granted_seconds"] == 240
    tell(call, "ended", at=127, joined_ms="127000")
    assert wallet(call.customer) == (4500 - 1296, 0)


def test_a_credit_while_our_clock_is_an_hour_ahead_grants_no_more_than_the_talk_needs(
    phone_system: PhoneSystem,
) -> None:
    call = joined("8.97")
    phone_system.says(call.call_id, state="joined")
    Call.objects.update(joined_at=the_call(call).initiated_at - timedelta(hours=1))
    with its_time(call, 30):
        given_credit(call.customer, "40.00")
    assert the_authorization(call).granted_seconds <= 300


def test_a_hold_is_on_both_pages_until_it_is_over_and_an_older_adapter_says_nothing_of_it() -> None:
    call = joined("45.00")
    sequence = the_call(call).sequence
    tell(call, "progress", at=20, elapsed_ms="20000", held_by="operator")
    held_call = Call.objects.with_people().get(pk=call.pk)
    assert held_call.sequence == sequence + 1, "open pages take the new snapshot"
    assert customer_hold_words(customer_snapshot(held_call)) == (
        f"{call.operator.stage_name} put you on hold. After 15 seconds we end the call, and you don’t pay for the hold."
    )
    assert operator_hold_words(operator_snapshot(held_call)) == (
        "You put the call on hold. Come back within 15 seconds, or it ends and the hold isn’t paid."
    )
    tell(call, "progress", at=22, elapsed_ms="22000")
    assert the_call(call).held_by == "operator"
    tell(call, "progress", at=25, elapsed_ms="25000", held_by="")
    assert the_call(call).sequence == sequence + 2
    assert customer_hold_words(customer_snapshot(Call.objects.with_people().get(pk=call.pk))) == ""


def test_a_customers_own_hold_is_told_to_both_and_is_gone_with_the_call(settings: object) -> None:
    settings.HOLD_SECONDS = {"OPERATOR": 15, "CUSTOMER": 40}  # type: ignore[attr-defined]
    call = joined("45.00")
    tell(call, "progress", at=20, elapsed_ms="20000", held_by="customer")
    held_call = Call.objects.with_people().get(pk=call.pk)
    assert "ends" in customer_hold_words(customer_snapshot(held_call))
    assert "after 40 seconds" in operator_hold_words(operator_snapshot(held_call))
    tell(call, "ended", at=60, why="hold_limit", ended_by="customer", joined_ms="60000")
    assert customer_snapshot(Call.objects.with_people().get(pk=call.pk))["held_by"] == ""


def test_the_page_of_either_says_that_the_call_is_on_hold() -> None:
    call = joined("45.00")
    tell(call, "progress", at=20, elapsed_ms="20000", held_by="operator")
    snapshot = customer_snapshot(Call.objects.with_people().get(pk=call.pk))
    panel = panel_of_call(Call.objects.with_people().get(pk=call.pk), snapshot)
    assert "put you on hold" in render_to_string(
        "components/call_live.html", {"panel": panel, "csrf_token": ""}
    )
    console = ConsoleCall(operator_snapshot(Call.objects.with_people().get(pk=call.pk)))
    assert console.title == "On hold"
    context = {"console": console, "sequence": 1, "csrf_token": ""}
    with override_settings(ROOT_URLCONF="aeims.urls.portal"):
        assert "Come back within" in render_to_string("portal/console/talk.html", context)
