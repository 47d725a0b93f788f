"""How API clients prove who they are, beside DRF's token. Apart from `core.api`, which needs DRF's views."""

from typing import Any

from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.security_log import accepted, refused


class TokenAuthentication(authentication.TokenAuthentication):
    """DRF's, which notes who came by a token, and each token that is nobody's or not valid any more."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        try:
            proved = super().authenticate(request)
        except AuthenticationFailed:
            refused("token.refused")
            raise
        if proved is not None:
            accepted("token.accepted", user=proved[0].pk)
        return proved


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's session; a missing one is 401 (DRF says 403 unless a header can be named)."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
