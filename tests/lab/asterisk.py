"""A throw-away Asterisk, started by the deployed entrypoint with the deployed configuration.

    with Asterisk("mine", ports=free_ports()) as node:
        node.ari_url, node.cel_file, node.cli("core show channels")
        node.kill(); node.up(fresh=False)       # a crash and a restart on the same records

It runs in the chroot of `tools/asterisk_root.py`, or as the host's own Asterisk where that is recent enough.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.lab import preloads, sounds
from tests.lab.ports import HOST, Ports
from tools import asterisk_root

DEPLOY = Path(__file__).resolve().parents[2] / "deploy/asterisk"
ARI_USER, ARI_PASSWORD = "aeims", "lab-password"


class LabError(RuntimeError):
    """The lab's Asterisk cannot be had or did not come up; the text says why."""


class Asterisk:
    """One instance, with directories and ports of its own.

    `conf`: templates that take the place of the deployed ones of the same name, for another kind of Asterisk.
    `values` override the entrypoint's variables (deploy/asterisk/README.md). `outlives_us`: keep running when this
    process ends (the command line); by default the kernel ends it with us.
    """

    def __init__(
        self,
        name: str,
        *,
        ports: Ports,
        values: Mapping[str, str] | None = None,
        outlives_us: bool = False,
        conf: Path | None = None,
    ) -> None:
        self.conf = conf
        self.name, self.ports, self.outlives_us = name, ports, outlives_us
        self.root = asterisk_root.ensure()
        self.values = dict(values or {})
        self.directory = self.places() / name  # as we see it
        self.base = "/" / self.directory.relative_to(self.root)  # as Asterisk sees it
        self.cel_file = self.directory / "log/cel-custom/cel.csv"
        self.output = self.directory / "log/output.log"  # all that Asterisk says
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def places() -> Path:
        """Where the instances' directories are."""
        root = asterisk_root.ensure()
        if root == Path("/"):
            return Path(tempfile.gettempdir()) / f"aeims-lab-{os.getuid()}"
        return root / "srv/aeims"

    @property
    def ari_url(self) -> str:
        """The base of ARI's paths, as `ASTERISK_ARI_URL` wants it."""
        return f"http://{HOST}:{self.ports.http}/ari"

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        shutil.rmtree(self.directory, ignore_errors=True)

    def up(self, *, fresh: bool = True, timeout: float = 30) -> None:
        """Start and wait until it is fully booted. `fresh`: forget what an earlier run recorded. Raises LabError."""
        if self.pid():
            raise LabError(f"{self.name} already runs as process {self.pid()}")
        if fresh:
            shutil.rmtree(self.directory, ignore_errors=True)
        self._lay_out()
        pledge = [] if self.outlives_us else ["setpriv", "--pdeathsig", "KILL", "--"]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [*pledge, *self._inside(f"{self.base}/deploy/entrypoint.sh")],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.pid() and "fully booted" in self.cli("core waitfullybooted", timeout=timeout):
                return
            time.sleep(0.05)
        said = self.output.read_text(errors="replace")[-3000:]
        self.kill()
        raise LabError(f"Asterisk did not come up; it said:\n{said}")

    def down(self) -> None:
        """Stop in order; after ten seconds by force."""
        self._end(signal.SIGTERM)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, as in a crash: no phone gets a BYE, no end is recorded."""
        self._end(signal.SIGKILL)

    def pid(self) -> int | None:
        """The process id while it runs."""
        try:
            pid = int((self.directory / "run/asterisk.pid").read_text())
            name, state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)
        except (OSError, ValueError):
            return None
        return pid if name.endswith("(asterisk") and state.split()[0] != "Z" else None

    def cli(self, command: str, *, timeout: float = 15) -> str:
        """What Asterisk's console answers to a command."""
        done = subprocess.run(
            self._inside("asterisk", "-C", f"{self.base}/run/etc/asterisk.conf", "-rx", command),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        """A hostile zone on purpose: the entrypoint has to see to UTC."""
        ours = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TZ": "Asia/Kathmandu",
            "ASTERISK_ARI_USER": ARI_USER,
            "ASTERISK_ARI_PASSWORD": ARI_PASSWORD,
            "ASTERISK_HTTP_BIND": HOST,
            "ASTERISK_HTTP_PORT": str(self.ports.http),
            "ASTERISK_AMI_PORT": str(self.ports.carrier),  # the carrier takes it for UDP
            "ASTERISK_RUN_DIR": f"{self.base}/run",
            "ASTERISK_STATE_DIR": f"{self.base}/state",
            "ASTERISK_LOG_DIR": f"{self.base}/log",
            "ASTERISK_DATA_DIR": f"{self.base}/data",
            "SIP_BIND": HOST,
            "SIP_PORT": str(self.ports.sip),
            "MEDIA_ADDRESS": HOST,
            "TRUNK_HOST": HOST,
            "TRUNK_PORT": str(self.ports.carrier),
            # The carrier comes and goes with each test: nobody may conclude that it is down.
            "TRUNK_QUALIFY_SECONDS": "0",
            "RTP_START": str(self.ports.rtp_start),
            "RTP_END": str(self.ports.rtp_start + 999),
        }
        return ours | self.values

    def _inside(self, *command: str) -> list[str]:
        if self.root == Path("/"):
            return list(command)
        if os.geteuid() == 0:
            return ["chroot", str(self.root), *command]
        enter = 'mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
        return ["unshare", "--map-root-user", "--mount", "sh", "-c", enter, str(self.root), *command]

    def _lay_out(self) -> None:
        """Our deployed files, and a data directory with Debian's documents and our sounds."""
        deploy, data = self.directory / "deploy", self.directory / "data"
        shutil.rmtree(deploy, ignore_errors=True)
        shutil.copytree(DEPLOY / "conf", deploy / "conf")
        if self.conf is not None:
            shutil.copytree(self.conf, deploy / "conf", dirs_exist_ok=True)
        shutil.copy(DEPLOY / "entrypoint.sh", deploy)
        shutil.copy(preloads.steady_clock(), deploy)
        shutil.copy(preloads.final_answers(), deploy)
        (self.directory / "log").mkdir(exist_ok=True)
        if not data.exists():
            (data / "sounds").mkdir(parents=True)
            for name in ("documentation", "rest-api", "static-http"):
                (data / name).symlink_to(f"/usr/share/asterisk/{name}")
            shutil.copytree(sounds.ensure(), data / "sounds/en")

    def _end(self, number: signal.Signals, timeout: float = 10) -> None:
        pid = self.pid() or (self._process.pid if self._process and self._process.poll() is None else None)
        if pid is None:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
            if self._process and self._process.poll() is not None:
                self._process = None
                return
            time.sleep(0.02)


def describe(node: Asterisk) -> str:
    """What somebody needs to use it, as JSON."""
    known = {
        "pid": node.pid(),
        "ARI": node.ari_url,
        "user": ARI_USER,
        "password": ARI_PASSWORD,
        "sip_port": node.ports.sip,
        "carrier_port": node.ports.carrier,
        "cel": str(node.cel_file),
        "output": str(node.output),
    }
    return json.dumps(known, indent=1)
