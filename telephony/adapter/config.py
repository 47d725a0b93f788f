"""What the adapter is told from outside, read once at start (names: docs/design.md section 8)."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

from core.parse import whole_number

# What two cores carried with sound on every call, and with a margin (docs/performance.md).
DEFAULT_MAX_CALLS, DEFAULT_CALLS_PER_SECOND = 300, 20
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")


class ConfigError(ValueError):
    """A setting is missing or malformed; the message names it."""


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """Frozen settings of one adapter process. Limits are in seconds unless named otherwise."""

    api_key: str = field(repr=False)
    webhook_url: str
    api_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)  # of requests; they sign nothing
    metrics_key: str = field(default="", repr=False)  # who may read the metrics; empty: nobody
    listen_host: str = "127.0.0.1"
    listen_port: int = 8090
    tls_certificate: Path | None = None  # what it listens with; None: plain HTTP
    tls_key: Path | None = None
    internal_ca: Path | None = (
        None  # who signed the certificates of web and ARI; None: those that the system believes
    )
    journal: Path = Path(".local/adapter")
    journal_keys: tuple[str, ...] = field(
        default=(), repr=False
    )  # the first encrypts; none: it is written plain
    ari_url: str = ""
    ari_user: str = "aeims"
    ari_password: str = field(default="", repr=False)
    ari_app: str = "aeims"
    dial_template: str = ""  # the only trunk; empty: those that the node has
    sounds_dir: Path | None = None  # what the switch plays as aeims/content; None: nothing is fetched
    cel_file: Path | None = None
    heard_file: Path | None = None  # simulated phones alone: what each was played
    allowed_prefixes: tuple[str, ...] = ("+1",)
    lab_prefixes: tuple[str, ...] = ()
    node: str = "local"
    max_calls: int = DEFAULT_MAX_CALLS
    calls_per_second: int = DEFAULT_CALLS_PER_SECOND
    ringing_within_seconds: int = 5

    @property
    def sounds_url(self) -> str:
        """Where web serves sounds: on the host of the events."""
        return urljoin(self.webhook_url, "/api/telephony/sounds/")

    @property
    def batches_url(self) -> str:
        """Where web takes many events at once, likewise."""
        return urljoin(self.webhook_url, "/api/telephony/event-batches/")

    @property
    def greeting_calls_url(self) -> str:
        """Where web takes the events of calls that record a greeting, likewise."""
        return urljoin(self.webhook_url, "/api/telephony/greeting-calls/")


def config_from(values: Mapping[str, str]) -> AdapterConfig:
    """Read a mapping of setting names to texts. Raises ConfigError naming the first bad one."""
    api_key = values.get("AEIMS_API_KEY", "")
    if not api_key:
        raise ConfigError("AEIMS_API_KEY: must be set; it signs every event")
    host, port = _listen(values.get("ADAPTER_LISTEN") or "127.0.0.1:8090")
    template = values.get("ASTERISK_DIAL_TEMPLATE", "")
    if template and "{number}" not in template and "{digits}" not in template:
        raise ConfigError("ASTERISK_DIAL_TEMPLATE: must contain {number} or {digits}")
    return AdapterConfig(
        api_key=api_key,
        api_key_fallbacks=_texts(values, "AEIMS_API_KEY_FALLBACKS"),
        metrics_key=values.get("AEIMS_METRICS_KEY", ""),
        webhook_url=_url(values, "AEIMS_WEBHOOK_URL", "http://127.0.0.1:8000/api/telephony/events/"),
        listen_host=host,
        listen_port=port,
        tls_certificate=_path(values, "ADAPTER_TLS_CERTIFICATE"),
        tls_key=_path(values, "ADAPTER_TLS_KEY"),
        internal_ca=_path(values, "AEIMS_INTERNAL_CA"),
        journal=Path(values.get("ADAPTER_JOURNAL") or ".local/adapter"),
        journal_keys=_texts(values, "ADAPTER_JOURNAL_KEYS"),
        ari_url=_url(values, "ASTERISK_ARI_URL", ""),
        ari_user=values.get("ASTERISK_ARI_USER") or "aeims",
        ari_password=values.get("ASTERISK_ARI_PASSWORD", ""),
        ari_app=values.get("ASTERISK_ARI_APP") or "aeims",
        dial_template=template,
        sounds_dir=_path(values, "ASTERISK_SOUNDS_DIR"),
        cel_file=_path(values, "ASTERISK_CEL_FILE"),
        heard_file=_path(values, "SIMULATED_PHONES_HEARD"),
        allowed_prefixes=_prefixes(values, "TELEPHONY_ALLOWED_PREFIXES", "+1", refusing=True),
        lab_prefixes=_prefixes(values, "TELEPHONY_LAB_PREFIXES", ""),
        max_calls=_count(values, "ADAPTER_MAX_CALLS", DEFAULT_MAX_CALLS),
        calls_per_second=_count(values, "ADAPTER_CALLS_PER_SECOND", DEFAULT_CALLS_PER_SECOND),
        ringing_within_seconds=_count(values, "ASTERISK_RINGING_WITHIN_SECONDS", 5),
        node=values.get("ADAPTER_NODE") or socket.gethostname()[:60] or "local",
    )


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    number = whole_number(port, most=65535)
    if number is None:
        raise ConfigError("ADAPTER_LISTEN: host:port")
    return host.strip("[]") or "127.0.0.1", number


def _url(values: Mapping[str, str], name: str, default: str) -> str:
    url = values.get(name) or default
    if url and not url.startswith(("http://", "https://")):
        raise ConfigError(f"{name}: an http or https address")
    return url.rstrip("/") if name == "ASTERISK_ARI_URL" else url


def _count(values: Mapping[str, str], name: str, default: int) -> int:
    number = whole_number(values.get(name) or str(default), most=100_000)
    if not number:
        raise ConfigError(f"{name}: a whole number from 1")
    return number


def _path(values: Mapping[str, str], name: str) -> Path | None:
    return Path(values[name]) if values.get(name) else None


def _texts(values: Mapping[str, str], name: str, default: str = "") -> tuple[str, ...]:
    return tuple(part.strip() for part in values.get(name, default).split(",") if part.strip())


def _prefixes(
    values: Mapping[str, str], name: str, default: str, *, refusing: bool = False
) -> tuple[str, ...]:
    """`refusing`: a minus sign instead of the plus sign says what is not dialed all the same."""
    parts = _texts(values, name, default)
    for part in parts:
        if not _PREFIX.fullmatch(part.replace("-", "+", 1) if refusing else part):
            raise ConfigError(f"{name}: prefixes such as +1, separated by commas")
    return parts
