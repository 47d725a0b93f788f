"""The environment that `make run` gives its processes: everything not set by the caller gets a working value.

Names are those of docs/design.md section 8; `.env.example` explains each.
"""

import fcntl
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import environ

from tools.postgres import default_cluster
from tools.serving import serving_environment

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8000
_PORT_FILE = "port"
_GENERATED = (
    "SECRET_KEY",
    "AEIMS_API_KEY",
    "AEIMS_DATA_KEYS",
    "AEIMS_HASH_KEYS",
    "AEIMS_DOCUMENT_KEYS",
    "AEIMS_PUSH_KEY",
    "ADAPTER_JOURNAL_KEYS",
)


class EnvironmentRefused(RuntimeError):
    """The caller's environment asks for something that `make run` must not do."""


def data_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the default run keeps what it makes: AEIMS_DATA_DIR, relative to the checkout, or `.local`."""
    return (ROOT / environment.get("AEIMS_DATA_DIR", ".local")).resolve()


def complete(given: Mapping[str, str]) -> dict[str, str]:
    """`given` and what it lacks to run everything on this machine with demo data.

    Makes the data directory and, once, the secrets in it. Raises EnvironmentRefused for production:
    the demo logins are known to everyone.
    """
    if given.get("AEIMS_ENV", "development") == "production":
        raise EnvironmentRefused("`make run` is the demo and never runs as production; see compose.yaml.")
    data = data_directory(given)
    data.mkdir(mode=0o711, parents=True, exist_ok=True)
    port = _port(given)
    adapter = given.get("ADAPTER_LISTEN", f"127.0.0.1:{port + 1}")
    cluster = default_cluster(data)
    cluster.ensure_passwords()
    defaults = (
        _secrets(data / "secrets.env")
        | {
            "AEIMS_ENV": "development",
            "AEIMS_DEMO": "1",
            "AEIMS_DATA_DIR": str(data),
            "PORT": str(port),
            "DATABASE_URL": cluster.serving_url(),
            "ADAPTER_LISTEN": adapter,
            "ADAPTER_JOURNAL": str(data / "adapter"),
            "ASTERISK_ADAPTER_URL": f"http://{adapter}",
            "PYTHONUNBUFFERED": "1",
        }
        | serving_environment(data, port)
    )
    if not given.get("DATABASE_URL"):
        defaults["DATABASE_OWNER_URL"] = cluster.url()
    if not given.get("ASTERISK_ARI_URL"):
        defaults["TELEPHONY_LAB_PREFIXES"] = "+1999"  # the simulated phones
        defaults["SIMULATED_PHONES_HEARD"] = str(data / "phones-heard.jsonl")
    return defaults | {name: value for name, value in given.items() if value or name not in defaults}


def remember_port(environment: Mapping[str, str]) -> None:
    """Keep the port of a run beside its data, for commands that are given none (`make manage`)."""
    (Path(environment["AEIMS_DATA_DIR"]) / _PORT_FILE).write_text(environment["PORT"])


def with_port_of_the_run(given: Mapping[str, str]) -> dict[str, str]:
    """`given`, with the port that the run on the same data uses if none is named."""
    file = data_directory(given) / _PORT_FILE
    if given.get("PORT") or not file.exists():
        return dict(given)
    return {**given, "PORT": file.read_text().strip()}


def load_dotenv() -> None:
    """Take what `.env` adds to the real environment, as the settings do."""
    if (ROOT / ".env").exists():
        environ.Env.read_env(ROOT / ".env", overwrite=False)


def _port(given: Mapping[str, str]) -> int:
    text = given.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65534:
        raise EnvironmentRefused(
            f"PORT is {text!r}: a number from 1 to 65533 (the adapter and its webhook take the next two)."
        )
    return int(text)


def _secrets(path: Path) -> dict[str, str]:
    """The generated secrets, each made once and readable by the owner alone; an older file gets those that it lacks."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(fd, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        pairs = dict(line.rstrip("\n").partition("=")[::2] for line in file)
        made = {name: secrets.token_urlsafe(48) for name in _GENERATED if name not in pairs}
        file.writelines(f"{name}={value}\n" for name, value in made.items())
    return pairs | made
