"""Web is away while people talk: when it is back, the adapter's backlog comes in batches and every call is billed once."""

from typing import Any

import pytest
from rest_framework.exceptions import APIException

from telephony import webhooks
from telephony.models import Call, CallEvent
from tests.factories import CustomerPhoneFactory
from tests.scenario import (
    assert_books_are_whole,
    assert_everything_released,
    given_customer,
    given_operator,
    ledger_of,
    the_call,
    wallet,
)
from tests.telephony.test_whole_call import Adapter, adapter, ask, click, running, until  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.long]

CALLS = 5


class Away(APIException):
    """As where the database is gone."""

    status_code = 503


class Web:
    """The two ways in of events, which fail while `is_away`; `sizes` of the batches that were taken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_away = False
        self.sizes: list[int] = []
        for name in ("handle_event", "handle_batch"):
            monkeypatch.setattr(webhooks, name, self._watched(getattr(webhooks, name)))

    def _watched(self, handle: Any) -> Any:
        def handled(told: Any) -> Any:
            if self.is_away:
                raise Away
            if isinstance(told, list):
                self.sizes.append(len(told))
            return handle(told)

        return handled


def clicked(number: int) -> Call:
    """A call between two simulated phones that press 1 and hold the line."""
    customer = given_customer(balance="45.00", phone=False)
    CustomerPhoneFactory(customer=customer, number=f"+1999102{9000 + number}")
    return click(customer, given_operator(phone=f"+1999101{9000 + number}"))


def test_calls_that_ended_while_web_was_away_are_billed_from_batches(
    adapter: Adapter,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    web = Web(monkeypatch)
    web.is_away = True
    calls = [clicked(number) for number in range(CALLS)]
    for call in calls:
        told = f"/call/{call.call_id}"
        until(lambda told=told: ask(adapter.url, "GET", told).json()["state"] == "joined", "both are joined")  # type: ignore[misc]
    for call in calls:
        body = {"ended_by": "customer", "why": "hangup"}
        assert ask(adapter.url, "POST", f"/call/{call.call_id}/hangup", body).status_code == 202
    until(
        lambda: ask(adapter.url, "GET", "/health").json()["undelivered_events"] == 6 * CALLS,
        "all wait to be told",
    )
    assert not CallEvent.objects.exists()
    web.is_away = False
    until(lambda: not any(the_call(call).is_live for call in calls), "all ends are told")
    assert web.sizes != []
    assert CallEvent.objects.count() == 6 * CALLS
    for call in calls:
        states = list(CallEvent.objects.filter(call=call).order_by("id").values_list("state", flat=True))
        assert states == ["ringing", "answered", "ringing", "answered", "started", "ended"]
        assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (399, 319, 80)}
        assert wallet(call.customer) == (4500 - 498, 0)
        assert_everything_released(call)
    assert_books_are_whole()
