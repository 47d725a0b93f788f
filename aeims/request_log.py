"""Gives each request an id, which all log lines about it and its answer carry, and counts it."""

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from aeims.request_metrics import count_request
from core import log_lines


class RequestLogMiddleware:
    """The first of all. The id is ours: one that a client sends could be made to look like another's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast(Any, request).request_id = request_id = secrets.token_hex(8)
        begun = time.monotonic()
        with log_lines.context(partial(log_lines.about_request, request)):
            response = self.get_response(request)
        count_request(request, response.status_code, time.monotonic() - begun)
        response.headers[log_lines.REQUEST_ID_HEADER] = request_id
        return response
