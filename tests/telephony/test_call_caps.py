"""An amount or an end time for one call: never passed, final once reached, tighter only while they talk, said to both."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.call_caps import CallCap
from billing.models import Authorization
from core import clock
from core.errors import Conflict, Invalid
from customers.models import Customer
from operators.models import Operator
from telephony.adapter.grants import DueKind, Grants
from telephony.errors import UnknownCall
from telephony.models import Call
from telephony.originate_request import originate_plan
from telephony.push_reads import call_for_push
from telephony.services.cap_call import cap_call
from telephony.services.initiate import create_call
from telephony.snapshots import customer_snapshot, operator_snapshot
from tests.billing.taxed import given_tax
from tests.factories import BrandFactory
from tests.scenario import (
    api,
    customer_client,
    epoch,
    given_credit,
    given_customer,
    given_operator,
    its_time,
    tell,
    the_authorization,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)


def called(customer: Customer, operator: Operator, chosen: CallCap) -> Call:
    return create_call(customer=customer, operator_id=operator.pk, brand=BrandFactory(), chosen=chosen)[0]


def in_minutes(count: float) -> datetime:
    return clock.now() + timedelta(minutes=count)


# -- 200 random caps


@dataclass
class Talk:
    """One call, driven by the adapter's own rules on a clock of ours until it ends; all of Django is real."""

    call: Call
    joins_at: float  # seconds after the click

    def run(self) -> tuple[float, list[float]]:
        """Returns how long they talked and when the customer was warned, in seconds from joining."""
        warned: list[float] = []
        tell(self.call, "started", at=self.joins_at, joined_at=epoch(self.call, self.joins_at))
        plan = originate_plan(self.call)
        grants = Grants(plan.granted_seconds, plan.final, plan.ask_ahead_seconds, plan.warn_at_seconds)
        joined = self.call.initiated_at.timestamp() + self.joins_at
        if plan.ends_at is not None:
            grants.end_by(plan.ends_at - joined, 0)
        elapsed = 0.0
        while (due := grants.next()).what is not DueKind.END:
            elapsed = max(elapsed, due.at)
            grants.done(due, elapsed)
            if due.what is DueKind.WARN:
                warned.append(grants.end - elapsed)
                continue
            with its_time(self.call, self.joins_at + elapsed):
                answer = tell(
                    self.call, "progress", at=self.joins_at + elapsed, elapsed_ms=str(round(elapsed * 1000))
                )
            grants.take(answer["granted_seconds"], answer["final"], elapsed)
        talked = due.at
        tell(
            self.call, "ended", at=self.joins_at + talked, why="credit_exhausted", ended_by="platform",
            joined_ms=str(round(talked * 1000)), joined_at=epoch(self.call, self.joins_at),
            left_at=epoch(self.call, self.joins_at + talked),
        )  # fmt: skip
        return talked, warned


def random_cap(chance: random.Random, settings: Any) -> tuple[Call, float]:
    first, following = chance.choice([(60, 60), (30, 6), (60, 30), (180, 60)])
    settings.BILLING = settings.BILLING | {
        "FIRST_INCREMENT_SECONDS": first, "NEXT_INCREMENT_SECONDS": following,
        "GRACE_SECONDS": chance.choice([0, 0, 5]),
    }  # fmt: skip
    customer = given_customer(balance="900.00", free_minutes=chance.choice([0, 0, 2, 7]))
    operator = given_operator(rate=chance.randint(99, 999), fee=chance.choice([0, 99, 250]))
    amount = chance.randint(35_00, 80_00) if chance.random() < 0.6 else None
    ends_at = clock.now() + timedelta(seconds=chance.uniform(301, 1500))
    chosen = CallCap(amount, ends_at if amount is None or chance.random() < 0.3 else None)
    return called(customer, operator, chosen), chance.uniform(3, 90)


@pytest.mark.parametrize(
    ("seed", "turns"),
    [(0, 8), (1, 8), *(pytest.param(seed, 40, marks=pytest.mark.long) for seed in range(2, 7))],
)
def test_random_caps_are_never_passed_and_end_within_a_second(seed: int, turns: int, settings: Any) -> None:
    chance = random.Random(seed)
    if seed % 2:
        given_tax()
    for turn in range(turns):
        call, joins_at = random_cap(chance, settings)
        talked, warned = Talk(call, joins_at).run()
        terms = the_authorization(call)
        paid = 900_00 - wallet(call.customer)[0]
        story = f"seed {seed}, turn {turn}: {terms.cap_minor}, {terms.ends_at}, {talked:.3f} s, {paid} paid"
        assert paid == terms.charged_minor, story
        if terms.cap_minor is not None:
            assert paid <= terms.cap_minor, story
        if terms.ends_at is not None:
            late = call.initiated_at.timestamp() + joins_at + talked - terms.ends_at.timestamp()
            assert late <= 1, story
        if terms.bound_by == "call_amount":
            longer = terms.granted_seconds + terms.next_increment_seconds
            cost = Authorization(
                **{f.attname: getattr(terms, f.attname) for f in Authorization._meta.concrete_fields}
            )
            cost.granted_seconds = longer
            assert cost.cost_minor(longer) > terms.cap_minor, f"{story}: one more increment was within it"
        elif terms.bound_by == "call_end":
            assert late >= -1, f"{story}: as long as was chosen"
        assert [round(left) for left in warned] == [60, 15] or talked < 60, story


# -- before the call


def test_an_amount_shortens_the_call_and_adding_funds_lengthens_nothing() -> None:
    customer, operator = given_customer(balance="30.00"), given_operator(rate="2.00", fee="1.00")
    call = called(customer, operator, CallCap(amount_minor=8_00))
    tell(call, "started", at=0)
    answer = tell(call, "progress", at=90, elapsed_ms="90000")
    assert (answer["granted_seconds"], answer["final"]) == (180, True)
    assert (the_authorization(call).bound_by, wallet(customer)[1]) == ("call_amount", 7_00)
    given_credit(customer, "100.00")
    answer = tell(call, "progress", at=120, elapsed_ms="120000")
    assert (answer["granted_seconds"], answer["final"]) == (180, True)
    tell(call, "ended", at=180, why="credit_exhausted", ended_by="platform", joined_ms="180000")
    assert customer_snapshot(the_call(call))["message"] == "You reached the amount you chose for this call."


def test_the_database_refuses_a_hold_beyond_the_amount() -> None:
    call = called(given_customer(), given_operator(), CallCap(amount_minor=20_00))
    with pytest.raises(IntegrityError, match="authorization_within_cap"), transaction.atomic():
        Authorization.objects.filter(pk=call.terms.pk).update(cap_minor=1_00)


def test_an_end_time_goes_with_the_plan_and_each_answer_and_is_named_at_the_end() -> None:
    ends_at = in_minutes(6)
    call = called(given_customer(balance="100.00"), given_operator(rate="2.00"), CallCap(ends_at=ends_at))
    assert originate_plan(call).ends_at == ends_at.timestamp()
    assert tell(call, "started", at=20, joined_at=epoch(call, 20))["ends_at"] == ends_at.timestamp()
    with its_time(call, 200):
        answer = tell(call, "progress", at=200, elapsed_ms="180000")
    assert (answer["granted_seconds"], answer["final"]) == (pytest.approx(340, abs=1), True)
    assert the_authorization(call).bound_by == "call_end"
    tell(call, "ended", at=360, why="credit_exhausted", ended_by="platform", joined_ms="340000")
    assert customer_snapshot(the_call(call))["message"] == "You reached the end time you chose for this call."


def test_nothing_chosen_is_nothing_sent() -> None:
    call = when_called(given_customer(), given_operator())
    assert originate_plan(call).ends_at is None
    assert "ends_at" not in tell(call, "started", at=0).json


@pytest.mark.parametrize(
    ("chosen", "code"),
    [(CallCap(amount_minor=4_97), "cap_too_low"), (CallCap(amount_minor=0), "cap_too_low")],
)
def test_an_amount_below_the_first_increment_starts_no_call(chosen: CallCap, code: str) -> None:
    with pytest.raises(Invalid, match=re.escape("cost $4.98")) as refusal:
        called(given_customer(), given_operator(), chosen)
    assert refusal.value.error_code == code


def test_an_end_time_leaves_the_phones_time_to_ring() -> None:
    with pytest.raises(Invalid, match="at least 5 minutes from now"):
        called(given_customer(), given_operator(), CallCap(ends_at=in_minutes(4)))


def test_the_page_and_the_api_start_a_call_with_a_cap(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="100.00"), given_operator(slug="sarah")
    form = {"key": "one", "amount": "$20", "until": ""}
    assert customer_client(customer).post("/operators/sarah/call/", form).status_code == 302
    call = Call.objects.get()
    assert call.terms.cap_minor == 20_00
    when_talked(call, 30_000)
    Operator.objects.filter(pk=operator.pk).update(wrap_up_until=None)
    ends_at = in_minutes(30)
    body = {"operator_id": operator.pk, "max_amount": "25.50", "ends_at": ends_at.isoformat()}
    assert api(customer).post("/api/calls/initiate/", body, format="json").status_code == 200
    newest = Call.objects.latest("id")
    assert (newest.terms.cap_minor, newest.terms.ends_at) == (25_50, ends_at)


def test_a_time_on_the_page_is_the_next_one_of_the_customers_clock() -> None:
    from storefront.call_cap_views import chosen_cap

    customer = given_customer()
    late = datetime(2026, 6, 10, 3, 30, tzinfo=UTC)  # 11:30 PM in New York
    assert chosen_cap({"until": "23:45"}, customer, late).ends_at == late + timedelta(minutes=15)
    assert chosen_cap({"until": "00:15"}, customer, late).ends_at == late + timedelta(minutes=45)
    assert chosen_cap({}, customer, late) == CallCap()
    for data in ({"until": "25:00"}, {"amount": "-5"}, {"amount": "a lot"}, {"amount": "0"}):
        with pytest.raises(Invalid):
            chosen_cap(data, customer, late)


# -- while they talk


@pytest.fixture
def running(phone_system: PhoneSystem) -> Call:
    """A call that holds 7.00: three minutes at 2.00 and a fee of 1.00."""
    call = when_called(
        given_customer(balance="100.00"), given_operator(rate="2.00", fee="1.00", slug="sarah")
    )
    phone_system.says(call.call_id, state="joined", granted_seconds=180, final=False)
    tell(call, "started", at=0)
    return call


def test_while_they_talk_a_cap_gets_tighter_only(running: Call) -> None:
    customer = running.customer
    cap_call(customer=customer, call_id=running.call_id, wanted=CallCap(20_00, in_minutes(30)))
    for wanted in (CallCap(20_01), CallCap(ends_at=in_minutes(31))):
        with pytest.raises(Invalid, match="during a call"):
            cap_call(customer=customer, call_id=running.call_id, wanted=wanted)
    cap_call(customer=customer, call_id=running.call_id, wanted=CallCap(10_00))
    terms = the_authorization(running)
    assert (terms.cap_minor, terms.ends_at is not None) == (10_00, True), "what is not named stays"
    for wanted in (CallCap(6_99), CallCap(), CallCap(ends_at=in_minutes(0.5))):
        with pytest.raises(Invalid):
            cap_call(customer=customer, call_id=running.call_id, wanted=wanted)
    cap_call(customer=customer, call_id=running.call_id, wanted=CallCap(7_00))
    terms = the_authorization(running)
    assert (terms.is_final, terms.bound_by) == (True, "call_amount")


def test_an_end_time_chosen_in_the_call_is_told_to_the_adapter_at_once(
    running: Call, phone_system: PhoneSystem
) -> None:
    ends_at = in_minutes(2)
    cap_call(customer=running.customer, call_id=running.call_id, wanted=CallCap(ends_at=ends_at))
    assert phone_system.asked_for("/extend")[-1].body["ends_at"] == ends_at.timestamp()


def test_somebody_elses_call_and_one_that_is_over_take_no_cap(running: Call) -> None:
    with pytest.raises(UnknownCall):
        cap_call(customer=given_customer(), call_id=running.call_id, wanted=CallCap(20_00))
    when_talked(running, 30_000)
    with pytest.raises(Conflict):
        cap_call(customer=running.customer, call_id=running.call_id, wanted=CallCap(20_00))


def test_both_sides_are_told_where_the_call_ends_and_the_operator_no_more(running: Call) -> None:
    client = customer_client(running.customer)
    path = f"/calls/{running.call_id}/end/"
    assert path in client.get("/operators/sarah/").content.decode()
    assert "at least that" in client.post(path, {"amount": "5"}).content.decode()
    assert client.post(path, {"amount": "20"}).status_code == 302
    assert "This call ends at $20.00." in client.get("/operators/sarah/").content.decode()
    call = call_for_push(running.call_id)
    assert customer_snapshot(call)["cap"] == operator_snapshot(call)["cap"] == "This call ends at $20.00."
    ends_at = datetime(2030, 1, 2, 2, 45, tzinfo=UTC)
    Authorization.objects.update(ends_at=ends_at)
    user = running.operator.user
    user.time_zone = "America/Los_Angeles"
    user.save()
    call = call_for_push(running.call_id)
    assert customer_snapshot(call)["cap"] == "This call ends at $20.00 or 9:45 PM."
    assert operator_snapshot(call)["cap"] == "This call ends at $20.00 or 6:45 PM."


def test_the_timer_ends_where_the_end_time_does() -> None:
    call = called(given_customer(balance="100.00"), given_operator(), CallCap(ends_at=in_minutes(5.5)))
    tell(call, "started", at=200, joined_at=epoch(call, 200))
    with its_time(call, 210):
        snapshot = customer_snapshot(the_call(call))
    assert (snapshot["granted_seconds"], snapshot["is_final"]) == (pytest.approx(130, abs=1), True)
    assert (snapshot["bound_by"], snapshot["lasts_minutes"]) == ("call_end", 2)
