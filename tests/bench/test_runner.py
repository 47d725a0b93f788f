"""Each measurement of the bench runs by itself: one that fails is a row, and the others go on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.bench import runner
from tools.bench.table import Goal
from tools.postgres import Cluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cluster:
    """Nothing is copied or started."""
    monkeypatch.setattr(runner, "_keep", lambda cluster: None)
    monkeypatch.setattr(runner, "_start_afresh", lambda cluster: None)
    return Cluster(directory=tmp_path / "cluster", log=tmp_path / "log")


def test_a_measurement_that_fails_is_a_row_and_the_others_go_on(cluster: Cluster) -> None:
    def breaks() -> list[Goal]:
        raise SystemExit("the driver | ended")

    goals = runner.run_all(
        cluster,
        {"calls": breaks, "dies": lambda: os._exit(3), "balance": lambda: [Goal(what="rate", measured=1)]},  # type: ignore[return-value]
        10,
    )
    assert [goal.failed for goal in goals] == [
        "failed: the driver | ended",
        "failed: its process ended with 3",
        "",
    ]
    assert not goals[0].is_met
    assert "failed: the driver / ended" in goals[0].line()


def test_what_a_measurement_has_left_running_is_killed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_SECONDS", 0.2)
    ignores = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"

    def leaves_one() -> list[Goal]:
        left = subprocess.Popen([sys.executable, "-c", ignores], stdout=subprocess.PIPE)
        assert left.stdout is not None
        left.stdout.readline()
        (tmp_path / "pid").write_text(str(left.pid))
        return [Goal(what="rate", measured=1)]

    assert [goal.what for goal in runner.run_all(cluster, {"calls": leaves_one}, 10)] == ["rate"]
    _await_end(int((tmp_path / "pid").read_text()))


def _await_end(pid: int) -> None:
    """Killed, it ends in its own time: it isn't ours to wait for."""
    deadline = time.monotonic() + 30
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_measurement_that_hangs_is_ended(cluster: Cluster, tmp_path: Path) -> None:
    def hangs() -> list[Goal]:
        (tmp_path / "pid").write_text(str(os.getpid()))
        os.read(os.pipe()[0], 1)
        return []

    goals = runner.run_all(cluster, {"calls": hangs}, 0.5)
    assert goals[0].line() == "| calls |  | failed: took longer than 0.5 s |  |  |"
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()
