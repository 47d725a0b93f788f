"""Ended calls settled in a second, beside pgbench's tpcb-like, the first design, and ledgers of others, at the same number of clients.

Each round measures everyone in turn, so that what else the machine does falls on all alike; medians count.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.bench import first_design, magnus, peers
from tools.bench.database import People, open_authorizations, people, running_calls, settle_statistics
from tools.bench.load import PGBENCH_SCALE, WARM_UP, in_parallel, prepare_pgbench, tpcb_like
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
from tools.postgres import Cluster

TALKED_MS = first_design.TALKED_SECONDS * 1000


@dataclass
class _Contest:
    """What takes its turns."""

    cluster: Cluster
    them: People
    settlements: int
    seconds: int
    rates: Rates = field(default_factory=lambda: defaultdict(list))
    running: dict[str, peers.Peer] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)  # peers that aren't there, and why


def measure(
    cluster: Cluster,
    *,
    rounds: int = 3,
    clients: tuple[int, int] = (8, 32),
    settlements: int = 1600,
    seconds: int = 4,
    scale: int = PGBENCH_SCALE,
    with_peers: bool = True,
) -> list[Goal]:
    """`settlements` counted in each turn besides the warming up. `with_peers`: installs the ledgers of others, if need be."""
    from billing.services.settle import settle

    prepare_pgbench(cluster, scale)
    first_design.make_tables(cluster.url())
    magnus.make_tables(cluster.url())
    them = people(settlements + max(clients) * WARM_UP)
    for pk in open_authorizations(
        them, "call_0_"
    ):  # the ledger of a running platform: plans are made for those
        settle(authorization_id=pk, joined_ms=TALKED_MS)
    contest = _Contest(cluster, them, settlements, seconds)
    _prepare_peers(contest, with_peers=with_peers)
    settle_statistics()
    for number in range(rounds):
        for count in clients:
            _take_turns(contest, count, f"call_{number}{count:03}", with_peers=count == clients[0])
    return goals(contest.rates, contest.absent, clients)


def _prepare_peers(contest: _Contest, *, with_peers: bool) -> None:
    """Whoever can't be installed or doesn't run is absent, with the reason in its row."""
    everyone = (peers.HORDAK, peers.LEDGER)
    try:
        if not with_peers:
            raise peers.PeerFailed("left out")
        peers.install()
    except peers.PeerFailed as error:
        contest.absent = {peer.name: f"not installed: {error}" for peer in everyone}
        return
    for peer in everyone:
        contest.running[peer.name] = peer
        _or_absent(contest, peer, lambda peer=peer: peer.prepare(contest.cluster))  # type: ignore[misc]


def _or_absent(contest: _Contest, peer: peers.Peer, act: Callable[[], None]) -> None:
    try:
        act()
    except peers.PeerFailed as error:
        contest.absent[peer.name] = f"failed: {error}"
        contest.running.pop(peer.name, None)


def _take_turns(contest: _Contest, count: int, prefix: str, *, with_peers: bool) -> None:
    """Everyone once, with so many clients."""
    from billing.services.settle import settle
    from telephony.services.handle_event import handle_event

    cluster, rates, size = contest.cluster, contest.rates, contest.settlements + count * WARM_UP
    url = cluster.url()
    rates[YARDSTICK, count].append(tpcb_like(cluster, count, contest.seconds))
    prepared = tpcb_like(cluster, count, max(1, contest.seconds // 2), protocol="prepared")
    rates[PREPARED, count].append(prepared)
    if with_peers:
        old = first_design.calls(url, f"{prefix}_", contest.settlements // 4 + count * WARM_UP)
        rates[FIRST_DESIGN, count].append(in_parallel(count, first_design.settle(url), old))
        rates[MAGNUS, count].append(in_parallel(count, magnus.settle(url), range(size)))
        for peer in list(contest.running.values()):
            _or_absent(contest, peer, lambda peer=peer: _take_turn(contest, peer, count))  # type: ignore[misc]
    opened = open_authorizations(contest.them, f"{prefix}1_")
    rates[SETTLE, count].append(
        in_parallel(count, lambda pk: settle(authorization_id=pk, joined_ms=TALKED_MS), opened[:size])
    )
    for pk in opened[size:]:
        settle(authorization_id=pk, joined_ms=None)
    events = ended_events(running_calls(contest.them, f"{prefix}2_", _joined_at()))
    rates[EVENT, count].append(in_parallel(count, handle_event, events[:size]))
    for event in events[size:]:
        handle_event(event)


def _take_turn(contest: _Contest, peer: peers.Peer, count: int) -> None:
    sales = max(1, contest.settlements // peer.share)
    contest.rates[peer.name, count].append(peer.rate(contest.cluster, count, sales))


def _joined_at() -> datetime:
    return datetime.fromtimestamp(time.time() - first_design.TALKED_SECONDS, UTC)


def ended_events(call_ids: list[str]) -> list[Any]:
    """What the adapter sends at the end of these calls."""
    from telephony.states import EventState
    from telephony.wire import CallEvent

    left = time.time()
    metadata = {
        "joined_at": f"{left - first_design.TALKED_SECONDS:.3f}",
        "left_at": f"{left:.3f}",
        "joined_ms": str(TALKED_MS),
        "why": "hangup",
        "ended_by": "customer",
    }
    return [
        CallEvent(f"{call_id}-9", 9, call_id, "outbound", left, EventState.ENDED, "", metadata=metadata)
        for call_id in call_ids
    ]
