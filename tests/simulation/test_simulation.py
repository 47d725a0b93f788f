"""A short run of the simulator; `make simulate` has the long one."""

from typing import Any

import pytest

from tests.simulation.run import run_pure, run_stored

SEEDS = (3, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pure_parts_keep_every_promise_in_stories_at_random(seed: int) -> None:
    system = run_pure(seed, 20_000)
    assert system.settlements > 5
    assert system.unanswered > 0
    assert system.tips > 100
    assert system.payouts > 10


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.long)])
def test_postgresql_agrees_with_the_pure_parts_whatever_is_lost_doubled_or_killed(
    seed: int, settings: Any
) -> None:
    settings.MAX_UNJOINED_ATTEMPTS = 0
    system = run_stored(seed, 400)
    assert system.settlements > 5
    assert system.tips > 0
