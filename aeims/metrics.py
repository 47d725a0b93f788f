"""What Prometheus reads: `/metrics` of web and of the whole product, `/metrics/worker` and `/metrics/sockets` of the other two.

Internal hosts alone, never by the proxy, for whoever holds `AEIMS_METRICS_KEY`; without such a key there is nothing here. It opens
nothing else. The adapter answers for itself (`telephony.adapter.server`).
"""

import os
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from aeims.serving.probe import text_at
from backoffice.metrics import SystemMetrics
from core import metrics
from core.api import error_body
from telephony.wire import bearer_matches

_SOCKETS = {"worker": metrics.WORKER_SOCKET, "sockets": metrics.SOCKETS_SOCKET}


@require_safe
def web(request: HttpRequest) -> HttpResponse:
    """Everything that all workers of this server counted, and the state of the product."""
    return _refusal(request) or _answer(metrics.text(SystemMetrics()))


@require_safe
def other(request: HttpRequest, process: str) -> HttpResponse:
    """What `worker` or `sockets` says of itself by its Unix socket; 503 while it doesn't, so that its target is down."""
    if refusal := _refusal(request):
        return refusal
    if process not in _SOCKETS:
        raise Http404
    directory = os.environ.get("AEIMS_RUN_DIR", "")
    found = text_at(Path(directory) / _SOCKETS[process], "/") if directory else None
    if found is None:
        answer = JsonResponse(error_body("It does not answer.", "unavailable"), status=503)
        answer._has_been_logged = True  # type: ignore[attr-defined]  # Django's own: no error of ours every 15 seconds
        return answer
    return _answer(found)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if not settings.METRICS_KEY:
        raise Http404
    if not bearer_matches((settings.METRICS_KEY,), request.headers.get("Authorization", "")):
        return JsonResponse(error_body("This needs the key of the metrics.", "not_authenticated"), status=401)
    return None


def _answer(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type=metrics.CONTENT_TYPE)
