"""`manage.py run_asterisk_adapter [--simulate]`: the process that speaks to Asterisk (docs/design.md section 5).

Touches no database: it reads its settings and leaves Django behind.
"""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.environment import Environment
from core.secret_strength import STRONG, is_strong
from telephony.adapter.config import ConfigError, config_from
from telephony.adapter.journal import JournalBusy, JournalLocked
from telephony.adapter.main import Replaced, serve

NAMES = (
    "AEIMS_API_KEY",
    "AEIMS_API_KEY_FALLBACKS",
    "AEIMS_METRICS_KEY",
    "ADAPTER_LISTEN",
    "ADAPTER_TLS_CERTIFICATE",
    "ADAPTER_TLS_KEY",
    "AEIMS_INTERNAL_CA",
    "ADAPTER_JOURNAL",
    "ADAPTER_JOURNAL_KEYS",
    "ADAPTER_NODE",
    "ADAPTER_MAX_CALLS",
    "ADAPTER_CALLS_PER_SECOND",
    "AEIMS_WEBHOOK_URL",
    "ASTERISK_ARI_URL",
    "ASTERISK_ARI_USER",
    "ASTERISK_ARI_PASSWORD",
    "ASTERISK_ARI_APP",
    "ASTERISK_DIAL_TEMPLATE",
    "ASTERISK_RINGING_WITHIN_SECONDS",
    "ASTERISK_CEL_FILE",
    "ASTERISK_SOUNDS_DIR",
    "SIMULATED_PHONES_HEARD",
    "TELEPHONY_ALLOWED_PREFIXES",
    "TELEPHONY_LAB_PREFIXES",
)


REPLACED_EXIT_CODE = (
    75  # "try again later": whoever keeps the process alive starts it again, and it stands by
)


class Command(BaseCommand):
    help = "Connects calls through Asterisk (or a simulated one) and reports them to the web process."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--simulate", action="store_true", help="an Asterisk in memory, with simulated phones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_unsafe(simulate=options["simulate"])
        try:
            asyncio.run(serve(config_from(_settings()), simulate=options["simulate"]))
        except (ConfigError, JournalBusy, JournalLocked) as error:
            raise CommandError(str(error)) from error
        except Replaced:
            raise CommandError("another adapter took over", returncode=REPLACED_EXIT_CODE) from None
        except OSError as error:
            raise CommandError(f"cannot listen: {error.strerror}") from error


def _refuse_unsafe(*, simulate: bool) -> None:
    """Production rings real telephones and believes what is signed with the key. Raises CommandError."""
    if not settings.IS_PRODUCTION:
        return
    if simulate:
        raise CommandError("--simulate: customers would be charged for talks that never were.")
    if settings.TELEPHONY_LAB_PREFIXES:
        raise CommandError("TELEPHONY_LAB_PREFIXES: must be empty in production.")
    if not is_strong(settings.AEIMS_API_KEY):
        raise CommandError(f"AEIMS_API_KEY: must be {STRONG}.")
    if not all(map(is_strong, settings.AEIMS_API_KEY_FALLBACKS)):
        raise CommandError(f"AEIMS_API_KEY_FALLBACKS: must each be {STRONG}.")
    if settings.METRICS_KEY and not is_strong(settings.METRICS_KEY):
        raise CommandError(f"AEIMS_METRICS_KEY: must be empty, or {STRONG}.")
    keys = _settings()["ADAPTER_JOURNAL_KEYS"].split(",")
    if not all(is_strong(key.strip()) for key in keys):
        raise CommandError(f"ADAPTER_JOURNAL_KEYS: must be set, each {STRONG}.")


def _settings() -> dict[str, str]:
    """Django's settings where they have the name, else the environment; lists as comma-separated text."""
    env, values = Environment(), {name: getattr(settings, name, None) for name in NAMES}
    return {name: env(name, default="") if value is None else _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list | tuple | set | frozenset) else str(value)
