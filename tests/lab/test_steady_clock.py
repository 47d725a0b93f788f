"""Asterisk's steady clock (`deploy/asterisk/steady_clock.c`) under a date that jumps by an hour, both ways."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab import faketime, preloads
from tools import asterisk_root
from tools.environment import ROOT

HOUR = 3600
# What libc offers to read the date, or to wait until one.
BY_DATE = re.compile(
    r"time|gettimeofday|clock_gettime|clock_nanosleep|timespec_get|ftime|timer_settime|mq_timed(send|receive)"
    r"|pthread_\w*timed\w*|sem_timedwait|(cnd|mtx)_timed\w+"
)
OF_ASTERISK = ("usr/sbin/asterisk", "usr/lib/*/asterisk/modules/*.so", "usr/lib/*/libasterisk*.so*")


def probe(tmp_path: Path, what: str, *libraries: Path) -> list[dict[str, dict[str, float]]]:
    """What a program sees, and how long it waits, after an hour forward and then two back."""
    file = tmp_path / "clock"
    file.write_text("+0\n")
    environment: dict[str, Any] = os.environ | faketime.values(file)
    environment["LD_PRELOAD"] = ":".join(str(library) for library in (*libraries, faketime.library()))
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.clock_probe", what, str(file), f"+{HOUR}", f"-{HOUR}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    told: list[dict[str, dict[str, float]]] = json.loads(done.stdout)
    return told


@pytest.mark.slow
def test_no_way_to_read_the_date_sees_a_step(tmp_path: Path) -> None:
    for told in probe(tmp_path, "look", preloads.steady_clock()):
        assert told["seen"] == pytest.approx(
            dict.fromkeys(told["seen"], 0), abs=1.1
        )  # time() has whole seconds


@pytest.mark.slow
def test_a_wait_until_a_date_lasts_as_long_as_was_meant(tmp_path: Path) -> None:
    for told in probe(tmp_path, "wait", preloads.steady_clock()):
        assert len(told["waited"]) == 4
        assert all(0.29 <= seconds < HOUR / 60 for seconds in told["waited"].values()), told["waited"]


@pytest.mark.slow
def test_without_it_every_way_sees_the_step(tmp_path: Path) -> None:
    forward, back = probe(tmp_path, "look")
    assert forward["seen"] == pytest.approx(dict.fromkeys(forward["seen"], HOUR), abs=1.1)
    assert back["seen"] == pytest.approx(dict.fromkeys(back["seen"], -HOUR), abs=1.1)


def names(which: str, *files: Path) -> set[str]:
    """The dynamic symbols of programs and libraries: `defined` or `undefined`."""
    command = ["nm", "--dynamic", "--format=just-symbols", f"--{which}-only", *map(str, files)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {line.partition("@")[0] for line in said.split()}


@pytest.mark.asterisk
def test_it_stands_before_every_way_to_the_date_that_asterisk_takes() -> None:
    root = asterisk_root.ensure()
    files = [file for pattern in OF_ASTERISK for file in root.glob(pattern)]
    taken = {name for name in names("undefined", *files) if BY_DATE.fullmatch(name)}
    assert {"gettimeofday", "pthread_cond_timedwait"} <= taken, "this looks at the wrong files"
    assert taken - names("defined", preloads.steady_clock()) == set()
