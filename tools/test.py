"""`make test`: installs what the tests need, makes the Asterisk they drive, and runs every one of them.

What listens to telephone lines mostly waits, so it runs beside everything else and goes first on the processors: first beside
what needs neither lines nor pages, then beside what draws pages. Fails when any test fails, is skipped, or could not run
at all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

from tools import asterisk_root, packages
from tools.environment import ROOT

WORKERS = "3"
WORKERS_WITH_PHONES = WORKERS_WITH_PAGES = "2"
STAND_BACK = ["nice", "-n", "10"]


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
    results = _run()
    print(f"All tests together took {time.monotonic() - started:.0f} s.", flush=True)
    return 0 if results == [0, 0, 0] else 1


def _run() -> list[int]:
    """The exit codes. What the tests with phones print comes when all others are through."""
    grouped = ["--dist", "loadgroup", "--durations=10"]
    with tempfile.TemporaryFile("w+") as output:
        phones = subprocess.Popen(
            _command("-n", WORKERS_WITH_PHONES, *grouped, "-m", "asterisk"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            others = [
                _command("-n", WORKERS, "--durations=10", "-m", "not (asterisk or browser)"),
                _command("-n", WORKERS_WITH_PAGES, *grouped, "-m", "browser"),
            ]
            results = [subprocess.run([*STAND_BACK, *command], check=False).returncode for command in others]
            phones.wait()
        finally:
            phones.terminate()  # interrupted: it ends what it started; else it has ended already
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    return [*results, phones.returncode]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main())
