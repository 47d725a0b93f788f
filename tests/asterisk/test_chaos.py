"""A short chaos run over a whole system; `make chaos` is the long one. What must hold is said in `tests.full_stack.chaos`."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pytest_django import DjangoDbBlocker

from tests.full_stack.chaos import WEB, Chaos, Verdict
from tests.full_stack.chaos_dependencies import BY_NAME, ROUNDS, meet
from tests.full_stack.database import server
from tests.full_stack.dependencies import dependencies
from tests.full_stack.system import System
from tests.lab.asterisk import Asterisk
from tests.lab.ports import free_ports
from tools import chaos as chaos_tool

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

# One after the other; those of one line at once.
SHORT = [
    ["connections"],
    ["frozen-adapter"],
    ["full-journal", "frozen-redis", "killed-mail"],
]


@dataclass
class After:
    """Two systems went through it; the adapter of the second one keeps no journal."""

    remembering: Verdict
    forgetful: Verdict


@pytest.fixture(scope="module")
def after(
    postgres: None, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[After]:
    directory = tmp_path_factory.mktemp("chaos")
    with (
        django_db_blocker.unblock(),
        server(directory) as postgres,
        Asterisk(f"system-{os.getpid()}-chaos", ports=free_ports()) as node,
        Asterisk(f"system-{os.getpid()}-forgetful", ports=free_ports()) as other_node,
    ):

        async def run() -> After:
            async with (
                dependencies(directory) as beside,
                System(directory / "one", node, postgres.url, web=WEB | beside.settings) as system,
                System(directory / "other", other_node, postgres.url, web=WEB) as other_system,
            ):
                chaos = Chaos(system, postgres, beside, seed=1)
                forgetful = Chaos(other_system, seed=2, keep_journal=False)
                await asyncio.gather(everything_but_the_database(chaos), forgetful.kill_adapter())
                await chaos.kill_postgres()
                for faults in SHORT:
                    await meet(*(BY_NAME[fault] for fault in faults), chaos=chaos)
                return After(*await asyncio.gather(chaos.verdict(), forgetful.verdict()))

        yield asyncio.run(run())


async def everything_but_the_database(chaos: Chaos) -> None:
    await chaos.kill_adapter()
    await chaos.kill_web(times=2)
    await chaos.kill_asterisk()


def test_no_cent_is_lost_and_no_hold_is_left(after: After) -> None:
    found = after.remembering
    assert not found.wrong, str(found)
    assert found.joined == found.settled >= 8, str(found)
    assert set(found.kills) == {
        "adapter ringing",
        "adapter screening",
        "adapter joined",
        "adapter during a grant",
        "adapter before acknowledgement",
        "web",
        "postgres",
        "asterisk",
        *(fault for faults in SHORT for fault in faults),
    }


def test_without_the_journal_it_is_seen_to_fail(after: After) -> None:
    assert after.forgetful.wrong, str(after.forgetful)


def test_make_chaos_knows_every_round() -> None:
    assert set(chaos_tool.DEPENDENCIES) == set(ROUNDS)
