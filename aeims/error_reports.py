"""Errors to a Sentry, where `SENTRY_DSN` names one: the traceback, which request, job, or call it was, and nothing that anybody typed.

The package is an extra (`pip install aeims[sentry]`; in the image `SENTRY=1` at its build). Without an address nothing is loaded.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import log_lines
from core.log_redaction import redact

# What an event keeps. Not: the request with its address and headers, the user, arguments of log lines, the command line, the host.
_KEPT = {
    "event_id", "timestamp", "level", "platform", "logger", "logentry", "message", "exception", "transaction", "tags",
    "environment", "release", "sdk", "modules", "fingerprint", "type",
}  # fmt: skip


def start_error_reports() -> None:
    """Have errors that are logged or not caught sent to `SENTRY_DSN`. Raises ImproperlyConfigured where the package is not there."""
    if not settings.SENTRY_DSN:
        return
    try:
        sentry: Any = import_module("sentry_sdk")
        django: Any = import_module("sentry_sdk.integrations.django")
        logging: Any = import_module("sentry_sdk.integrations.logging")
    except ImportError as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, and sentry-sdk is not installed: docs/logging.md."
        ) from error
    sentry.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.AEIMS_ENV,
        before_send=reduced,
        integrations=[django.DjangoIntegration(transaction_style="function_name"), logging.LoggingIntegration(level=None)],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
    )  # fmt: skip


def reduced(event: dict[str, Any], hint: Any) -> dict[str, Any]:
    """The event as it leaves: what is kept, numbers and addresses masked in all of it, and what log lines would say of it."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    if "logentry" in kept:
        entry = kept["logentry"]
        kept["logentry"] = {"message": entry.get("formatted") or entry.get("message", "")}
    masked: dict[str, Any] = _masked(kept)
    masked["tags"] = {"process": log_lines.Process.name, **log_lines.current()}
    return masked


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list | tuple) else value
