"""Settings of mail, from the environment: SMTP by `EMAIL_URL`, or a provider's API through Anymail by `EMAIL_PROVIDER`."""

from typing import Any

from aeims.environment import env

MAIL_SERVER: dict[str, Any] = dict(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_BACKEND: str = MAIL_SERVER.pop("EMAIL_BACKEND")
MAIL_SERVER.pop("EMAIL_TIMEOUT", None)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECONDS", default=10)

EMAIL_PROVIDER = env("EMAIL_PROVIDER", default="")
ANYMAIL = {**env.dict("EMAIL_PROVIDER_OPTIONS", default={}), "REQUESTS_TIMEOUT": EMAIL_TIMEOUT}
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"

DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="support@localhost")
OWNER_EMAILS = env.list("OWNER_EMAIL", default=[])
