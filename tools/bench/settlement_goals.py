"""The rows about settlement: what its rates come to beside those of the others."""

from statistics import median

from tools.bench import peers
from tools.bench.table import Goal

YARDSTICK, PREPARED = "pgbench tpcb-like", "pgbench tpcb-like, prepared"
FIRST_DESIGN, MAGNUS = "first design", "SQL of MagnusBilling"
SETTLE, EVENT = "`settle`", "`handle_event` of an ended call"
EVENT_WANTED = (0.15, 0.12)  # at few and at many clients
Rates = dict[tuple[str, int], list[float]]  # by who and how many clients: of each round


def goals(rates: Rates, absent: dict[str, str], clients: tuple[int, int]) -> list[Goal]:
    """All rows. `absent`: peers that didn't take part, and why."""
    few, many = clients
    return [
        *(
            _row(rates, EVENT, YARDSTICK, count, wanted)
            for count, wanted in zip(clients, EVENT_WANTED, strict=True)
        ),
        _row(rates, SETTLE, YARDSTICK, few, 0.37, then=0.5),
        _row(rates, SETTLE, FIRST_DESIGN, few, 2.9, then=4),
        *(_peer_row(rates, peer, absent.get(peer.name, ""), few) for peer in (peers.HORDAK, peers.LEDGER)),
        _row(rates, SETTLE, MAGNUS, few, None),
        Goal(
            what=f"{SETTLE}, {many} clients",
            measured=median(rates[SETTLE, many]) / median(rates[SETTLE, few]),
            wanted=0.85,
            is_least=True,
            unit=" ×",
            beside=f"its own rate at {few} clients; {YARDSTICK} goes to "
            f"{median(rates[YARDSTICK, many]) / median(rates[YARDSTICK, few]):.2f} ×",
        ),
        *(_row(rates, PREPARED, YARDSTICK, count, None) for count in clients),
    ]


def _peer_row(rates: Rates, peer: peers.Peer, absent: str, count: int) -> Goal:
    if absent.startswith("failed"):
        return Goal(
            what=_what(SETTLE, peer.name, count), wanted=peer.wanted, is_least=True, unit=" ×", failed=absent
        )
    if absent:
        return Goal(
            what=_what(SETTLE, peer.name, count), wanted=peer.wanted, is_least=True, unit=" ×", absent=absent
        )
    return _row(rates, SETTLE, peer.name, count, peer.wanted, then=peer.then)


def _row(
    rates: Rates, ours: str, theirs: str, count: int, wanted: float | None, *, then: float | None = None
) -> Goal:
    own, other = rates[ours, count], rates[theirs, count]
    return Goal(
        what=_what(ours, theirs, count),
        measured=median(own) / median(other),
        wanted=wanted,
        is_least=True,
        unit=" ×",
        beside=f"{_said(theirs, other)}; {_said(ours, own)}{f'; then {then:g}' if then else ''}",
    )


def _what(ours: str, theirs: str, count: int) -> str:
    return f"{ours} / {theirs}, {count} clients"


def _said(who: str, rates: list[float]) -> str:
    return f"{who}: {median(rates):.0f}/s ({min(rates):.0f} to {max(rates):.0f})"
