"""Ledgers of others, beside which a settlement is measured: installed by the bench into a folder of its own.

Each runs in its own environment (`peer_hordak`, `peer_ledger`) on a database of the bench's PostgreSQL and posts one sale as its documentation
says: the customer pays, the operator and the platform get their parts. None of them holds money, rolls up a day, or refuses a repeat,
which `settle` does beside. What can't be installed is a row that says so.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT
from tools.postgres import Cluster, binary

PLACE = ROOT / ".local" / "bench-peers"
PACKAGES = ("django-hordak==2.0.0", "django-ledger==0.8.5", "psycopg[binary]==3.3.9", "Django==5.2.19")
INSTALL_SECONDS = 300.0
RUN_SECONDS = 240.0


class PeerFailed(RuntimeError):
    """A peer can't be installed or doesn't run; the message ends with its last output."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """`settle` is to reach `wanted` times its rate, and later `then` times."""

    name: str
    module: str
    wanted: float
    then: float
    share: int  # it posts so many times fewer in a turn than `settle`, being slower

    def prepare(self, cluster: Cluster) -> None:
        """Its database with people and accounts. Raises PeerFailed."""
        _run([binary("createdb"), "--maintenance-db", cluster.url("postgres"), self.module], RUN_SECONDS)
        self._run("prepare", cluster.url(self.module))

    def rate(self, cluster: Cluster, clients: int, count: int) -> float:
        """Sales a second that so many processes post. Raises PeerFailed."""
        return float(self._run("rate", cluster.url(self.module), str(clients), str(count)))

    def _run(self, *arguments: str) -> str:
        return _run([str(_python()), "-m", f"tools.bench.{self.module}", *arguments], RUN_SECONDS)


HORDAK = Peer(name="django-hordak", module="peer_hordak", wanted=1.25, then=1.6, share=2)
LEDGER = Peer(name="django-ledger", module="peer_ledger", wanted=13, then=18, share=8)


def install() -> None:
    """Once, into a folder of its own. Raises PeerFailed; what is half there is installed again next time."""
    done = PLACE / "installed"
    if done.exists() and done.read_text() == "\n".join(PACKAGES):
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(PLACE / "venv")], INSTALL_SECONDS)
    _run(
        [str(_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
        INSTALL_SECONDS,
    )
    done.write_text("\n".join(PACKAGES))


def _python() -> Path:
    return PLACE / "venv" / "bin" / "python"


def _run(command: list[str], seconds: float) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=_environment(),
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise PeerFailed(str(error)) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).splitlines()
        raise PeerFailed(" ".join([line for line in lines if "error" in line.lower()] or lines)[-300:])
    return done.stdout


def _environment() -> dict[str, str]:
    """Nothing of the product's settings."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}
