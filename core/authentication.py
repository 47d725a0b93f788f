"""How API clients prove who they are, beside DRF's token. Apart from `core.api`, which needs DRF's views."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's session; a missing one is 401 (DRF says 403 unless a header can be named)."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
