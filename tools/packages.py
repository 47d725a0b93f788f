"""Installs the Debian packages that the tests need, or says exactly what is missing.

    python -m tools.packages           # uses tools/debian-packages.txt

Root installs what is missing; anyone else gets the command to hand to root, and the run fails: a test
that cannot run is a failure, never a skip.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")  # what Debian asks before it starts a service
LIST = Path(__file__).with_name("debian-packages.txt")


def wanted(text: str) -> list[str]:
    """The package names of a list with `#` comments."""
    names = (line.partition("#")[0].strip() for line in text.splitlines())
    return [name for name in names if name]


def missing(names: list[str]) -> list[str]:
    """Those of `names` that dpkg does not know as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names]
    known = subprocess.run(query, check=False, capture_output=True, text=True).stdout.splitlines()
    installed = {line.split()[0] for line in known if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def install(names: list[str]) -> None:
    """Install `names` with apt, without recommended packages. Needs root."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names],
        ):
            subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)


@contextmanager
def no_services(policy: Path = POLICY) -> Iterator[None]:
    """Within: what is installed is not started, unless the machine has a policy of its own. Tests start what they need."""
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def main() -> int:
    names = missing(wanted(LIST.read_text()))
    if not names:
        return 0
    if os.geteuid() != 0:
        print(f"Missing Debian packages. As root: apt-get install {' '.join(names)}", file=sys.stderr)
        return 1
    print(f"Installing {', '.join(names)}", flush=True)
    install(names)
    return 0


if __name__ == "__main__":
    sys.exit(main())
