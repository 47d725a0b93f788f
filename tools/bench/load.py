"""Puts load on PostgreSQL: by processes of ours that share a list of work, and by pgbench."""

import multiprocessing
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from tools.postgres import Cluster, binary

Work = Callable[[Any], object]
PGBENCH_SCALE = 40  # more branches than clients, so that the yardstick waits for no row
WARM_UP = (
    8  # pieces of work each client does first: its plans are made, its caches filled, as in a running process
)


def prepare_pgbench(cluster: Cluster, scale: int = PGBENCH_SCALE) -> None:
    subprocess.run([binary("createdb"), "--maintenance-db", cluster.url("postgres"), "pgbench"], check=True)
    pgbench(cluster, "-i", "-q", "-s", str(scale))


def in_parallel(clients: int, work: Work, items: Sequence[Any]) -> float:
    """Items a second when `clients` processes share them, from the first one's start to the last one's end.

    Each client's first `WARM_UP` items come before the start and do not count.
    """
    from django.db import connection

    connection.close()  # the clients are forks and open their own
    context = multiprocessing.get_context("fork")
    barrier, times = context.Barrier(clients), context.SimpleQueue()

    def client(number: int) -> None:
        own = items[number::clients]
        for item in own[:WARM_UP]:
            work(item)
        barrier.wait()
        started = time.monotonic()
        for item in own[WARM_UP:]:
            work(item)
        times.put((started, time.monotonic()))

    processes = [context.Process(target=client, args=(number,)) for number in range(clients)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit("A client of the benchmark failed; its output is above.")
    spans = [times.get() for _ in processes]
    measured_items = len(items) - clients * WARM_UP
    return measured_items / (max(end for _, end in spans) - min(start for start, _ in spans))


def tpcb_like(cluster: Cluster, clients: int, seconds: int, *, protocol: str = "simple") -> float:
    """Transactions a second of pgbench's own workload."""
    load = ["-b", "tpcb-like", "-M", protocol, "-c", str(clients), "-j", "2", "-T", str(seconds), "-n"]
    output = pgbench(cluster, *load)
    match = re.search(r"tps = ([0-9.]+)", output)
    assert match, output
    return float(match[1])


def pgbench(cluster: Cluster, *arguments: str) -> str:
    command = [binary("pgbench"), *arguments, cluster.url("pgbench")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
