"""`make test`: installs what the tests need, makes the Asterisk they drive, and runs every one of them.

First everything that shares nothing. Then, side by side, what listens to telephone lines, which mostly waits, and what draws
pages, which keeps the processors busy and lets the phones go first. Fails when any test fails, is skipped, or could not run
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
WORKERS_SIDE_BY_SIDE = "2"  # of each kind
LAST = 10  # how far the pages stand back: nice's number


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
        _pytest("-n", WORKERS, "--durations=10", "-m", "not (asterisk or browser)"),
        *_phones_and_pages(),
    ]
    print(f"All tests together took {time.monotonic() - started:.0f} s.", flush=True)
    return 0 if results == [0, 0, 0] else 1


def _phones_and_pages() -> list[int]:
    """The exit codes of both. What the tests with phones print comes when those with pages are through."""
    each = ["-n", WORKERS_SIDE_BY_SIDE, "--dist", "loadgroup", "--durations=10"]
    with tempfile.TemporaryFile("w+") as output:
        phones = subprocess.Popen(_command(*each, "-m", "asterisk"), stdout=output, stderr=subprocess.STDOUT)
        try:
            pages = subprocess.run(["nice", "-n", str(LAST), *_command(*each, "-m", "browser")], check=False)
            phones.wait()
        finally:
            phones.terminate()  # interrupted: it ends what it started; else it has ended already
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    return [phones.returncode, pages.returncode]


def _pytest(*arguments: str) -> int:
    return subprocess.run(_command(*arguments), check=False).returncode


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main())
