"""A Debian trixie with podman in it, for tests that build our images and start the containers of compose.yaml.

    with Machine(ensure()) as machine:
        machine.run("podman", "build", ..., network="host")

It is made once with mmdebstrap (about a minute, 750 MB) under `AEIMS_DATA_DIR`, beside the chroot of `tools.asterisk_root`, and keeps the
images that are built in it. A machine is that root in namespaces of its own: mounts (by pivot_root, for what starts containers wants
a real root), processes, and a network that leads nowhere. Needs root, and takes nothing from the host but its kernel.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from tools.asterisk_root import RootError, bootstrap, building, data_dir, debian_mirror, locked
from tools.environment import ROOT

SUITE = "trixie"
PACKAGES = (
    "podman", "podman-compose", "crun", "netavark", "aardvark-dns", "nftables", "catatonit", "ca-certificates", "openssl", "iproute2", "python3",
)  # fmt: skip
STAMP = "aeims-container-root.json"
RECIPE = {"recipe": 1, "suite": SUITE, "packages": list(PACKAGES)}
TRUSTED = "/etc/trusted-by-the-host.crt"  # for pip, in stages of images too
CHECKOUT = "/checkout"  # as the machine sees it; nobody there may write to it
# Without systemd, and on hosts of either version of cgroups: no limits, which nothing here needs.
_CONTAINERS = """\
[containers]
cgroups = "disabled"
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_BECOME_ROOT = """\
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mkdir -p checkout old
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind "$2" checkout
mount -o remount,bind,ro checkout
cp /etc/resolv.conf etc/resolv.conf
pivot_root . old
umount -l /old
ip link set lo up
echo ready
exec sleep infinity
"""


def ensure() -> Path:
    """The root's directory, made now if need be. Raises RootError."""
    if os.geteuid() != 0:
        raise RootError("Containers can be started by root alone")
    root = data_dir() / "container-root"
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(root.name + ".lock")):
        if not _is_complete(root):
            with building(root) as target:
                output = bootstrap(target, debian_mirror(), SUITE, PACKAGES)
                if output:
                    raise RootError("mmdebstrap could not make a root with podman:\n" + output[-2000:])
                (target / STAMP).write_text(json.dumps(RECIPE) + "\n")
        _lay_out(root)
    return root


def _is_complete(root: Path) -> bool:
    try:
        return bool(json.loads((root / STAMP).read_text()) == RECIPE)
    except (OSError, ValueError):
        return False


def _lay_out(root: Path) -> None:
    """Podman's settings, and the authorities that this machine trusts: images are built through the same proxies as it uses."""
    (root / "etc/containers").mkdir(exist_ok=True)
    files, processes = (
        resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)
    )
    (root / "etc/containers/containers.conf").write_text(_CONTAINERS.format(files=files, processes=processes))
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / TRUSTED.lstrip("/"))
    (root / "etc/pip.conf").write_text(f"[global]\ncert = {TRUSTED}\n")


class Machine:
    """The root in namespaces of its own, from `__enter__` to `__exit__`; all its processes end with it."""

    def __init__(self, root: Path, *, own_network: bool = True) -> None:
        self.root, self._own_network = root, own_network
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        namespaces = ["-m", "-p", "-f", "--kill-child", *(["-n"] if self._own_network else [])]
        command = ["unshare", *namespaces, "sh", "-c", _BECOME_ROOT, "sh", str(self.root), str(ROOT)]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *command], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            self.__exit__()
            raise RootError("the namespaces could not be made; see what was said above")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        for process in [*self._children(), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def inside(self, *command: str, directory: str = "/") -> list[str]:
        """`command` as this process would run it there."""
        return [
            "nsenter",
            "-t",
            str(self._children()[0]),
            "-m",
            "-p",
            "-n",
            f"--wd={self._seen(directory)}",
            *command,
        ]

    def in_its_network(self, *command: str) -> list[str]:
        """`command` with the files of this host and the network of the machine."""
        return ["nsenter", "-t", str(self._children()[0]), "-n", *command]

    def run(self, *command: str, directory: str = "/", check: bool = True, seconds: float = 600) -> str:
        """What it said. Raises RootError if it ended otherwise than with 0."""
        done = subprocess.run(
            self.inside(*command, directory=directory), env=self.environment, check=False, timeout=seconds,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        if check and done.returncode:
            raise RootError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done.stdout

    def start(self, *command: str, directory: str = "/", log: Path) -> "subprocess.Popen[Any]":
        """Begin it, with all that it says in `log`."""
        with log.open("ab") as output:
            return subprocess.Popen(
                self.inside(*command, directory=directory), env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )  # fmt: skip

    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
    }

    def _seen(self, directory: str) -> str:
        return f"/proc/{self._children()[0]}/root{directory}"

    def _children(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        with contextlib.suppress(FileNotFoundError):
            for _ in range(100):
                found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
                if found:
                    return found
                time.sleep(0.01)
        return []
