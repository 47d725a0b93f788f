"""`make bench` runs: every measurement at its smallest, for the figures belong to a quiet machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres_server import kept
from tools.environment import ROOT

ROWS = {  # of the table, by measurement
    "settlement": [
        "`handle_event` of an ended call / pgbench tpcb-like, 2 clients",
        "`settle` / pgbench tpcb-like, 1 clients | ≥ 0.37 × |",
        "`settle` / first design",
        "`settle` / django-hordak",
        "`settle` / django-ledger",
        "`settle` / SQL of MagnusBilling",
        "pgbench tpcb-like, prepared",
    ],
    "balance": ["balance check |", "statements after authentication"],
    "batches": ["a backlog of events in batches"],
    "pages": [
        "directory for a customer",
        "| signed-in pages: statements around the page itself | ≤ 2 | 2 | yes |",
    ],
    "serving": ["served: a view without a database", "served: balance check"],
    "calls": [
        "whole calls offered, 2/s: ended",
        "whole calls with p99 click",
        "CPU of a call, web, PostgreSQL, and adapter",
        "whole calls in a second of one core",
    ],
    "sockets": [
        "10 real sockets: 99 % of pushes arrive within",
        "10 real sockets: memory each",
        TWICE := "delivered twice or not at all",
        "presence on 10 pages",
        "reopening 10 sockets",
    ],
    "pushes": ["a push of a running call"],
    "setups": ["adapter, CPU of a call"],
    "growth": [
        "history of calls",
        "wallet statement",
        "conversation",
        "staff: transactions",
        "operator's page /statement/",
        "most statements",
    ],
    "recount": [
        "3 calls at ten times their speed, pages open, 10^2 rows: settled | ≥ 3 | 3 | yes |",
        "differ from a recount | ≤ 0 | 0 | yes |",
        "or without their socket | ≤ 0 | 0 | yes |",
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "measurements",
    [
        pytest.param(["settlement", "balance", "batches", "growth"], id="those of one process"),
        pytest.param(list(ROWS), id="all", marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_measurements_of_the_bench_run_and_fill_their_rows(tmp_path: Path, measurements: list[str]) -> None:
    environment = os.environ | {"AEIMS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tools.bench", "--tiny"]
    if (migrated := kept()).exists():
        command += ["--begin-with", str(migrated)]
    command += ["--only", *measurements]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=850)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    wanted = [row for measurement in measurements for row in ROWS[measurement]]
    assert [name for name in wanted if not any(name in row for row in rows)] == []
    if TWICE in wanted:
        assert "| ≤ 0 | 0 | yes |" in next(row for row in rows if TWICE in row)
