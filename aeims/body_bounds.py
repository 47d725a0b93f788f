"""How many bytes the body of a request may have, by its address; and that each WSGI request says how many it has.

The pages that take photos, greetings, and IDs take `MAX_BODY_BYTES`; every other address what Django takes of a form. Daphne is bound by
`aeims.body_limits`, gunicorn by `BoundedBodies`, and Caddy by the same numbers in `deploy/Caddyfile`.
"""

from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.urls import reverse

from aeims.raw_answers import headers
from aeims.uploads import MAX_BODY_BYTES
from core.security_log import refused

TOO_LARGE = "That is too large"
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


@cache
def _upload_paths() -> frozenset[bytes]:
    names = ("portal:settings-photo", "portal:settings-greeting", "portal:apply-document")
    return frozenset(reverse(name, urlconf=settings.SITE_URLCONFS["portal"]).encode() for name in names)


def limit_of(path: bytes) -> int:
    """How many bytes the body of a request to this address may have."""
    is_upload = path.split(b"?", 1)[0] in _upload_paths()
    return MAX_BODY_BYTES if is_upload else int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class BoundedBodies:
    """WSGI middleware: 413 to a body that is too large, before more of it is read than may be.

    Django reads as many bytes as `Content-Length` says, so a chunked body, which has none, is read here; a form would arrive
    empty otherwise. Only as much as a form may have: browsers send photos with their length.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "")).encode("latin-1", "replace")
        if environ.get("HTTP_TRANSFER_ENCODING"):
            most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            body = environ["wsgi.input"].read(most + 1)
            is_too_large = len(body) > most
            environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        else:
            is_too_large = int(environ.get("CONTENT_LENGTH") or 0) > limit_of(path)
        if is_too_large:
            refused("body.too_large")
            return self._refuse(start_response, "413 Content Too Large", TOO_LARGE)
        return self._application(environ, start_response)

    def _refuse(self, start_response: Any, status: str, body: str) -> Iterable[bytes]:
        about = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ]
        start_response(status, [*headers(), *about])
        return [body.encode()]
