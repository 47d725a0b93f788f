"""A call that our own Asterisk cuts off at 0:20, from the adapter with its simulated phones to the receipt."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from billing.auditing import run, scope_since
from core import clock
from telephony.wire import CallEvent
from tests.adapter import rig as adapter_rig
from tests.adapter.rig import Rig
from tests.adapter.virtual_time import VirtualTimeLoop
from tests.scenario import (
    customer_client,
    earned,
    given_customer,
    given_operator,
    send,
    the_call,
    wallet,
    when_called,
)

pytestmark = pytest.mark.django_db
BEGUN = 1000.0  # what the loop's clock says at first


async def cut_off_after(seconds: float, directory: Path, **plan: object) -> list[CallEvent]:
    """What the adapter reports of this call: both phones talk for so long, then Asterisk dies, and is back at once."""
    async with Rig(directory) as rig:
        await rig.start()
        call_id = await rig.joined(**plan)
        await asyncio.sleep(seconds)
        rig.switch.crash()
        await asyncio.sleep(0.5)
        rig.switch.boot()
        await rig.django.ending(call_id)
        return rig.django.of(call_id)


@pytest.mark.parametrize(("seconds", "charged"), [(20, 0), (40, 498)])
def test_cut_by_us_it_is_refunded_before_the_receipt_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any, seconds: float, charged: int
) -> None:
    settings.FAULT_REFUND_SECONDS = 30
    customer, operator = given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99")
    monkeypatch.setattr(adapter_rig, "EPOCH", clock.now().timestamp() - BEGUN)
    call = when_called(customer, operator)
    plan = {"call_id": call.call_id, "account_id": str(customer.pk), "operator_id": operator.pk}
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        events = runner.run(cut_off_after(seconds, tmp_path, **plan))
    for event in events:
        assert send(event, now=datetime.fromtimestamp(event.ts, UTC)).status == 200
    assert the_call(call).end_reason == "switch_lost"
    assert wallet(customer) == (4500 - charged, 0)
    assert earned(operator) == 398
    page = customer_client(customer).get(f"/calls/{call.call_id}/").content.decode()
    assert ("Refunded" in page) is not charged
    assert list(run(scope_since(None))) == []
