"""The rows about settlement: ratios of medians, and a word for whoever could not take part."""

from tools.bench.peers import HORDAK, LEDGER
from tools.bench.settlement_goals import (
    EVENT,
    FIRST_DESIGN,
    MAGNUS,
    PREPARED,
    SETTLE,
    YARDSTICK,
    Rates,
    goals,
)
from tools.bench.table import Goal

CLIENTS = (8, 32)
RATES: Rates = {
    **{(YARDSTICK, count): [1000.0, 2000, 9000] for count in CLIENTS},
    **{(PREPARED, count): [3000.0] for count in CLIENTS},
    **{(EVENT, count): [300.0] for count in CLIENTS},
    **{(SETTLE, count): [700.0, 800, 100] for count in CLIENTS},
    (FIRST_DESIGN, 8): [200.0],
    (MAGNUS, 8): [1400.0],
    (HORDAK.name, 8): [500.0],
}


def rows(absent: dict[str, str]) -> dict[str, Goal]:
    return {goal.what: goal for goal in goals(RATES, absent, CLIENTS)}


def test_medians_of_the_rounds_stand_beside_each_other() -> None:
    measured = {what: goal.measured for what, goal in rows({LEDGER.name: "not installed"}).items()}
    assert measured["`settle` / pgbench tpcb-like, 8 clients"] == 0.35
    assert measured["`settle` / first design, 8 clients"] == 3.5
    assert measured["`settle` / django-hordak, 8 clients"] == 1.4
    assert measured["`settle` / SQL of MagnusBilling, 8 clients"] == 0.5
    assert measured["`handle_event` of an ended call / pgbench tpcb-like, 32 clients"] == 0.15


def test_a_peer_without_a_network_or_that_breaks_says_so_in_its_row() -> None:
    found = rows({HORDAK.name: "failed: deadlock", LEDGER.name: "not installed: no network"})
    broken, absent = (found[f"`settle` / {peer.name}, 8 clients"] for peer in (HORDAK, LEDGER))
    assert (broken.failed, absent.failed) == ("failed: deadlock", "")
    assert "| ≥ 13 × | not installed: no network |" in absent.line()
    assert not broken.is_met
    assert not absent.is_met
