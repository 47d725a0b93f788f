"""`python -m tools.bench.planted`: slow the product down in three ways, and see that each turns another line of the bench red.

Planted are 50 ms in what settles, one query for each card of the directory, and the loss of one index: in the bench's own database and
processes, never in the product. Each is measured without and with, a fresh copy of the database each time. A line sees it if it is met
without and missed with; a line that misses its goal anyway sees it if it is at least twice as bad. Exits with 1 unless each plant is seen
by the line that is there for it.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.bench import growth, pages, settlement
from tools.bench.database import fresh_database
from tools.bench.runner import LONGEST_SECONDS, Measurement, run_each
from tools.bench.table import Goal
from tools.environment import ROOT
from tools.postgres import Cluster

NAMES = SETTLE, CARDS, LOST = "50 ms in settle", "a query for each card", "an index is gone"
SETTLE_SECONDS = 0.05
INDEX = "call_of_customer"
WORSE = 2.0  # times, for a line that is red anyway


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A slowdown, a measurement, and the beginning of its line that is to see it."""

    name: str
    line: str
    slow_down: Callable[[], None]
    measure: Measurement


def slow_settle() -> None:
    """Each settlement takes 50 ms more, wherever it is called from."""
    from django.db import connection

    from core.database_roles import owner_at_work

    with owner_at_work(connection), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'billing_end_authorization'"
        )
        for (definition,) in cursor.fetchall():
            before, begin, body = definition.partition("\nBEGIN\n")
            assert body, "the function is written in PL/pgSQL"
            cursor.execute(f"{before}{begin}    PERFORM pg_sleep({SETTLE_SECONDS});\n{body}")


def ask_for_each_card() -> None:
    """Each card of the directory reads its operator once more."""
    from operators.models import Operator
    from storefront import cards, directory_views

    def slower(operator: Operator, *arguments: Any, **named: Any) -> cards.OperatorCard:
        Operator.objects.filter(pk=operator.pk).exists()
        return cards.card_of(operator, *arguments, **named)

    vars(directory_views)["card_of"] = slower


def lose_an_index() -> None:
    """The calls of a customer are no longer found in their order."""
    from django.db import connection

    from core.database_roles import owner_at_work

    with owner_at_work(connection), connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {INDEX}")


def plants(cluster: Cluster, *, tiny: bool) -> list[Plant]:
    """All three; `tiny` with as little as shows them."""
    clients, settlements, seconds, scale = ((2, 3), 20, 1, 2) if tiny else ((8, 32), 400, 3, 40)
    settles = partial(
        settlement.measure, cluster, rounds=1, clients=clients, settlements=settlements, seconds=seconds,
        scale=scale, with_peers=False,
    )  # fmt: skip
    sizes = (3_000, 60_000) if tiny else (10_000, 200_000)
    grows = partial(
        growth.measure, sizes=sizes, others=100 if tiny else growth.OTHERS, repeats=20, with_pages=False
    )
    cards = partial(pages.measure, requests=5 if tiny else 30)
    return [
        Plant(name=SETTLE, line="`settle` / ", slow_down=slow_settle, measure=settles),
        Plant(name=CARDS, line=pages.DIRECTORY_STATEMENTS, slow_down=ask_for_each_card, measure=cards),
        Plant(name=LOST, line="history of calls, ", slow_down=lose_an_index, measure=grows),
    ]


def seen(without: Sequence[Goal], planted: Sequence[Goal]) -> Iterator[tuple[str, str]]:
    """The lines that see it, and how."""
    before = {goal.what: goal for goal in without}
    for goal in planted:
        first = before.get(goal.what)
        if first is None or goal.wanted is None or goal.failed or first.failed or goal.absent:
            continue
        figures = f"{first.measured:.3g} → {goal.measured:.3g}{goal.unit}"
        if first.is_met and not goal.is_met:
            yield goal.what, f"turned red: {figures}"
        elif not first.is_met and _times_worse(first, goal) >= WORSE:
            yield goal.what, f"was red, and is {_times_worse(first, goal):.1f} times as bad: {figures}"


def _times_worse(first: Goal, second: Goal) -> float:
    better, worse = (second, first) if first.is_least else (first, second)
    return worse.measured / better.measured if better.measured else float("inf")


def main() -> int:
    options = _options()
    with fresh_database(options.begin_with) as cluster:
        chosen = [plant for plant in plants(cluster, tiny=options.tiny) if plant.name in options.only]
        missed = [plant.name for plant in chosen if not _is_seen(cluster, plant)]
    print(f"Not seen: {', '.join(missed)}." if missed else "Each slowdown is seen by its own line.")
    return 1 if missed else 0


def _is_seen(cluster: Cluster, plant: Plant) -> bool:
    def slowed() -> list[Goal]:
        plant.slow_down()
        return plant.measure()

    runs = {f"{plant.name}: without": plant.measure, f"{plant.name}: with": slowed}
    without, planted = run_each(cluster, runs, LONGEST_SECONDS)
    print(f"{plant.name}:", flush=True)
    for goal in [goal for goal in (*without, *planted) if goal.failed]:
        print(f"  {goal.what}: {goal.failed}")
    found = dict(seen(without, planted))
    for line, how in found.items():
        print(f"  {line}: {how}")
    return any(line.startswith(plant.line) for line in found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.planted", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these alone")
    parser.add_argument("--tiny", action="store_true", help="as little as shows them")
    parser.add_argument("--begin-with", type=Path, help="as for `make bench`")
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
