"""`make bench` runs: every measurement at its smallest, for the figures belong to a quiet machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres_server import kept
from tools.environment import ROOT

MEASURED = [
    "`settle`, 1 clients", "`handle_event` of an ended call", "balance check |", "statements after authentication",
    "served: a view without a database", "served: balance check",
    "share of a core", "pushes arrive within", "memory each", "delivered twice or not at all",
    "a push of a running call", "adapter, CPU of a call", "history of calls", "wallet statement", "conversation", "staff: transactions",
]  # fmt: skip


@pytest.mark.slow
def test_every_measurement_of_the_bench_runs_and_fills_its_rows(tmp_path: Path) -> None:
    environment = os.environ | {"AEIMS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tools.bench", "--tiny"]
    if (migrated := kept()).exists():
        command += ["--begin-with", str(migrated)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [name for name in MEASURED if not any(name in row for row in rows)] == []
    twice = next(row for row in rows if "delivered twice or not at all" in row)
    assert "| ≤ 0 | 0 | yes |" in twice
