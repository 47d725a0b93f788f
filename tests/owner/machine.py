"""A Debian machine of an owner's: a root that holds nothing but Debian and systemd, booted in a container of systemd-nspawn.

It shares this machine's network, so its ports must be free here. Needs root, and Debian's systemd-container and mmdebstrap.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tools.asterisk_root import data_dir, debian_mirror
from tools.environment import ROOT

SUITE = "sid"  # the one that has Asterisk
PORTS = (80, 443, 5432, 6379, 8001, 8002, 8088, 8090)
BOOT_SECONDS = 60
# In a mount namespace of its own: a /run and a tree of cgroups as systemd wants them, whatever this machine has.
_BOOT = """
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd
umount -R /sys/fs/cgroup 2> /dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec systemd-nspawn --quiet --directory="$0" --register=no --keep-unit --boot --console=pipe --resolv-conf=copy-host
"""
_AT_HOME = ("sh", "-c", 'cd /root && exec "$@"', "sh")


class MachineError(RuntimeError):
    """The machine can't be had here, or a command in it failed; the text says what was said."""


def base_root() -> Path:
    """A root with nothing of ours in it, made once (half a minute, 140 MB)."""
    base = data_dir() / "debian-root"
    if not (base / "sbin/init").exists():
        shutil.rmtree(base, ignore_errors=True)
        _run(
            "mmdebstrap", "--variant=minbase", '--aptopt=Acquire::Check-Valid-Until "false"',
            "--include=systemd,systemd-sysv,dbus,ca-certificates", SUITE, str(base), debian_mirror(),
        )  # fmt: skip
    return base


class Machine:
    """One machine in `directory`, from power-on to power-off."""

    def __init__(self, directory: Path) -> None:
        self.root = directory
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise MachineError("A machine is booted by root alone.")
        for tool in ("systemd-nspawn", "mmdebstrap", "nsenter"):
            if not shutil.which(tool):
                raise MachineError(
                    f"{tool} is missing: apt-get install systemd-container mmdebstrap util-linux"
                )
        for port in PORTS:
            _require_free(port)
        _run("cp", "-a", str(base_root()), str(self.root))
        self._boot()
        return self

    def __exit__(self, *_: object) -> None:
        if self._nspawn is not None and self._leader:
            # Calls are over: Asterisk needn't wait for them.
            self.run("systemctl", "kill", "--signal=KILL", "aeims-asterisk", check=False)
        if self._nspawn is not None:
            self._nspawn.send_signal(signal.SIGTERM)  # nspawn has systemd shut down
            try:
                self._nspawn.wait(timeout=90)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, *command: str, text: str = "", check: bool = True, **environment: str) -> str:
        """What a command in the machine says, both streams. Raises MachineError where it fails and is checked."""
        done = subprocess.run(
            self._inside(command, environment), input=text, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if check and done.returncode:
            raise MachineError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def popen(self, *command: str) -> subprocess.Popen[str]:
        """A command that goes on, its output to be read, its input to be written."""
        return subprocess.Popen(
            self._inside(command, {}), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=1,
        )  # fmt: skip

    def path(self, inside: str) -> Path:
        """A path of the machine as this machine sees it."""
        return self.root / inside.lstrip("/")

    def unpack(self, files: Path, inside: str, *, commit: str = "") -> None:
        """Put the checkout there: as it is now, or as it was at a commit."""
        place = self.path(inside)
        place.mkdir(parents=True, exist_ok=True)
        if commit:
            listing = ["git", "archive", "--format=tar", commit]
        else:
            listing = [
                "sh",
                "-c",
                "git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -",
            ]
        archive = subprocess.run(listing, cwd=files, check=True, stdout=subprocess.PIPE)
        subprocess.run(
            ["tar", "-C", str(place), "--no-same-owner", "-xf", "-"], check=True, input=archive.stdout
        )

    def _inside(self, command: Sequence[str], environment: dict[str, str]) -> list[str]:
        values = [
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
        ]
        values += [f"{name}={value}" for name, value in environment.items()]
        return [
            "nsenter",
            "-t",
            str(self._leader),
            "-m",
            "-p",
            "-u",
            "-i",
            "-C",
            *values,
            *_AT_HOME,
            *command,
        ]

    def _boot(self) -> None:
        self._nspawn = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _BOOT, str(self.root)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline and self._nspawn.poll() is None:
            self._leader = self._leader or _child_named(self._nspawn.pid, "systemd")
            if self._leader and self.run("systemctl", "is-system-running", check=False).strip() == "running":
                return
            time.sleep(0.2)
        raise MachineError(f"The machine didn't boot within {BOOT_SECONDS} s.")


def wheels(into: Path, python: str) -> None:
    """What the release's lock names, for the Python of a machine that asks no index: from where this machine gets its own."""
    into.mkdir(parents=True)
    download = [str(ROOT / ".venv/bin/pip"), "download", "--quiet", "--no-deps", "-d", str(into)]
    lock = str(ROOT / "deploy/requirements.lock")
    _run(*download, "--require-hashes", "--python-version", python, "-r", lock)
    _run(*download, "setuptools")  # builds what PyPI has as a source alone


def _child_named(pid: int, name: str) -> int:
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text().rpartition(") ")[2].split()
            command = process.with_name("comm").read_text().strip()
        except OSError:
            continue
        if command == name and int(fields[1]) == pid:
            return int(process.parent.name)
    return 0


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            raise MachineError(f"Port {port} is taken here: the machine shares this network.") from error


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise MachineError(f"{command[0]}: {(done.stdout + done.stderr)[-2000:]}")
