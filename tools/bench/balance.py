"""The balance check beside Django's plain view: both by WSGI in this process, in turns, one request after the other."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from tools.bench import plain
from tools.bench.table import Goal

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def measure(*, rounds: int = 5, requests: int = 400) -> list[Goal]:
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.test import override_settings
    from django.test.utils import CaptureQueriesContext

    from customers.api_tokens import issue_token
    from tests.scenario import given_customer, given_operator

    connection.settings_dict["CONN_MAX_AGE"] = None  # kept, as the pool of a running process keeps them
    connection.close()
    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    token = issue_token(customer.user)
    ours: Callable[[], object] = _asker(
        get_wsgi_application(),
        "/api/balance/check/",
        QUERY_STRING=f"operator_id={operator.pk}",
        HTTP_HOST="flirts.localhost",
        HTTP_AUTHORIZATION=f"Token {token}",
    )
    ours()
    with CaptureQueriesContext(connection) as asked:
        ours()
    statements = [query["sql"] for query in asked if "authtoken" not in query["sql"]]
    theirs_rates, our_rates = [], []
    for _ in range(rounds):
        our_rates.append(_rate(ours, requests))
        with override_settings(MIDDLEWARE=plain.MIDDLEWARE, ROOT_URLCONF=plain.__name__):
            hello = _asker(get_wsgi_application(), "/hello/", HTTP_HOST="localhost")
            theirs_rates.append(_rate(hello, requests))
    theirs, rate = median(theirs_rates), median(our_rates)
    return [
        Goal(
            what="balance check",
            measured=rate / theirs,
            wanted=0.15,
            is_least=True,
            unit=" ×",
            beside=f"Django's plain view: {theirs:.0f}/s in one process; ours {rate:.0f}/s",
        ),
        Goal(
            what="balance check, statements after authentication",
            measured=len(statements),
            wanted=2,
            beside="a limit",
        ),
    ]


def _asker(application: Application, path: str, **environ: str) -> Callable[[], None]:
    """Asks `application` for `path`; anything but 200 is an error."""
    from django.test import RequestFactory

    request = RequestFactory().get(path).environ | environ

    def ask() -> None:
        statuses: list[str] = []
        response = application(dict(request), lambda status, headers, *_: statuses.append(status))
        b"".join(response)
        response.close()
        if not statuses[0].startswith("200"):
            raise SystemExit(f"{path} answered {statuses[0]}")

    return ask


def _rate(ask: Callable[[], object], requests: int) -> float:
    for _ in range(20):
        ask()
    started = time.perf_counter()
    for _ in range(requests):
        ask()
    return requests / (time.perf_counter() - started)
