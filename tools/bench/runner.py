"""Each measurement in a process of its own, on a fresh copy of the migrated database: no row of the table disturbs another.

A measurement that fails, or takes too long, is a row that says so, and the others go on.
"""

import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

from tools.bench.table import Goal, failed
from tools.postgres import Cluster

Measurement = Callable[[], list[Goal]]
LONGEST_SECONDS = 900.0  # of one measurement; the growth to 10⁷ rows is given more
STOP_SECONDS = 10.0
KEPT = "template"  # beside the data of the server


def run_all(cluster: Cluster, measurements: Mapping[str, Measurement], longest: float) -> list[Goal]:
    """The rows of all, in this order. The server runs before and afterwards."""
    return [goal for goals in run_each(cluster, measurements, longest) for goal in goals]


def run_each(
    cluster: Cluster, measurements: Mapping[str, Measurement], longest: float
) -> Iterator[list[Goal]]:
    """The rows of one measurement after the other."""
    from django.db import connections

    connections.close_all()  # each measurement is a fork and opens its own
    for name, measure in measurements.items():
        print(f"measuring {name}", file=sys.stderr, flush=True)
        if (cluster.directory / KEPT).exists():
            _start_afresh(cluster)
        else:
            _keep(cluster)
        yield _run_one(name, measure, longest)


def _keep(cluster: Cluster) -> None:
    cluster.stop()
    subprocess.run(["cp", "-a", cluster.data, cluster.directory / KEPT], check=True)
    cluster.start()


def _start_afresh(cluster: Cluster) -> None:
    cluster.stop()
    shutil.rmtree(cluster.data)
    subprocess.run(["cp", "-a", cluster.directory / KEPT, cluster.data], check=True)
    os.sync()  # what the measurement before has written is not written during the next
    cluster.start()


def _run_one(name: str, measure: Measurement, longest: float) -> list[Goal]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(name, measure, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(longest):
            return [failed(name, f"took longer than {longest:g} s")]
        goals: list[Goal] = ours.recv()
        return goals
    except EOFError:
        process.join()
        return [failed(name, f"its process ended with {process.exitcode}")]
    except Exception as error:
        return [failed(name, f"{type(error).__name__}: {error}")]
    finally:
        _end(process)


def _report(name: str, measure: Measurement, result: Connection) -> None:
    """In the process of the measurement: its rows go to `result`, or one that says why there are none."""
    os.setsid()  # it and what it starts are ended together
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        goals = measure()
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        goals = [failed(name, str(error) or type(error).__name__)]
    result.send(goals)


def _end(process: ForkProcess) -> None:
    """Whatever a measurement that failed has left running: asked to stop, then killed."""
    assert process.pid is not None
    deadline = time.monotonic() + STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):  # nobody of them is left
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.join(0.1)
            os.killpg(process.pid, 0)
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
