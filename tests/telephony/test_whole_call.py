"""From the click to the receipt through every process: Django's API, the adapter with simulated phones, the webhook.

And the small phone system of the other tests (`tests.support.phone_system`) held to what the adapter answers.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from pytest_django.live_server_helper import LiveServer

from customers.models import Customer
from operators.models import Operator
from storefront.specimens import specimens_of
from telephony import call_plan
from telephony.models import Call, CallEvent
from telephony.services.sweep import sweep
from tests.factories import CustomerPhoneFactory
from tests.scenario import (
    api,
    assert_everything_released,
    assert_has,
    earned,
    given_customer,
    given_operator,
    ledger_of,
    the_call,
    wallet,
)
from tests.support.environment import ENVIRONMENT
from tests.support.phone_system import PhoneSystem
from tools.environment import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PRESSES_1, BUSY, NEVER_ANSWERS = 1, 6, 8


class Adapter:
    """The adapter as a process of its own, with an Asterisk in its memory."""

    def __init__(self, webhook: str, journal: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.listen = f"127.0.0.1:{free.getsockname()[1]}"
        self.heard = journal.with_name("heard.jsonl")
        self.environment = {
            **os.environ,
            **ENVIRONMENT,
            "ADAPTER_LISTEN": self.listen,
            "ADAPTER_JOURNAL": str(journal),
            "AEIMS_WEBHOOK_URL": webhook,
            "SIMULATED_PHONES_HEARD": str(self.heard),
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.listen}"

    def start(self) -> None:
        command = [sys.executable, "manage.py", "run_asterisk_adapter", "--simulate"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        until(lambda: ask(self.url, "GET", "/health").status_code == 200, "the adapter is ready")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(timeout=20)


def ask(url: str, method: str, path: str, body: Any = None, key: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {key or settings.AEIMS_API_KEY}"}
    return requests.request(method, url + path, json=body, headers=headers, timeout=5)


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> None:
    """Wait for what another process is about to do."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except requests.ConnectionError:
            pass
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def running(live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adapter]:
    found = Adapter(
        f"{live_server.url}/api/telephony/events/", tmp_path_factory.mktemp("running") / "journal"
    )
    found.start()
    yield found
    found.stop()


@pytest.fixture
def adapter(running: Adapter, settings: Any) -> Adapter:
    settings.ASTERISK_ADAPTER_URL = running.url
    return running


@pytest.fixture(scope="module")
def unheard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adapter]:
    found = Adapter("http://127.0.0.1:9/", tmp_path_factory.mktemp("unheard") / "journal")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def deaf(unheard: Adapter, settings: Any) -> Adapter:
    """An adapter whose Django never answers."""
    settings.ASTERISK_ADAPTER_URL = unheard.url
    return unheard


def people(operators_phone: int = PRESSES_1) -> tuple[Customer, Operator]:
    """The customer rings two seconds and presses 1, the operator one: accounts with one number are one person's."""
    customer = given_customer(balance="45.00", phone=False)
    CustomerPhoneFactory(customer=customer, number="+19991020000")
    return customer, given_operator(phone=f"+1999{operators_phone}010000")


def click(customer: Customer, operator: Operator) -> Call:
    response = api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk})
    assert response.status_code == 200, response.content
    return Call.objects.get(call_id=response.json()["call_id"])


def status_of(call: Call) -> dict[str, Any]:
    return dict(api(call.customer).get("/api/calls/status/", {"call_id": call.call_id}).json())


def is_(call: Call, status: str) -> Callable[[], bool]:
    return lambda: status_of(call)["status"] == status


def test_a_call_from_the_click_to_the_receipt(adapter: Adapter) -> None:
    customer, operator = people()
    call = click(customer, operator)
    assert the_call(call).node
    until(is_(call, "ringing"), "the customer's phone rings")
    until(is_(call, "answered"), "both are joined")
    until(lambda: status_of(call)["duration_seconds"] >= 2, "they talked for two seconds")
    assert_has(status_of(call), {"estimated_charges": 4.98, "charged": None})
    api(customer).post("/api/calls/hangup/", {"call_id": call.call_id})
    until(is_(call, "ended"), "the call is over")

    now = the_call(call)
    assert (now.end_reason, now.ended_by, now.needs_review) == ("hangup", "customer", False)
    assert now.joined_ms is not None
    assert now.charged_seconds == now.joined_ms // 1000
    assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (399, 319, 80)}
    assert wallet(customer) == (4500 - 498, 0)
    assert earned(operator) == 398
    states = list(CallEvent.objects.order_by("id").values_list("state", flat=True))
    assert states == ["ringing", "answered", "ringing", "answered", "started", "ended"]
    told = ask(adapter.url, "GET", f"/call/{call.call_id}").json()
    assert_has(told, {"state": "over"})
    shown = {
        line["number"]: line["caller_id"] for line in map(json.loads, adapter.heard.read_text().splitlines())
    }
    assert shown["+19991020000"] == specimens_of(call.brand).caller_id, "as the discretion page shows it"
    assert told["ending"]["metadata"]["joined_ms"] == str(now.joined_ms)
    assert_everything_released(call)


@pytest.mark.parametrize(
    ("phone", "status", "reason"), [
        (BUSY, "busy", "operator_busy"),
        pytest.param(NEVER_ANSWERS, "no_answer", "operator_no_answer", marks=pytest.mark.long),
    ],
)  # fmt: skip
def test_a_call_that_is_not_joined_costs_nothing(
    adapter: Adapter, phone: int, status: str, reason: str
) -> None:
    customer, operator = people(phone)
    call = click(customer, operator)
    until(is_(call, status), f"the call is {status}")
    assert_has(status_of(call), {"end_reason": reason, "charged": 0.0})
    assert wallet(customer) == (4500, 0)
    assert_everything_released(call)


def test_a_customer_who_cancels_while_the_phone_rings_pays_nothing(adapter: Adapter) -> None:
    customer, operator = people(NEVER_ANSWERS)
    call = click(customer, operator)
    until(is_(call, "ringing"), "a phone rings")
    api(customer).post("/api/calls/hangup/", {"call_id": call.call_id})
    until(is_(call, "ended"), "the call is over")
    assert_has(status_of(call), {"end_reason": "customer_cancelled", "ended_by": "customer", "charged": 0.0})
    assert_everything_released(call)


def test_an_adapter_that_dies_in_mid_call_reports_its_end_when_it_is_back(adapter: Adapter) -> None:
    customer, operator = people()
    call = click(customer, operator)
    until(is_(call, "answered"), "both are joined")
    adapter.kill()  # and with it the simulated switch: nobody saw the end
    sweep()
    assert the_call(call).is_live
    adapter.start()
    until(is_(call, "ended"), "the adapter reported the end")
    assert_has(status_of(call), {"end_reason": "switch_lost", "charged": 4.98})
    assert wallet(customer) == (4500 - 498, 0)
    assert_everything_released(call)


def test_a_webhook_that_was_away_hears_the_end_from_the_adapter_by_asking(deaf: Adapter) -> None:
    customer, operator = people(BUSY)
    call = click(customer, operator)
    told = f"/call/{call.call_id}"
    until(lambda: ask(deaf.url, "GET", told).json()["state"] == "over", "the adapter knows that it is over")
    assert the_call(call).status == "initiated"
    Call.objects.update(heard_at=the_call(call).initiated_at.replace(year=2020))
    assert sweep().ended == 1
    assert (the_call(call).status, the_call(call).end_reason) == ("busy", "operator_busy")
    assert_everything_released(call)


# -- the stand-in is held to the contract


def plan(call_id: str, not_after: float) -> dict[str, Any]:
    legs = [
        call_plan.LegPlan(number=number, caller_id="+12125550110", ring_seconds=60, confirm=True)
        for number in ("+19991010000", "+19998010000")
    ]
    return call_plan.Originate(
        call_id, account_id="1", operator_id=1, customer=legs[0], operator=legs[1], granted_seconds=60, final=True,
        not_after=not_after,
    ).to_dict()  # fmt: skip


@pytest.fixture(params=["deaf", "phone_system"])
def either(request: pytest.FixtureRequest) -> str:
    """The address of the real adapter, then of the stand-in.

    The adapter's Django does not answer: one that did would not know the call, and the adapter would hang up.
    """
    known: Adapter | PhoneSystem = request.getfixturevalue(request.param)
    return known.url if isinstance(known, Adapter) else settings.ASTERISK_ADAPTER_URL


def test_the_stand_in_answers_as_the_adapter_does(either: str) -> None:
    call_id, late = f"call_{int(time.time())}_0123456789abcdef", time.time() + 10

    def said(method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        answer = ask(either, method, path, body, key)
        return answer.status_code, answer.json().get("error")

    assert said("GET", "/health", key="wrong") == (401, "unauthorized")
    assert said("GET", "/health") == (200, None)
    assert said("GET", f"/call/{call_id}") == (404, "unknown call_id")
    for verb, body in (("hangup", {}), ("extend", {"granted_seconds": 60, "final": True}), ("accept", {})):
        assert said("POST", f"/call/{call_id}/{verb}", body) == (404, "unknown call_id")
    assert said("POST", "/call/originate", {"call_id": call_id})[0] == 422
    assert said("POST", "/call/originate", plan(call_id, time.time() - 1)) == (409, "expired")
    assert said("POST", "/call/originate", plan(call_id, late)) == (202, None)
    assert said("POST", "/call/originate", plan(call_id, late)) == (202, None)
    known = ask(either, "GET", f"/call/{call_id}").json()
    assert {
        "ok",
        "call_id",
        "state",
        "joined_at",
        "elapsed_ms",
        "granted_seconds",
        "final",
        "node",
        "ending",
    } <= set(known)
    assert_has(known, {"ok": True, "joined_at": None, "granted_seconds": 60, "final": True, "ending": None})
    journal = ask(either, "GET", "/journal?seconds=600").json()
    assert_has(journal, {"ok": True, "more": False})
    assert journal["calls"][-1] == {
        "call_id": call_id, "sealed": "", "granted_seconds": 60, "is_over": False, "ending": None
    }  # fmt: skip
    assert said("POST", f"/call/{call_id}/accept", {}) == (409, "not_screening")
    extended = ask(either, "POST", f"/call/{call_id}/extend", {"granted_seconds": 120, "final": False})
    assert_has(extended.json(), {"ok": True, "granted_seconds": 120, "final": False})
    assert said("POST", f"/call/{call_id}/hangup", {"ended_by": "customer", "why": "hangup"}) == (202, None)
