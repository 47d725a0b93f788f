"""`make test`: installs what the tests need, makes the Asterisk they drive, and runs every one of them.

First, side by side, what listens to telephone lines, which mostly waits and goes first, and everything that needs neither phones
nor pages, which keeps the processors busy and stands back. Then what draws pages, which waits for a browser as long as the
processors are busy. Fails when any test fails, is skipped, or could not run at all.

Every worker reads all files that it is given before its first test. So one process reads them beforehand, which leaves their
bytecode behind, and says which of them hold tests with phones or pages: the workers of those read no others.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from tools import asterisk_root, packages, pgbackrest
from tools.environment import ROOT

WORKERS = "3"
WORKERS_WITH_PHONES, WORKERS_WITH_PAGES = "3", "3"
LAST = 10  # how far the tests beside those with phones stand back: nice's number
GROUPED = ("--dist", "loadgroup", "--durations=10")


def main() -> int:
    os.chdir(ROOT)
    started = time.monotonic()
    if packages.main():
        return 1
    # The processes of a run are hundreds: none compiles what another has compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(
        "Reading the tests, and making sure of an Asterisk and a pgBackRest (the first time takes a minute)",
        flush=True,
    )
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(_files_with, "asterisk or browser")
        try:
            asterisk_root.ensure()
            pgbackrest.ensure()
        except asterisk_root.RootError as error:
            print(error, file=sys.stderr)
            return 1
        files = reading.result()
    if not files:
        return 1
    others = _command("-n", WORKERS, *GROUPED, "-m", "not (asterisk or browser)")
    with_phones = _command(*files, "-n", WORKERS_WITH_PHONES, *GROUPED, "-m", "asterisk")
    with_pages = _command(*files, "-n", WORKERS_WITH_PAGES, *GROUPED, "-m", "browser")
    results = [*_side_by_side(with_phones, others), subprocess.run(with_pages, check=False).returncode]
    print(f"All tests together took {time.monotonic() - started:.0f} s.", flush=True)
    return 0 if results == [0, 0, 0] else 1


def _files_with(marks: str) -> list[str]:
    """The files that hold tests with these marks; none, and what pytest said, if it cannot read them all.

    Meanwhile the tests' PostgreSQL runs all migrations.
    """
    template = subprocess.Popen([sys.executable, "-m", "tests.support.postgres_server"])
    try:
        listed = subprocess.run(
            _command("--collect-only", "-q", "-m", marks), check=False, stdout=subprocess.PIPE, text=True
        )
        is_whole = template.wait() == listed.returncode == 0
    finally:
        template.terminate()  # interrupted; else it has ended already
    if not is_whole:
        print(listed.stdout, flush=True)
        return []
    return sorted({line.partition("::")[0] for line in listed.stdout.splitlines() if "::" in line})


def _side_by_side(with_phones: list[str], others: list[str]) -> list[int]:
    """The exit codes of both. What the tests with phones print comes when the others are through."""
    with tempfile.TemporaryFile("w+") as output:
        phones = subprocess.Popen(with_phones, stdout=output, stderr=subprocess.STDOUT)
        try:
            beside = subprocess.run(["nice", "-n", str(LAST), *others], check=False)
            phones.wait()
        finally:
            phones.terminate()  # interrupted: it ends what it started; else it has ended already
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    return [phones.returncode, beside.returncode]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main())
