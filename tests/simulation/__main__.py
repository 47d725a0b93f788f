"""`make simulate`: long runs on both systems, in stories of a bounded length; ends at the first violation."""

import argparse
import os
import secrets
import shutil
import sys
import time

from tests.support import environment

STORY = 5_000  # steps of one story: then other people, other seed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--pure", type=int, default=1_000_000, help="steps on the pure system")
    parser.add_argument("--stored", type=int, default=10_000, help="steps on both systems, on PostgreSQL")
    parser.add_argument("--seed", type=int, default=None, help="replay from this seed")
    asked = parser.parse_args()
    seed = secrets.randbelow(10**9) if asked.seed is None else asked.seed
    cluster = environment.prepare()
    os.environ["AEIMS_MAX_UNJOINED_ATTEMPTS"] = (
        "0"  # the pause after three unjoined calls is tested elsewhere
    )
    if cluster is not None:
        cluster.start()
    try:
        return _run(seed, asked.pure, asked.stored)
    finally:
        if cluster is not None:
            cluster.stop()
            shutil.rmtree(cluster.directory, ignore_errors=True)


def _run(seed: int, pure: int, stored: int) -> int:
    import django

    django.setup()
    from django.db import transaction
    from django.test.utils import setup_databases

    from tests.simulation.run import Violation, run_pure, run_stored
    from tests.support import serving_role

    serving_role.use_owner()
    setup_databases(verbosity=0, interactive=False)
    serving_role.use_serving_role()
    _say(f"seed {seed}")
    for name, steps in (("pure", pure), ("stored", stored)):
        started, settled = time.monotonic(), 0
        for story, done in enumerate(range(0, steps, STORY)):
            length = min(STORY, steps - done)
            try:
                if name == "pure":
                    settled += run_pure(seed + story, length).settlements
                else:
                    with transaction.atomic():  # each story begins with empty books
                        settled += run_stored(seed + story, length).settlements
                        transaction.set_rollback(True)
            except Violation as violation:
                _say(f"VIOLATION {violation}\nAgain: --{name} {length} --seed {seed + story}")
                return 1
        taken = time.monotonic() - started
        _say(f"{name}: {steps} steps, {settled} settlements, 0 violations, {taken:.0f} s")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
