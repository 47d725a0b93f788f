"""`make bench`: the product's speed beside yardsticks of the same run, one Markdown table.

Only ratios and limits mean something: machines differ, and load changes. The PostgreSQL is a fresh one with its durability
on, and each measurement has a fresh copy of it. `make bench do="--growth 7"` takes the interactive queries from 10⁵ to 10⁷ rows (half
an hour and 30 GB); `--only sockets setups` runs some of the measurements. Exits with 1 if one of them failed.
"""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from tools.bench import (
    balance,
    batches,
    calls,
    growth,
    pages,
    pushes,
    recount,
    serving,
    settlement,
    setups,
    sockets,
)
from tools.bench.database import fresh_database
from tools.bench.machine import described, load
from tools.bench.runner import LONGEST_SECONDS, Measurement, run_all
from tools.bench.table import markdown
from tools.environment import ROOT
from tools.postgres import Cluster

DEFAULT_GROWTH = 6


def main() -> int:
    options = _options()
    before = load()
    with fresh_database(options.begin_with) as cluster:
        measurements = _tiny(cluster) if options.tiny else _whole(cluster, options)
        chosen = {name: measurements[name] for name in options.only or measurements}
        longest = LONGEST_SECONDS * (10 if options.growth > DEFAULT_GROWTH else 1)
        goals = run_all(cluster, chosen, longest)
        print(markdown(goals))
        print(f"\n{described(cluster)}, load {before} before, {load()} at the end.")
    return 1 if any(goal.failed for goal in goals) else 0


def _whole(cluster: Cluster, options: argparse.Namespace) -> dict[str, Measurement]:
    return {
        "balance": balance.measure,
        "batches": batches.measure,
        "pages": pages.measure,
        "calls": partial(calls.measure, cluster, ladder=options.rates),
        "settlement": partial(settlement.measure, cluster, rounds=options.rounds),
        "serving": serving.measure,
        "sockets": partial(sockets.measure, pages=options.sockets),
        "pushes": pushes.measure,
        "setups": setups.measure,
        "growth": partial(growth.measure, sizes=(10 ** (options.growth - 2), 10**options.growth)),
        "recount": partial(recount.measure, rows=10**options.growth),
    }


def _tiny(cluster: Cluster) -> dict[str, Measurement]:
    """Everything at its smallest: it runs, and the figures mean nothing."""
    return {
        "balance": partial(balance.measure, rounds=1, requests=2),
        "batches": partial(batches.measure, calls=2, rounds=1),
        "pages": partial(pages.measure, requests=2, operators=3),
        "calls": partial(calls.measure, cluster, ladder=(2,), seconds=9, uncounted_seconds=1, attempts=1),
        "settlement": partial(
            settlement.measure,
            cluster,
            rounds=1,
            clients=(1, 2),
            settlements=4,
            seconds=1,
            scale=1,
            with_peers=False,
        ),
        "serving": partial(serving.measure, rounds=1, seconds=0.2),
        "sockets": partial(sockets.measure, pages=10, seconds=3, presence_seconds=2),
        "pushes": partial(pushes.measure, calls=2, pushes=4, rounds=1),
        "setups": partial(setups.measure, calls=1),
        "growth": partial(growth.measure, sizes=(10, 100), others=10, repeats=1),
        "recount": partial(recount.measure, calls=3, rows=100, median_seconds=150, others=10),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = [
        "balance", "batches", "pages", "calls", "settlement", "serving", "sockets", "pushes", "setups", "growth", "recount"
    ]  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=names, help="these measurements alone")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender (3)")
    parser.add_argument("--sockets", type=int, default=1000, help="open pages (1000)")
    parser.add_argument(
        "--rates",
        nargs="+",
        type=float,
        default=calls.LADDER,
        help="whole calls offered a second, until one is missed",
    )
    parser.add_argument(
        "--growth", type=int, default=DEFAULT_GROWTH, help="exponent of the larger number of rows (6)"
    )
    parser.add_argument(
        "--tiny", action="store_true", help="only see that all of it runs: the figures mean nothing"
    )
    parser.add_argument(
        "--begin-with",
        type=Path,
        help="a copy of these data of a migrated PostgreSQL instead of what the tests have left",
    )
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
