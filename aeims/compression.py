"""Pages travel compressed. Django's middleware pads them at random, so that their length betrays nothing (BREACH)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """HTML alone: a directory shrinks to a sixth; answers of the API are too short to gain."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        return response


class CompressStatic(GZipMiddleware):
    """Style sheets, scripts, and drawings where WhiteNoise has no compressed copies of them, which it collects for production."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(("text/css", "text/javascript", "image/svg+xml")):
            return super().process_response(request, response)
        return response
