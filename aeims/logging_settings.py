"""Where log lines go, from the environment: to standard error, without personal data, with who asked (docs/logging.md)."""

from typing import Any

from aeims.environment import IS_PRODUCTION, env

LOG_FORMAT = env("LOG_FORMAT", default="json" if IS_PRODUCTION else "text")

SENTRY_DSN = env("SENTRY_DSN", default="")  # where errors are reported to; empty: nowhere

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_numbers": {"()": "core.log_redaction.RedactPersonal"},
        "name_jobs": {"()": "core.log_lines.NameJobs"},
        "context": {"()": "core.log_lines.AddContext"},
    },
    "formatters": {
        "text": {"()": "core.log_lines.TextFormatter"},
        "json": {"()": "core.log_lines.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["no_numbers", "context"],
        }
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "procrastinate": {"level": "WARNING"},  # it tells each registration of each task
        "procrastinate.jobs": {"level": "INFO", "filters": ["name_jobs"]},
    },
}
