"""What is refused leaves a line that says what, and whose request it was."""

import logging
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.core.cache import cache
from django.test import Client

from aeims.sockets import socket_application
from core.log_lines import AddContext
from core.models import AuditRecord
from customers.api_tokens import issue_token
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(AddContext())
    caplog.set_level(logging.INFO)
    return caplog


def of(lines: pytest.LogCaptureFixture, logger: str = "security") -> list[tuple[str, dict[str, str]]]:
    return [
        (record.getMessage(), record.__dict__["about"]) for record in lines.records if record.name == logger
    ]


def test_a_page_of_others_names_who_asked(lines: pytest.LogCaptureFixture) -> None:
    customer, operator = given_customer(), given_operator()
    del operator
    answers = [
        customer_client(customer).get("/calls/no-such-call/").status_code,
        customer_client(customer).get("/api/calls/status/?call_id=call_1_x").status_code,
    ]
    assert answers == [404, 404]
    noted = of(lines, "django.request")
    assert [about["user"] for _, about in noted] == [str(customer.user.pk)] * 2
    assert all(text.startswith("Not Found: /") for text, _ in noted)


def test_tokens_are_noted_whether_they_are_good_or_not(lines: pytest.LogCaptureFixture) -> None:
    customer = given_customer()
    token = issue_token(customer.user)
    client = Client(headers={"Host": BRAND_HOST})
    assert client.get("/api/calls/", headers={"Authorization": f"Token {token}"}).status_code == 200
    assert client.get("/api/calls/", headers={"Authorization": "Token of-nobody"}).status_code == 401
    assert [text for text, _ in of(lines)] == [f"token.accepted user={customer.user.pk}", "token.refused"]
    assert token not in lines.text


def test_too_many_failed_logins_are_noted(lines: pytest.LogCaptureFixture) -> None:
    BrandFactory()
    cache.clear()
    client = Client(headers={"Host": BRAND_HOST})
    for n in range(12):
        form = {"login": "somebody@example.test", "password": f"not the password {n}"}
        client.post("/accounts/login/", form)
    cache.clear()
    texts = {text for text, _ in of(lines)}
    noted = [
        text for text, _ in of(lines, "django.request") if text.startswith("Too Many Requests: /accounts/")
    ]
    assert "login.locked site=brand" in texts or noted
    assert "somebody@" not in lines.text


@pytest.mark.django_db(transaction=True)
async def test_a_refused_socket_is_noted(lines: pytest.LogCaptureFixture) -> None:
    host = [(b"host", b"localhost")]
    socket = WebsocketCommunicator(socket_application(), "/ws/me/", headers=host)
    connected, _ = await socket.connect()
    assert not connected
    ((text, about),) = of(lines)
    assert text == "socket.no_site"
    assert about["site"] == "internal"


def test_each_step_of_a_login_is_on_record_with_its_way() -> None:
    staff: Any = StaffFactory(password=PASSWORD)
    client = Client(headers={"Host": "admin.localhost"})
    client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": "not it at all"})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    steps = AuditRecord.objects.filter(action="login.step", actor=staff).order_by("id")
    assert [(step.details["method"], step.details["again"]) for step in steps] == [
        ("password", False),
        ("password", True),
    ]
    assert AuditRecord.objects.filter(action="login.failed").count() == 1
