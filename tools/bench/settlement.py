"""Ended calls settled in a second, beside pgbench's tpcb-like and the first design, all at the same number of clients.

Each round measures everyone in turn, so that what else the machine does falls on all alike; medians count.
"""

import time
from collections import defaultdict
from datetime import UTC, datetime
from statistics import median
from typing import Any

from tools.bench import first_design
from tools.bench.database import open_authorizations, people, running_calls, settle_statistics
from tools.bench.load import PGBENCH_SCALE, WARM_UP, in_parallel, prepare_pgbench, tpcb_like
from tools.bench.table import Goal
from tools.postgres import Cluster

TALKED_MS = first_design.TALKED_SECONDS * 1000
YARDSTICK, FIRST_DESIGN, SETTLE, EVENT = (
    "pgbench tpcb-like",
    "first design",
    "`settle`",
    "`handle_event` of an ended call",
)
Rates = dict[tuple[str, int], list[float]]


def measure(
    cluster: Cluster,
    *,
    rounds: int = 3,
    clients: tuple[int, int] = (8, 32),
    settlements: int = 1600,
    seconds: int = 4,
    scale: int = PGBENCH_SCALE,
) -> list[Goal]:
    """`settlements` counted in each turn besides the warming up."""
    from billing.services.settle import settle
    from telephony.services.handle_event import handle_event

    prepare_pgbench(cluster, scale)
    first_design.make_tables(cluster.url())
    them = people(settlements + max(clients) * WARM_UP)
    for pk in open_authorizations(
        them, "call_0_"
    ):  # the ledger of a running platform: plans are made for those
        settle(authorization_id=pk, joined_ms=TALKED_MS)
    settle_statistics()
    rates: Rates = defaultdict(list)
    for number in range(rounds):
        for count in clients:
            size = settlements + count * WARM_UP
            prefix = f"call_{number}{count:03}"
            rates[YARDSTICK, count].append(tpcb_like(cluster, count, seconds))
            old = first_design.calls(cluster.url(), f"{prefix}_", settlements // 4 + count * WARM_UP)
            rates[FIRST_DESIGN, count].append(in_parallel(count, first_design.settle(cluster.url()), old))
            opened = open_authorizations(them, f"{prefix}1_")
            rates[SETTLE, count].append(
                in_parallel(count, lambda pk: settle(authorization_id=pk, joined_ms=TALKED_MS), opened[:size])
            )
            for pk in opened[size:]:
                settle(authorization_id=pk, joined_ms=None)
            events = ended_events(running_calls(them, f"{prefix}2_", _joined_at()))
            rates[EVENT, count].append(in_parallel(count, handle_event, events[:size]))
            for event in events[size:]:
                handle_event(event)
    return _goals(rates, clients)


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


def _goals(rates: Rates, clients: tuple[int, int]) -> list[Goal]:
    few, many = clients
    middle = {key: median(found) for key, found in rates.items()}
    goals = [
        Goal(
            what=f"{SETTLE}, {few} clients",
            measured=middle[SETTLE, few] / middle[YARDSTICK, few],
            wanted=0.4,
            is_least=True,
            unit=" ×",
            beside=_said(rates, YARDSTICK, SETTLE, few),
        ),
        Goal(
            what=f"{SETTLE}, {few} clients",
            measured=middle[SETTLE, few] / middle[FIRST_DESIGN, few],
            wanted=4,
            is_least=True,
            unit=" ×",
            beside=_said(rates, FIRST_DESIGN, SETTLE, few),
        ),
        Goal(
            what=f"{SETTLE}, {many} clients",
            measured=middle[SETTLE, many] / middle[SETTLE, few],
            wanted=0.85,
            is_least=True,
            unit=" ×",
            beside=f"its own rate at {few} clients; {YARDSTICK} goes to "
            f"{middle[YARDSTICK, many] / middle[YARDSTICK, few]:.2f} ×",
        ),
    ]
    goals += [
        Goal(
            what=f"{EVENT}, {count} clients",
            measured=middle[EVENT, count] / middle[YARDSTICK, count],
            unit=" ×",
            beside=_said(rates, YARDSTICK, EVENT, count),
        )
        for count in clients
    ]
    return goals


def _said(rates: Rates, yardstick: str, what: str, count: int) -> str:
    theirs, ours = rates[yardstick, count], rates[what, count]
    return (
        f"{yardstick}: {median(theirs):.0f}/s ({min(theirs):.0f} to {max(theirs):.0f}); "
        f"ours {median(ours):.0f}/s ({min(ours):.0f} to {max(ours):.0f})"
    )
