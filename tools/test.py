"""`make test`: installs what the tests need, makes the Asterisk they drive, and runs every one of them.

First everything that shares nothing, then what listens to telephone lines and draws pages, which mostly waits: so three
at a time on two cores. Fails when any test fails, is skipped, or could not run at all.
"""

import os
import subprocess
import sys
import time

from tools import asterisk_root, packages
from tools.environment import ROOT

TIMED = "asterisk or browser"
WORKERS = "3"


def main() -> int:
    os.chdir(ROOT)
    started = time.monotonic()
    if packages.main():
        return 1
    print("Making sure of an Asterisk (the first time takes half a minute)", flush=True)
    try:
        asterisk_root.ensure()
    except asterisk_root.RootError as error:
        print(error, file=sys.stderr)
        return 1
    results = [
        _pytest("-n", WORKERS, "-m", f"not ({TIMED})"),
        _pytest("-n", WORKERS, "--dist", "loadgroup", "-m", TIMED, "--durations=10"),
    ]
    print(f"All tests together took {time.monotonic() - started:.0f} s.", flush=True)
    return 0 if results == [0, 0] else 1


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
