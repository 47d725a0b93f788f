"""A log line is one record, says who asked, and holds nothing private; in JSON or as text."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject
from procrastinate.contrib.django import app

from core import log_lines
from core.log_lines import AddContext, JsonFormatter, TextFormatter, about_request
from core.log_redaction import RedactPersonal
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer

Shape = Callable[..., str]
FORGED = "x\n2026-01-01T00:00:00.000+00:00 INFO core forged\x1b[2J\u2028y"


def record_of(message: str, *, error: Exception | None = None, **extra: Any) -> logging.LogRecord:
    record = logging.LogRecord("core.worker", logging.ERROR, __file__, 1, message, None, None)
    if error is not None:
        try:
            raise error
        except type(error) as raised:
            record.exc_info = (type(raised), raised, raised.__traceback__)
    record.__dict__ |= extra
    return record


def written(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """As the handler of the settings writes it."""
    for step in (RedactPersonal(), AddContext()):
        assert step.filter(record)
    return formatter.format(record)


def test_json_is_one_line_with_all_that_is_known() -> None:
    with log_lines.context(lambda: {"request": "0123456789abcdef", "user": "7"}):
        line = written(
            JsonFormatter(), record_of(f"broken {FORGED}", error=ValueError("call +12125550123\nnow"))
        )
    assert line.isascii()
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    trace = entry.pop("trace")
    assert trace.startswith("Traceback")
    assert "5550123" not in trace
    assert "\n" not in entry.pop("message")
    assert entry == {
        "level": "ERROR", "logger": "core.worker", "process": log_lines.Process.name, "request": "0123456789abcdef", "user": "7",
    }  # fmt: skip


def test_no_line_of_text_looks_like_another_record() -> None:
    first, *others = written(
        TextFormatter(), record_of(f"broken {FORGED}", error=ValueError(FORGED))
    ).splitlines()
    assert first.endswith(f"y process={log_lines.Process.name}")
    assert others
    assert all(line.startswith("  | ") for line in others)


def test_outside_of_requests_a_line_names_its_process_alone() -> None:
    assert log_lines.current() == {}
    record = record_of("x")
    AddContext().filter(record)
    assert record.__dict__["about"] == {"process": log_lines.Process.name}


def test_whose_request_it_is_costs_no_query() -> None:
    request: Any = RequestFactory().get("/")
    request.request_id = "0123456789abcdef"

    def asked() -> None:
        raise AssertionError("a log line asked for the user")

    request.user = SimpleLazyObject(asked)
    assert about_request(request) == {"request": "0123456789abcdef"}


@pytest.mark.django_db
def test_each_line_of_a_request_names_it_and_who_asked(caplog: pytest.LogCaptureFixture) -> None:
    customer = given_customer()
    client = customer_client(customer)
    caplog.handler.addFilter(AddContext())
    answer = client.get("/no-such-page/")
    lines = [record.__dict__["about"] for record in caplog.records if record.name == "django.request"]
    assert [about["user"] for about in lines] == [str(customer.user.pk)]
    assert [about["request"] for about in lines] == [answer.headers["X-Request-Id"]]


@pytest.mark.django_db
def test_the_id_of_a_request_is_not_the_clients_to_choose() -> None:
    BrandFactory()
    claimed = "0123456789abcdef"
    answers = [
        Client(headers={"Host": BRAND_HOST, "X-Request-Id": claimed}).get("/help/").headers["X-Request-Id"]
        for _ in range(2)
    ]
    assert len({claimed, *answers}) == 3


def test_what_is_added_joins_what_is_known_and_is_a_word() -> None:
    with log_lines.context(lambda: {"request": "0123456789abcdef"}):
        with log_lines.also(call="call_1750000000_ab12cd", origin="x\n2026 INFO forged"):
            assert log_lines.current() == {"request": "0123456789abcdef", "call": "call_1750000000_ab12cd"}
        assert log_lines.current() == {"request": "0123456789abcdef"}
    with log_lines.also(call="call_1"):
        assert log_lines.current() == {"call": "call_1"}


def test_an_id_of_another_process_is_taken_only_in_the_shape_of_ours() -> None:
    assert log_lines.request_id_of("0123456789abcdef") == "0123456789abcdef"
    assert log_lines.request_id_of("0123456789ABCDEF") == log_lines.request_id_of("a\nb") == ""


@pytest.mark.django_db
def test_a_job_that_is_deferred_is_named_with_what_it_follows_from(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "procrastinate.jobs"), log_lines.also(call="call_1"):
        number = app.configure_task("notices.send", queue="mail").defer(notice_id=1)
    [record] = [record for record in caplog.records if record.name == "procrastinate.jobs"]
    assert record.getMessage() == f"deferred notices.send[{number}]"


def test_the_traceback_of_a_job_that_failed_names_it() -> None:
    """Procrastinate writes it when the job is over, and with it what `_name_job` says of a job that runs."""
    job = {"id": 23, "task_name": "billing.tasks.write_ledger_head", "task_kwargs": {"call_id": "call_1"}}
    line = json.loads(written(JsonFormatter(), record_of("Job ended", error=OSError("no"), job=job)))
    assert (line["job"], line["task"], line["call"]) == ("23", "billing.tasks.write_ledger_head", "call_1")
    assert line["trace"].startswith("Traceback")
