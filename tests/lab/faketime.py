"""libfaketime (Debian): a program under it has a date that is off by what a file says, and a true monotonic clock."""

import subprocess
from pathlib import Path


def library() -> Path:
    """The library of the package."""
    said = subprocess.run(["dpkg", "-L", "libfaketime"], capture_output=True, text=True, check=False).stdout
    found = [Path(line) for line in said.splitlines() if line.endswith("/libfaketime.so.1")]
    assert found, "apt-get install libfaketime (tools/debian-packages.txt)"
    return found[0]


def values(file: Path) -> dict[str, str]:
    """The environment of a program whose date follows `file` (`tests.full_stack.stepped_clock.Clock` writes it), all but LD_PRELOAD."""
    return {
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }
