"""Nothing that others know by name has disappeared (`public_names.py`)."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import Resolver404, resolve
from procrastinate.contrib.django import app as jobs

from operators.models import Operator
from telephony import wire
from telephony.adapter.config import AdapterConfig
from telephony.adapter.main import AdapterProcess
from telephony.adapter.server import application
from telephony.adapter.simulator import SimulatedSwitch
from telephony.states import EventState
from tests.api import public_names
from tests.scenario import api, customer_client, given_customer, given_operator, tell, when_called
from tests.support.environment import documented_names
from tests.support.phone_system import PhoneSystem


def missing(expected: set[str], actual: dict[str, Any]) -> set[str]:
    return expected - set(actual)


@pytest.mark.django_db(transaction=True)
def test_the_api_answers_with_every_field(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=1), given_operator()
    client, about = api(customer), {"operator_id": operator.pk}
    answers = {
        "GET /api/operators/": client.get("/api/operators/").json(),
        "GET /api/operators/{id}/": client.get(f"/api/operators/{operator.pk}/").json(),
        "GET /api/balance/check/": client.get("/api/balance/check/", about).json(),
        "POST /api/messages/send/": client.post(
            "/api/messages/send/", about | {"message_text": "Hello"}
        ).json(),
        "GET /api/messages/conversation/": client.get("/api/messages/conversation/", about).json(),
        "POST /api/calls/initiate/": (initiated := client.post("/api/calls/initiate/", about).json()),
        "GET /api/calls/active/": client.get("/api/calls/active/").json(),
        "POST /api/calls/hangup/": client.post(
            "/api/calls/hangup/", {"call_id": initiated["call_id"]}
        ).json(),
        "GET /api/calls/status/": client.get("/api/calls/status/", {"call_id": initiated["call_id"]}).json(),
        "GET /api/calls/": client.get("/api/calls/").json(),
    }
    assert {name: missing(fields, answers[name]) for name, fields in public_names.ANSWERS.items()} == {
        name: set() for name in public_names.ANSWERS
    }
    assert not missing(public_names.OPERATOR, answers["GET /api/operators/"]["operators"][0])
    assert not missing(public_names.MESSAGE, answers["GET /api/messages/conversation/"]["messages"][0])
    assert not missing(public_names.CALL, answers["GET /api/calls/"]["calls"][0])
    duration = answers["GET /api/balance/check/"]["estimated_duration"]
    assert not missing(public_names.ESTIMATED_DURATION, duration)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_for_lack_of_funds_says_what_is_needed(phone_system: PhoneSystem) -> None:
    client = api(given_customer(balance=0))
    answer = client.post("/api/calls/initiate/", {"operator_id": given_operator().pk})
    assert answer.status_code == 402
    assert not missing(public_names.NOT_ENOUGH_FUNDS, answer.json())


@pytest.mark.django_db(transaction=True)
def test_events_and_their_answers_have_every_field() -> None:
    call = when_called(given_customer(), given_operator())
    assert set(EventState) >= public_names.EVENT_STATES
    assert not missing(public_names.GRANT_ANSWER, tell(call, "started", at=10).json)
    assert not missing(public_names.ENDED_ANSWER, tell(call, "ended", at=70).json)
    assert set(wire.CallEvent.__dataclass_fields__) >= public_names.EVENT
    assert wire.TIMESTAMP_HEADER == public_names.TIMESTAMP_HEADER
    assert wire.SIGNATURE_HEADER == public_names.SIGNATURE_HEADER
    assert wire.sign("key", "1", b"").startswith(f"{public_names.SIGNATURE_VERSION}=")


@pytest.mark.parametrize(
    ("site", "address"),
    [(site, address) for site, addresses in public_names.ADDRESSES.items() for address in sorted(addresses)]
    + [("storefront", address) for address in sorted(public_names.PREDECESSORS)],
)
def test_an_address_is_served(site: str, address: str) -> None:
    try:
        match = resolve(address, f"aeims.urls.{site}")
    except Resolver404:
        match = None
    assert match is not None
    assert "catch_all" not in match.func.__name__  # the admin's answer to what it does not know


def test_the_adapter_serves_every_address(tmp_path: Path) -> None:
    config = AdapterConfig(api_key="key", webhook_url="", listen_port=0, journal=tmp_path, node="test")
    served = application(AdapterProcess(config, SimulatedSwitch()).adapter)
    routes = {(route.method, route.resource.canonical) for route in served.router.routes()}
    assert public_names.ADAPTER - routes == set()


def test_every_setting_is_still_documented() -> None:
    assert public_names.SETTINGS - documented_names() == set()


def test_every_job_in_a_queue_is_still_known() -> None:
    assert public_names.JOBS - set(jobs.tasks) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("page", public_names.HOOKS)
def test_a_page_has_its_hooks(page: str) -> None:
    """Each state of a page shows its own parts: with funds, without, and during a call."""
    operator: Operator = given_operator(slug="sarah")
    ready, unfunded, talking = given_customer(free_minutes=5), given_customer(balance=0), given_customer()
    html = customer_client(ready).get(page).content.decode()
    assert f'data-operator-id="{operator.pk}"' in html
    html += customer_client(unfunded).get(page).content.decode()
    tell(when_called(talking, operator), "started", at=10)
    html += customer_client(talking).get(page).content.decode()
    classes = {name for names in re.findall(r'\bclass="([^"]*)"', html) for name in names.split()}
    assert public_names.HOOKS[page] - classes == set()
