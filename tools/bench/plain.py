"""Django's plain view, as `startproject` gives it: the yardstick of what a request costs, by WSGI in this process."""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


urlpatterns = [path("hello/", hello)]


Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def asker(application: Application, address: str, **environ: str) -> Callable[[], None]:
    """Asks `application` for `address`; anything but 200 is an error."""
    from django.test import RequestFactory

    request = RequestFactory().get(address).environ | environ

    def ask() -> None:
        statuses: list[str] = []
        response = application(dict(request), lambda status, headers, *_: statuses.append(status))
        b"".join(response)
        response.close()
        if not statuses[0].startswith("200"):
            raise RuntimeError(f"{address} answered {statuses[0]}")

    return ask


def rate(ask: Callable[[], object], requests: int) -> float:
    """Requests a second, one after the other, once all is warm."""
    for _ in range(20):
        ask()
    started = time.perf_counter()
    for _ in range(requests):
        ask()
    return requests / (time.perf_counter() - started)


def cpu_ms(ask: Callable[[], object], requests: int) -> float:
    """Milliseconds of this process's CPU for one, once all is warm."""
    for _ in range(20):
        ask()
    started = time.process_time()
    for _ in range(requests):
        ask()
    return (time.process_time() - started) / requests * 1000


def plain_rate(requests: int) -> float:
    """Requests a second of the plain view."""
    return _as_plain(lambda ask: rate(ask, requests))


def plain_cpu_ms(requests: int = 4000) -> float:
    """CPU milliseconds of one plain view."""
    return _as_plain(lambda ask: cpu_ms(ask, requests))


def _as_plain(measure: Callable[[Callable[[], None]], float]) -> float:
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    with override_settings(MIDDLEWARE=MIDDLEWARE, ROOT_URLCONF=__name__):
        return measure(asker(get_wsgi_application(), "/hello/", HTTP_HOST="localhost"))
