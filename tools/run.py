"""`make run`: everything on this machine with demo data, until Ctrl-C.

Starts the embedded PostgreSQL (unless DATABASE_URL is set), brings the database up to date, loads the demo
data, and keeps the servers, adapter and worker alive (tools/serving.py). With ASTERISK_ARI_URL set the adapter drives that Asterisk,
else simulated phones.
"""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg

from aeims.serving.places import PlaceRefused
from tools.database import Database
from tools.environment import ROOT, EnvironmentRefused, complete, load_dotenv, remember_port
from tools.postgres import PostgresError, default_cluster
from tools.serving import has_proxy, is_ready, servers, without_proxy
from tools.supervise import Service, ServiceFailed, keep_alive, say, start_all, stop_all

LIVE_WORKERS = (
    "select exists (select from procrastinate_workers where last_heartbeat > now() - interval '30 s')"
)


class CannotRun(RuntimeError):
    """Something outside the product is in the way; the message says what and what to do."""


def run(environment: Mapping[str, str], should_stop: threading.Event) -> None:
    """Bring everything up, say where it is, and keep it up until `should_stop`."""
    data = Path(environment["AEIMS_DATA_DIR"])
    with ExitStack() as stack:
        stack.enter_context(only_launcher(data))
        _require_free_ports(environment)
        remember_port(environment)
        cluster = default_cluster(data)
        database = Database(cluster) if environment["DATABASE_URL"] == cluster.serving_url() else None
        if database is not None:
            say("postgres", "starting")
            database.start()
            stack.callback(database.stop)
            # Until all else has stopped: the server would end with the thread that started it again.
            stack.enter_context(database.watched(should_stop))
        for what, command in (
            ("bringing the database up to date", ["migrate", "--no-input", "--verbosity=0"]),
            ("comparing SQL functions and triggers with their files", ["check", "--database", "default"]),
            ("loading the demo data", ["demo"]),
        ):
            say("set-up", what)
            _manage(command, environment)
        if not has_proxy():
            say("set-up", without_proxy())
        services = services_of(environment, data / "logs")
        stack.callback(stop_all, services)
        start_all(services, should_stop)
        if not should_stop.is_set():
            print(_welcome(environment), flush=True)
        keep_alive(services, should_stop, lambda: _is_answering(environment["DATABASE_URL"]))
        print("\nStopping …", flush=True)


def services_of(environment: Mapping[str, str], logs: Path) -> list[Service]:
    """Servers, adapter and worker as this environment starts them, without the login of the tables' owner."""
    environment = {name: value for name, value in environment.items() if name != "DATABASE_OWNER_URL"}
    simulate = [] if environment.get("ASTERISK_ARI_URL") else ["--simulate"]
    adapter_health = environment["ASTERISK_ADAPTER_URL"].rstrip("/") + "/health"

    def service(name: str, command: list[str], is_ready: Callable[[], bool]) -> Service:
        return Service(
            name=name,
            command=command,
            environment=environment,
            log=logs / f"{name}.log",
            is_ready=is_ready,
        )

    return [
        *(
            service(server.name, server.command, partial(is_ready, server, environment))
            for server in servers(environment)
        ),
        service(
            "adapter",
            [sys.executable, "manage.py", "run_asterisk_adapter", *simulate],
            lambda: _answers(adapter_health, key=environment["AEIMS_API_KEY"]),
        ),
        service(
            "worker",
            [sys.executable, "manage.py", "run_worker"],
            lambda: _has_live_worker(environment["DATABASE_URL"]),
        ),
    ]


def _answers(url: str, *, key: str = "") -> bool:
    request = Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 (our own address)
    try:
        with urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False


def _is_answering(database_url: str) -> bool:
    try:
        psycopg.connect(database_url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _has_live_worker(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(LIVE_WORKERS).fetchone()
        return row is not None and bool(row[0])


def _manage(arguments: list[str], environment: Mapping[str, str]) -> None:
    process = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=dict(environment), cwd=ROOT, check=False
    )
    if process.returncode:
        raise CannotRun(f"`manage.py {' '.join(arguments)}` failed; its output is above.")


def only_launcher(data: Path) -> IO[str]:
    """A lock held as long as the file is open: one launcher for a data directory."""
    lock = (data / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CannotRun(f"Another `make run` uses {data}. Stop it, or set AEIMS_DATA_DIR and PORT.") from None
    return lock


def _require_free_ports(environment: Mapping[str, str]) -> None:
    adapter_host, _, adapter_port = environment["ADAPTER_LISTEN"].rpartition(":")
    events_host, _, events_port = environment.get("WEB_EVENTS_LISTEN", "").rpartition(":")
    for name, host, port in (
        ("PORT", "127.0.0.1", int(environment["PORT"])),
        ("ADAPTER_LISTEN", adapter_host, int(adapter_port)),
        *([("WEB_EVENTS_LISTEN", events_host, int(events_port))] if events_port else []),
    ):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                why = (
                    "is in use by another program"
                    if error.errno == errno.EADDRINUSE
                    else f"is not to be had ({error})"
                )
                raise CannotRun(f"Port {port} {why}. Choose another: {name}=… make run") from None


def _welcome(environment: Mapping[str, str]) -> str:
    port = environment["PORT"]
    phones = environment.get("ASTERISK_ARI_URL") or "simulated"
    return f"""
AEIMS is up (phones: {phones}).

  customers   http://flirts.localhost:{port}      customer@aeims.test
              http://nycflirts.localhost:{port}
  operators   http://portal.localhost:{port}      operator@aeims.test
  staff       http://admin.localhost:{port}       staff@aeims.test
  cards       http://pay.localhost:{port}         a sandbox: no card is charged

  Password of all three: demo-only. Logs: {environment["AEIMS_DATA_DIR"]}/logs. Stop with Ctrl-C.
"""


def main() -> int:
    should_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: should_stop.set())
    os.chdir(ROOT)
    load_dotenv()
    try:
        run(complete(os.environ), should_stop)
    except (
        CannotRun,
        EnvironmentRefused,
        PlaceRefused,
        PostgresError,
        ServiceFailed,
        psycopg.Error,
    ) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
