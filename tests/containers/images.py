"""The images of compose.yaml, built from our Dockerfiles in a throwaway Debian.

The images that ours begin from, and those of PostgreSQL and Redis, are on no package archive. Stand-ins have their names here: small Debians
with Debian's own packages. So what is proved is what our files say, not what those images do.
"""

import shutil
from pathlib import Path

from tests.containers.run import HERE
from tools.asterisk_root import bootstrap, debian_mirror
from tools.container_root import CHECKOUT, TRUSTED, Machine

STANDIN = HERE / "standin"
BASES = {
    "python:3.11-slim-bookworm": "python",
    "redis:7-bookworm": "redis",
    "postgres:18-bookworm": "postgres",
}
OURS = {"aeims": "Dockerfile", "aeims-asterisk": "deploy/containers/asterisk.Dockerfile"}
# A stage's own authorities and pip's settings are those of the machine, which may be behind a proxy.
TRUST = [f"--volume={file}:{file}:ro" for file in (TRUSTED, "/etc/pip.conf")]


def build(root: Path) -> None:
    """Every image that compose.yaml names. Layers that are there already are taken."""
    with Machine(root, own_network=False) as machine:
        _debian(machine)
        for name, file in BASES.items():
            _build(machine, name, f"{CHECKOUT}/tests/containers/standin", f"{file}.Dockerfile")
        for name, file in OURS.items():
            _build(machine, name, CHECKOUT, file)


def _debian(machine: Machine) -> None:
    name = "debian:trixie-slim"
    if name in machine.run("podman", "images", "--format", "{{.Repository}}:{{.Tag}}"):
        return
    target = machine.root / "srv/debian"
    target.mkdir()
    try:
        assert bootstrap(target, debian_mirror(), "trixie", ["ca-certificates"]) == ""
        machine.run("sh", "-c", f"tar -C /srv/debian -c . | podman import - {name}")
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _build(machine: Machine, name: str, context: str, file: str) -> None:
    archive = debian_mirror()
    machine.run(
        "podman", "build", "--network=host", "--layers", *TRUST, f"--build-arg=ARCHIVE={archive}", f"--build-arg=ASTERISK_ARCHIVE={archive}",
        f"--tag={name}", f"--file={context}/{file}", context,
    )  # fmt: skip
