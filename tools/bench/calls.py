"""Whole calls: everything of production but the switch, customers who click at a given rate, and what that takes.

A step of the ladder offers one rate. Its first seconds are not counted: the calls of a steady state must have come to their end. Then
the clicks, the settlements, and the CPU of each process are those of the same window.
"""

import math
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from tools.bench.call_driver import Answers, Clicks, Step
from tools.bench.database import People, people, settle_statistics
from tools.bench.driver import Driver, driver
from tools.bench.plain import plain_cpu_ms
from tools.bench.processes import cpu_seconds
from tools.bench.simulated_adapter import seconds_of
from tools.bench.stack import Stack, stack
from tools.bench.table import Goal
from tools.postgres import Cluster

HOST = "flirts.localhost"

LADDER = (6.0, 12.0, 16.0, 20.0, 25.0, 30.0)
CLICK_MS, SETTLED_MS = 300.0, 250.0  # the most that 99 of 100 may take
ENDED_OF_OFFERED = 0.95  # at least, in a window of some seconds
CLICKS_WANTED, VIEWS_WANTED = 20.0, 400.0
HANGS_UP_AFTER = 8  # seconds from the customer's answer: five to the operator's key, three of talk
LIFE_SECONDS = 11.0  # from the click to the end, with a margin
ATTEMPTS = 2  # what else the machine did for a moment mustn't end the ladder
LATE_SECONDS = 2.0  # a settlement that isn't there then has missed its goal
SETTLED = """
SELECT extract(epoch FROM coalesce(c.left_at, e.ts)), extract(epoch FROM pg_xact_commit_timestamp(e.xmin))
  FROM telephony_call c LEFT JOIN telephony_callevent e ON e.call_id = c.id AND e.state = 'ended'
 WHERE c.initiated_at BETWEEN to_timestamp(%(from)s) AND to_timestamp(%(until)s)
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One step: milliseconds that 99 of 100 took; CPU milliseconds of a call by process."""

    rate: float
    ended_a_second: float
    click_ms: float
    settled_ms: float
    cpu_ms: dict[str, float]
    refused: int

    @property
    def is_kept_up_with(self) -> bool:
        is_quick = self.click_ms <= CLICK_MS and self.settled_ms <= SETTLED_MS
        return is_quick and self.ended_a_second >= ENDED_OF_OFFERED * self.rate

    @property
    def call_ms(self) -> float:
        """What the goal is about: of web, PostgreSQL, and adapter together."""
        return sum(self.cpu_ms[name] for name in ("web", "sockets", "proxy", "PostgreSQL", "adapter"))


def measure(
    cluster: Cluster,
    *,
    ladder: Iterable[float] = LADDER,
    seconds: float = 12.0,
    uncounted_seconds: float = LIFE_SECONDS,
    attempts: int = ATTEMPTS,
) -> list[Goal]:
    ladder = list(ladder)
    plain_ms = plain_cpu_ms()
    them = people(math.ceil(max(ladder) * LIFE_SECONDS * 1.5), talk_seconds=HANGS_UP_AFTER)
    settle_statistics()
    steps: list[Seen] = []
    with (
        tempfile.TemporaryDirectory(prefix="aeims-bench-") as place,
        stack(Path(place), with_adapter=True) as running,
        driver("call_driver", asdict(_clicks(running, them))) as clicking,
    ):
        for rate in ladder:
            step = Step(rate=rate, uncounted_seconds=uncounted_seconds, seconds=seconds)
            for _ in range(attempts):
                steps.append(_take(step, clicking, running, cluster))
                if steps[-1].is_kept_up_with:
                    break
            else:
                break
    return _goals(steps, plain_ms)


def _clicks(running: Stack, them: People) -> Clicks:
    return Clicks(port=running.port, host=HOST, pairs=pairs_of(them))


def pairs_of(them: People) -> list[tuple[str, int]]:
    """Each customer's token, and the operator they call."""
    from customers.api_tokens import issue_token
    from customers.models import User

    users = User.objects.in_bulk(them.users)
    tokens = [issue_token(users[pk]) for pk in them.users]
    return list(zip(tokens, them.operators, strict=True))


def _take(step: Step, clicking: Driver, running: Stack, cluster: Cluster) -> Seen:
    clicking.tell(asdict(step))
    begins, before = clicking.told(), _cpu(running, cluster)
    ends, after = clicking.told(), _cpu(running, cluster)
    answers = Answers(**clicking.told())
    time.sleep(LATE_SECONDS)
    window = ends["ends"] - begins["begins"]
    late, ended = _settled(cluster, begins["begins"], ends["ends"])
    used = {name: after[name] - before[name] for name in after}
    used["driver"] = ends["cpu_seconds"] - begins["cpu_seconds"]
    used["adapter"] -= used["switch"]
    clicks = [*answers.seconds, *([math.inf] * len(answers.refused))]
    for refusal in answers.refused[:3]:
        print(f"a click was refused: {refusal}", file=sys.stderr)
    return Seen(
        rate=step.rate,
        ended_a_second=ended / window,
        click_ms=_ninety_ninth(clicks) * 1000,
        settled_ms=_ninety_ninth(late) * 1000,
        cpu_ms={name: seconds * 1000 / max(ended, 1) for name, seconds in used.items()},
        refused=len(answers.refused),
    )


def _cpu(running: Stack, cluster: Cluster) -> dict[str, float]:
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    return running.cpu() | {
        "PostgreSQL": cpu_seconds(postmaster),
        "switch": seconds_of(running.switch_time),
    }


def _settled(cluster: Cluster, begins: float, ends: float) -> tuple[list[float], int]:
    """Seconds from hang-up to commit of the calls that were hung up in the window, and how many were committed in it.

    A call that should be over and whose end isn't in the database is infinitely late.
    """
    longest = LIFE_SECONDS + SETTLED_MS / 1000
    bounds = {"from": begins - LIFE_SECONDS * 2, "until": ends}
    late: list[float] = []
    ended = 0
    with psycopg.connect(cluster.url()) as connection:
        found: list[tuple[Any, Any]] = connection.execute(SETTLED, bounds).fetchall()
        unfinished = connection.execute(
            "SELECT count(*) FROM telephony_call WHERE ended_at IS NULL AND initiated_at < to_timestamp(%s)",
            [ends - longest],
        ).fetchone()
    for left, committed in found:
        if committed is not None and begins <= float(committed) < ends:
            ended += 1
        if committed is not None and begins <= float(left) < ends:
            late.append(float(committed) - float(left))
    return late + [math.inf] * (unfinished[0] if unfinished else 0), ended


def _ninety_ninth(values: list[float]) -> float:
    """What 99 of 100 stayed below; infinite if there is none."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1] if values else math.inf


def _goals(steps: list[Seen], plain_ms: float) -> list[Goal]:
    kept = [step for step in steps if step.is_kept_up_with]
    best = kept[-1] if kept else None
    at = best or steps[-1]
    return [
        *(_line(step) for step in steps),
        Goal(
            what="whole calls with p99 click ≤ 300 ms and p99 settlement ≤ 0.25 s",
            measured=best.rate if best else 0,
            wanted=CLICKS_WANTED,
            is_least=True,
            unit="/s",
            beside=f"ended {best.ended_a_second:.1f}/s; then 30"
            if best
            else f"missed at {at.rate:g}/s already",
        ),
        Goal(
            what="CPU of a call, web, PostgreSQL, and adapter",
            measured=at.call_ms / plain_ms,
            wanted=VIEWS_WANTED,
            unit=" views",
            beside=f"one of Django's plain views: {plain_ms:.3f} ms; a call at {at.rate:g}/s {at.call_ms:.1f} ms",
        ),
        Goal(
            what="whole calls in a second of one core",
            measured=1000 / at.call_ms if at.call_ms else 0,
            unit="",
            beside=f"of web, PostgreSQL, and adapter, at {at.rate:g}/s",
        ),
    ]


def _line(step: Seen) -> Goal:
    cpu = ", ".join(f"{name} {milliseconds:.1f}" for name, milliseconds in step.cpu_ms.items())
    refused = f"; {step.refused} refused" if step.refused else ""
    return Goal(
        what=f"whole calls offered, {step.rate:g}/s: ended",
        measured=step.ended_a_second,
        unit="/s",
        beside=f"p99 click {step.click_ms:.0f} ms, from hang-up to settled {step.settled_ms:.0f} ms; CPU ms a call: {cpu}{refused}",
    )
