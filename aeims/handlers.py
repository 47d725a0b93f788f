"""Django's handlers with requests whose text is UTF-8, whatever codec a client names.

Django decodes query and form by the `charset` of the Content-Type, even before any middleware runs; Python has codecs
that are none of text and fail there. `aeims.readable_input` then refuses such a request with 400.
"""

from typing import Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class _Utf8Request:
    content_type: str | None
    content_params: dict[str, str] | None

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class _AsgiRequest(_Utf8Request, ASGIRequest):
    pass


class _WsgiRequest(_Utf8Request, WSGIRequest):
    pass


class Utf8AsgiHandler(ASGIHandler):
    """Call `django.setup` first, as `get_asgi_application` does."""

    request_class = _AsgiRequest


class Utf8WsgiHandler(WSGIHandler):
    """Call `django.setup` first, as `get_wsgi_application` does."""

    request_class = _WsgiRequest
