"""`make bench`: the product's speed beside yardsticks of the same run, one Markdown table.

Only ratios and limits mean something: machines differ, and load changes. The PostgreSQL is a fresh one with its durability
on. `make bench do="--growth 7"` takes the interactive queries from 10⁶ to 10⁷ rows (half an hour and 30 GB);
`--only timers setups` runs some of the measurements.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tools.bench import balance, growth, pushes, serving, settlement, setups, timers
from tools.bench.database import fresh_database
from tools.bench.table import Goal, markdown
from tools.environment import ROOT

BATCHES = "A backlog of events in batches is not measured: the product takes one event at a time, each in its own transaction."


def main() -> int:
    options = _options()
    with fresh_database(options.begin_with) as cluster:
        measurements: dict[str, Callable[[], list[Goal]]] = {
            "settlement": lambda: settlement.measure(cluster, rounds=options.rounds),
            "balance": balance.measure,
            "serving": serving.measure,
            "timers": timers.measure,
            "pushes": pushes.measure,
            "setups": setups.measure,
            "growth": lambda: growth.measure(exponent=options.growth),
        }
        if options.tiny:
            measurements = {
                "settlement": lambda: settlement.measure(
                    cluster, rounds=1, clients=(1, 2), settlements=4, seconds=1, scale=1
                ),
                "balance": lambda: balance.measure(rounds=1, requests=2),
                "serving": lambda: serving.measure(rounds=1, seconds=0.2),
                "timers": lambda: timers.measure(timers=10, seconds=3, changes_every=0.5),
                "pushes": lambda: pushes.measure(calls=2, pushes=4, rounds=1),
                "setups": lambda: setups.measure(calls=1),
                "growth": lambda: growth.measure(exponent=2, others=10, repeats=1),
            }
        goals: list[Goal] = []
        for name in options.only or measurements:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            goals += measurements[name]()
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(markdown(goals))
    print(f"\n{cores} cores, load {load:.1f} at the end, Python {platform.python_version()}. {BATCHES}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = ["settlement", "balance", "serving", "timers", "pushes", "setups", "growth"]
    parser.add_argument("--only", nargs="+", choices=names, help="these measurements alone")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (5)")
    parser.add_argument("--growth", type=int, default=6, help="exponent of the larger number of rows (6)")
    parser.add_argument(
        "--tiny", action="store_true", help="only see that all of it runs: the figures mean nothing"
    )
    parser.add_argument(
        "--begin-with",
        type=Path,
        help="a copy of these data of a migrated PostgreSQL instead of an empty one",
    )
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
