"""`make chaos`: break a whole system again and again while people talk, then count every cent.

    make chaos        # the full count: 20 adapter, 100 web, 30 postgres, 20 asterisk, and 5 of each frozen, cut or full dependency
    make chaos do="--adapter 3 --web 6 --postgres 2 --asterisk 2 --seed 7"
    make chaos do="--adapter 2 --without-journal"              # must fail: the journal is what makes it true

Each adapter kill meets calls in five phases at once: ringing, being asked for a key, talking, with a grant under way,
and ended but not yet acknowledged. The system is web, adapter, PostgreSQL and a real Asterisk with phones, all its own.
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.environment import ROOT

if TYPE_CHECKING:  # Django must be set up first
    from tests.full_stack.chaos import Verdict
    from tests.full_stack.database import Server
    from tests.lab.asterisk import Asterisk

WEB_KILLS_A_ROUND = 3
DISK = "600m"  # of the database: a round fills it
DEPENDENCIES = (
    "frozen-adapter", "full-journal", "full-database", "frozen-postgres", "connections", "killed-redis", "frozen-redis", "killed-mail",
    "frozen-mail", "refusing-mail", "worker",
)  # fmt: skip


def main() -> int:
    options = _options()
    os.chdir(ROOT)
    from tests.support import environment

    environment.prepare()
    import django

    django.setup()
    environment.forget_owner()
    return _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for what, count in (("adapter", 20), ("web", 100), ("postgres", 30), ("asterisk", 20)):
        parser.add_argument(f"--{what}", type=int, default=count, metavar="KILLS")
    for what in DEPENDENCIES:
        parser.add_argument(f"--{what}", type=int, default=5, metavar="TIMES")
    parser.add_argument("--seed", type=int, default=0, help="of every choice left to chance")
    parser.add_argument(
        "--without-journal", action="store_true", help="each adapter begins with an empty one"
    )
    parser.add_argument("--minutes", type=float, default=120, help="begin no round after so long")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    from tests.full_stack.database import server
    from tests.full_stack.small_disk import small_disk
    from tests.lab.asterisk import Asterisk
    from tests.lab.ports import free_ports

    directory = Path(tempfile.mkdtemp(prefix="aeims-chaos-"))
    print(f"Logs and journals: {directory}", flush=True)
    with (
        small_disk(directory / "disk", DISK) as disk,
        server(disk) as postgres,
        Asterisk(f"system-{os.getpid()}-chaos", ports=free_ports()) as node,
    ):
        verdict = asyncio.run(_break_and_count(options, directory, node, postgres))
    print(verdict)
    if verdict.wrong:
        print(f"FAILED: {len(verdict.wrong)} differences; seed {options.seed}")
        return 1
    shutil.rmtree(directory, ignore_errors=True)
    print("No cent lost, no hold left.")
    return 0


async def _break_and_count(
    options: argparse.Namespace, directory: Path, node: "Asterisk", postgres: "Server"
) -> "Verdict":
    from tests.full_stack import chaos_dependencies
    from tests.full_stack.chaos import ROUNDS, WEB, Chaos
    from tests.full_stack.dependencies import dependencies
    from tests.full_stack.system import System

    async with (
        dependencies(directory) as beside,
        System(directory / "system", node, postgres.url, web=WEB | beside.settings) as system,
    ):
        chaos = Chaos(system, postgres, beside, seed=options.seed, keep_journal=not options.without_journal)
        began, rounds = time.monotonic(), _rounds(options)
        for number, what in enumerate(rounds, start=1):
            if time.monotonic() - began > options.minutes * 60:
                print(f"{options.minutes:.0f} minutes are over after {number - 1} of {len(rounds)} rounds")
                break
            await (ROUNDS | chaos_dependencies.ROUNDS)[what](chaos)
            print(f"{number}/{len(rounds)} {what} ({time.monotonic() - began:.0f} s)", flush=True)
        return await chaos.verdict()


def _rounds(options: argparse.Namespace) -> list[str]:
    """All rounds in an order left to chance."""
    rounds = ["adapter"] * options.adapter + ["web"] * -(-options.web // WEB_KILLS_A_ROUND)
    rounds += ["postgres"] * options.postgres + ["asterisk"] * options.asterisk
    for what in DEPENDENCIES:
        rounds += [what] * getattr(options, what.replace("-", "_"))
    random.Random(options.seed).shuffle(rounds)  # noqa: S311 - an order, no secret
    return rounds


if __name__ == "__main__":
    sys.exit(main())
