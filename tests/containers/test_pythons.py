"""The lock installs, and the fast tests of `make check` pass, on the Pythons of Debian's next releases."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.asterisk_root import bootstrap, building, data_dir, debian_mirror, locked
from tools.check import FAST
from tools.container_root import Machine
from tools.environment import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800), pytest.mark.xdist_group("containers")]

PACKAGES = (
    "python3", "python3-venv", "ca-certificates", "iproute2", "git", "openssl", "gcc", "libc6-dev", "mmdebstrap", "prometheus", "redis-server",
    "redis-tools", "tzdata",
)  # fmt: skip
# Whether rules for Prometheus fire is a matter of its version, not of Python's.
LEFT_OUT = "tests/watching/test_rules.py::test_promtool_takes_the_rules_and_their_own_tests_pass"
STAMP = "aeims-python-root.json"
LOCK = ROOT / "requirements.lock"
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"


@pytest.mark.parametrize(("suite", "version"), [("trixie", "3.13"), ("sid", "3.14")])
def test_the_lock_installs_and_the_fast_tests_pass(suite: str, version: str) -> None:
    root = ensure(suite)
    checkout = root / "srv/checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, checkout], check=True)  # with its history
    with Machine(root) as machine:
        assert machine.run("/venv/bin/python", "-V").startswith(f"Python {version}.")
        said = machine.run(
            "env", "AEIMS_ENV=test", "DATABASE_POOL_SIZE=0", "LANG=C.UTF-8", "/venv/bin/python", "-m", "pytest", "-q", "-n", "2", "-m", FAST, f"--deselect={LEFT_OUT}",
            directory="/srv/checkout", check=False, seconds=1500,
        )  # fmt: skip
    last = said.strip().splitlines()[-1]
    assert " passed" in last, said[-6000:]
    assert "failed" not in last, said[-6000:]
    assert "error" not in last, said[-6000:]


def ensure(suite: str) -> Path:
    """A root of this release of Debian with everything of the lock in `/venv`, made if need be."""
    root = data_dir() / f"python-{suite}"
    root.parent.mkdir(parents=True, exist_ok=True)
    recipe = {"packages": list(PACKAGES), "lock": LOCK.read_text()}
    with locked(root.with_name(root.name + ".lock")):
        if (root / STAMP).exists() and json.loads((root / STAMP).read_text()) == recipe:
            return root
        with building(root) as target:
            assert bootstrap(target, debian_mirror(), suite, PACKAGES) == ""
            shutil.copy(f"/{AUTHORITIES}", target / AUTHORITIES)
            shutil.copy("/etc/resolv.conf", target / "etc/resolv.conf")
            shutil.copy(LOCK, target / "srv")
            install = f"python3 -m venv /venv && /venv/bin/pip install -q --no-deps --require-hashes --cert /{AUTHORITIES} -r /srv/{LOCK.name}"
            done = subprocess.run(
                ["chroot", target, "sh", "-c", install], env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, capture_output=True, text=True
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-3000:]
            (target / STAMP).write_text(json.dumps(recipe))
    return root
