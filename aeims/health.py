"""Questions of an orchestrator: is the process alive, and may it get traffic?

`/livez` fails when only a restart helps; `/readyz` when this process cannot serve. Load balancers ask for both on any host, and learn
no more. What is wrong beside it is no reason to send nobody here: on internal hosts alone it is told in `degraded`, and in full
by `/health`.
"""

import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from backoffice import health, service_health
from core.api import error_body
from telephony.wire import bearer_matches
from web.requests import Site

SPENT_SECONDS = 60.0
ADAPTER_SECONDS = 1.0


class _Pool:
    """Since when (monotonic seconds) every connection of this process is lent and somebody waits for one."""

    spent_since: float | None = None


@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers; 503 when its database connections have all been lent for a minute while requests wait."""
    if _is_pool_spent():
        return JsonResponse({"ok": False, "error": "database connections"}, status=503)
    return JsonResponse({"ok": True})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The process answers and its database does (503 otherwise); on internal hosts `degraded` names what else is not well."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        services = service_health.services(seconds=ADAPTER_SECONDS)
    except (DatabaseError, InterfaceError):
        return JsonResponse({"ok": False, "error": "database"}, status=503)
    if getattr(request, "site", None) is not Site.INTERNAL:
        return JsonResponse({"ok": True})
    return JsonResponse({"ok": True, "degraded": [check.name for check in services if not check.is_well]})


def status(request: HttpRequest) -> JsonResponse:
    """Everything that the staff's home page says of the system, for whoever holds our API key."""
    keys = (settings.AEIMS_API_KEY, *settings.AEIMS_API_KEY_FALLBACKS)
    if not bearer_matches(keys, request.headers.get("Authorization", "")):
        return JsonResponse(error_body("This needs our API key.", "not_authenticated"), status=401)
    try:
        checks = health.checks()
    except (DatabaseError, InterfaceError):
        return JsonResponse(error_body("The database does not answer.", "unavailable"), status=503)
    report = [{"name": check.name, "ok": check.is_well, "text": check.words} for check in checks]
    return JsonResponse({"success": True, "ok": all(check.is_well for check in checks), "checks": report})


def _is_pool_spent() -> bool:
    pool = getattr(connection, "pool", None)
    stats = pool.get_stats() if pool is not None else {}
    if stats.get("pool_available", 1) > 0 or not stats.get("requests_waiting"):
        _Pool.spent_since = None
        return False
    _Pool.spent_since = _Pool.spent_since or time.monotonic()
    return time.monotonic() - _Pool.spent_since > SPENT_SECONDS
