"""Content-Security-Policy, composed once a process: of one answer and the next only the nonce differs."""

from functools import cache
from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_PLACE = "place-of-the-nonce"


class ContentSecurityMiddleware(CSPMiddleware):
    """django-csp's, which composes the policy of each answer anew. It still does where a view says anything of its own about it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or _has_own_policy(response):
            return super().process_response(request, response)
        nonce = getattr(request, "_csp_nonce", None)
        if HEADER not in response.headers:
            response.headers[HEADER] = (
                _policy(None) if nonce is None else _policy(_PLACE).replace(_PLACE, nonce)
            )
        if nonce is None:
            refuse: Any = CheckableLazyObject(self._csp_nonce_post_response)
            vars(request)["csp_nonce"] = refuse
        return response


def _has_own_policy(response: HttpResponseBase) -> bool:
    """Whether a view left one of django-csp's marks (`_csp_update`, `_csp_exempt`, …) on its answer."""
    return any(name.startswith("_csp_") for name in vars(response))


@cache
def _policy(nonce: str | None) -> str:
    """That of `CONTENT_SECURITY_POLICY`; there is no other, and no path without one (`EXCLUDE_URL_PREFIXES`)."""
    return build_policy(nonce=nonce)
