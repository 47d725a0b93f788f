"""`make bench` runs: every measurement at its smallest, for the figures belong to a quiet machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres_server import kept
from tools.environment import ROOT

ROWS = {  # of the table, by measurement
    "settlement": ["`settle`, 1 clients", "`handle_event` of an ended call"],
    "balance": ["balance check |", "statements after authentication"],
    "serving": ["served: a view without a database", "served: balance check"],
    "timers": [
        "share of a core",
        "pushes arrive within",
        "memory each",
        TWICE := "delivered twice or not at all",
    ],
    "pushes": ["a push of a running call"],
    "setups": ["adapter, CPU of a call"],
    "growth": ["history of calls", "wallet statement", "conversation", "staff: transactions"],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "measurements",
    [
        pytest.param(["settlement", "balance", "growth"], id="those of one process"),
        pytest.param(list(ROWS), id="all", marks=pytest.mark.long),
    ],
)
def test_measurements_of_the_bench_run_and_fill_their_rows(tmp_path: Path, measurements: list[str]) -> None:
    environment = os.environ | {"AEIMS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tools.bench", "--tiny"]
    if (migrated := kept()).exists():
        command += ["--begin-with", str(migrated)]
    command += ["--only", *measurements]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    wanted = [row for measurement in measurements for row in ROWS[measurement]]
    assert [name for name in wanted if not any(name in row for row in rows)] == []
    if TWICE in wanted:
        assert "| ≤ 0 | 0 | yes |" in next(row for row in rows if TWICE in row)
