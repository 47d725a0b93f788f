"""The ladder of whole calls: when a step is kept up with, and what the rows say of it."""

import math

import pytest

from tools.bench.calls import Seen, _goals, _ninety_ninth

CPU = dict.fromkeys(("web", "sockets", "proxy", "PostgreSQL", "adapter"), 10.0) | {
    "switch": 7.0,
    "driver": 3.0,
}


def step(
    rate: float = 20, *, ended: float | None = None, click_ms: float = 300, settled_ms: float = 250
) -> Seen:
    return Seen(
        rate=rate, ended_a_second=rate if ended is None else ended, click_ms=click_ms, settled_ms=settled_ms,
        cpu_ms=CPU, refused=0,
    )  # fmt: skip


def test_99_of_100_are_counted() -> None:
    assert _ninety_ninth([*range(1, 101)]) == 99
    assert _ninety_ninth([]) == math.inf


@pytest.mark.parametrize(
    ("missed", "is_kept_up_with"),
    [({}, True), ({"click_ms": 301}, False), ({"settled_ms": 251}, False), ({"ended": 18.9}, False)],
)
def test_a_step_is_kept_up_with_when_clicks_settlements_and_ends_are_quick(
    missed: dict[str, float], is_kept_up_with: bool
) -> None:
    assert step(**missed).is_kept_up_with is is_kept_up_with  # type: ignore[arg-type]


def test_the_highest_rate_counts_and_its_cpu_without_switch_and_driver() -> None:
    *lines, rate, cpu, of_a_core = _goals([step(12), step(20), step(25, click_ms=999)], plain_ms=0.1)
    assert len(lines) == 3
    assert "driver 3.0" in lines[0].beside
    assert (rate.measured, rate.is_met) == (20, True)
    assert (cpu.measured, cpu.is_met) == (pytest.approx(500), False)
    assert of_a_core.measured == pytest.approx(20)


def test_where_no_rate_is_kept_up_with_the_goal_is_missed() -> None:
    *_, rate, _cpu, _of_a_core = _goals([step(6, click_ms=500), step(6, click_ms=400)], plain_ms=0.1)
    assert (rate.measured, rate.is_met, rate.beside) == (0, False, "missed at 6/s already")
