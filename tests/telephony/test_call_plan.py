"""When the adapter asks for more and when it warns: one setting each, carried by the call plan, followed by the pages."""

import json
from typing import Any

import pytest

from telephony.adapter.call_store import CallStore, plan_record
from telephony.call_plan import parse_originate
from telephony.models import Call
from telephony.services.initiate import initiate
from telephony.snapshots import customer_snapshot, operator_snapshot
from tests.scenario import given_customer, given_operator, the_call
from tests.support.phone_system import PhoneSystem


@pytest.fixture
def plan(phone_system: PhoneSystem, settings: Any) -> dict[str, Any]:
    """The originate request of a call while more is asked for at 45 s and warnings come at 90 and 20 s."""
    settings.BILLING = settings.BILLING | {"ASK_AHEAD_SECONDS": 45, "WARN_AT_SECONDS": [90, 20]}
    initiate(customer=given_customer(), operator_id=given_operator().pk)
    (request,) = phone_system.asked_for("/call/originate")
    return request.body


@pytest.mark.django_db(transaction=True)
def test_the_plan_and_both_pages_follow_the_settings(plan: dict[str, Any]) -> None:
    assert (plan["ask_ahead_seconds"], plan["warn_at_seconds"]) == (45, [90, 20])
    prompts = {name for name in plan["customer"]["prompts"] if name.startswith("warning")}
    assert prompts == {"warning_90", "warning_20"}
    call = the_call(Call.objects.get())
    assert [snapshot(call)["warn_at_seconds"] for snapshot in (customer_snapshot, operator_snapshot)] == [
        [90, 20]
    ] * 2


@pytest.mark.django_db(transaction=True)
def test_a_plan_of_an_older_web_gets_what_was_usual(plan: dict[str, Any]) -> None:
    del plan["ask_ahead_seconds"], plan["warn_at_seconds"]
    parsed = parse_originate(json.dumps(plan).encode())
    assert (parsed.ask_ahead_seconds, parsed.warn_at_seconds) == (90, (60, 15))


@pytest.mark.django_db(transaction=True)
def test_a_journal_keeps_the_plan_and_one_of_an_older_adapter_gets_what_was_usual(
    plan: dict[str, Any],
) -> None:
    record = plan_record(parse_originate(json.dumps(plan).encode()), 1_750_000_000.0)
    store = CallStore()
    store.apply(record)
    assert (store.calls[plan["call_id"]].ask_ahead, store.calls[plan["call_id"]].warn_at) == (45, [90, 20])
    del record["ask_ahead"]
    store.apply(record)
    assert store.calls[plan["call_id"]].ask_ahead == 90
