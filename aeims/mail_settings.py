"""Settings of mail, from the environment: SMTP by `EMAIL_URL`, or a provider's API through Anymail by `EMAIL_PROVIDER`."""

from typing import Any

from aeims.environment import env

_TIMEOUT_SECONDS = env.int("EMAIL_TIMEOUT_SECONDS", default=10)
_PROVIDER = env("EMAIL_PROVIDER", default="")

SETTINGS: dict[str, Any] = {
    **env.email_url("EMAIL_URL", default="consolemail://"),
    "EMAIL_TIMEOUT": _TIMEOUT_SECONDS,
    "ANYMAIL": {**env.dict("EMAIL_PROVIDER_OPTIONS", default={}), "REQUESTS_TIMEOUT": _TIMEOUT_SECONDS},
    "DEFAULT_FROM_EMAIL": env("DEFAULT_FROM_EMAIL", default="support@localhost"),
    "OWNER_EMAILS": env.list("OWNER_EMAIL", default=[]),
}
if _PROVIDER:
    SETTINGS["EMAIL_BACKEND"] = f"anymail.backends.{_PROVIDER}.EmailBackend"
