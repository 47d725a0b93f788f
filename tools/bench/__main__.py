"""`make bench`: how many ended calls are settled in a second, beside two yardsticks, in one interleaved run.

Yardsticks: `pgbench -b tpcb-like` at the same number of clients, and the first design (a new connection for each
event, statement by statement). Only the ratios of one run mean something: machines differ, and load changes. The
PostgreSQL is a fresh one with its durability on, under `.local/bench`, removed afterwards.
"""

import os
import shutil
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable

from tools.bench.load import in_parallel, prepare_pgbench, tpcb_like
from tools.environment import ROOT, data_directory
from tools.postgres import Cluster

CLIENTS = (8, 32)
ROUNDS = 3
YARDSTICK, FIRST_DESIGN, SETTLE, EVENT = (
    "pgbench tpcb-like",
    "first design",
    "billing settle",
    "ended event, whole",
)
Rates = dict[tuple[str, int], list[float]]


def measure(cluster: Cluster) -> Rates:
    """Rates of each contender at each number of clients, one for each round."""
    from django.core.management import call_command
    from django.db import connection

    from tools.bench import contenders

    call_command("migrate", verbosity=0)
    contenders.make_first_design(cluster.url())
    prepare_pgbench(cluster)
    people = contenders.Prepared(cluster.url())
    as_first_designed = contenders.settle_as_first_designed(cluster.url())
    rates: Rates = defaultdict(list)
    for number in range(1, ROUNDS + 1):
        for clients in CLIENTS:
            print(f"round {number} of {ROUNDS}, {clients} clients", flush=True)
            rates[YARDSTICK, clients].append(tpcb_like(cluster, clients))
            for name, prepare, work in (
                (FIRST_DESIGN, people.calls_of_the_first_design, as_first_designed),
                (SETTLE, people.authorizations, contenders.settle_one),
                (EVENT, people.ended_events, contenders.handle_one),
            ):
                items = prepare()
                connection.close()  # the clients are forks and open their own
                rates[name, clients].append(in_parallel(clients, work, items))
    return rates


def report(rates: Rates) -> str:
    """A table of medians and their ratios, and below it each goal with what was reached."""
    middle = {key: statistics.median(found) for key, found in rates.items()}
    lines = [f"{'clients':>7}  {'':20}{'a second':>9}{'lowest':>8}{'highest':>8}{'× tpcb':>8}{'× first':>8}"]
    for (name, clients), found in sorted(rates.items(), key=lambda item: item[0][1]):
        rate = middle[name, clients]
        lines.append(
            f"{clients:>7}  {name:20}{rate:>9.0f}{min(found):>8.0f}{max(found):>8.0f}"
            f"{rate / middle[YARDSTICK, clients]:>8.2f}{rate / middle[FIRST_DESIGN, clients]:>8.2f}"
        )
    few, many = CLIENTS
    for what, reached, wanted in (
        ("settle at 8 clients, × tpcb-like", middle[SETTLE, few] / middle[YARDSTICK, few], 0.4),
        ("settle at 8 clients, × first design", middle[SETTLE, few] / middle[FIRST_DESIGN, few], 4),
        ("settle at 32 clients, × its rate at 8", middle[SETTLE, many] / middle[SETTLE, few], 0.85),
    ):
        lines.append(
            f"{what:40} {reached:6.2f}   wanted {wanted:.2f}   {'ok' if reached >= wanted else 'MISSED'}"
        )
    return "\n".join(lines)


def in_a_fresh_database(work: Callable[[Cluster], Rates]) -> Rates:
    """Run `work` with Django on a PostgreSQL of its own."""
    directory = data_directory() / "bench"
    shutil.rmtree(directory, ignore_errors=True)
    cluster = Cluster(directory=directory, log=directory / "log")
    cluster.start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "aeims.settings", "AEIMS_ENV": "test", "DATABASE_URL": cluster.url(),
        "DATABASE_POOL_SIZE": "0", "TELEPHONY_LAB_PREFIXES": "+1999", "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    try:
        import django

        django.setup()
        return work(cluster)
    finally:
        cluster.stop()
        shutil.rmtree(directory)


if __name__ == "__main__":
    os.chdir(ROOT)
    print(report(in_a_fresh_database(measure)))
    sys.exit(0)
