"""Open pages through the real servers: websockets behind the proxy, held by a process that stands for the browsers.

Each page belongs to a customer in a call. Calls change now and then (a page counts by itself), here ten seconds apart; operators come
and go, which all pages hear that show them. Then everybody comes back at once, as after a restart.
"""

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.database import People, people, running_calls, settle_statistics
from tools.bench.driver import Driver, driver
from tools.bench.open_pages import BRAND_HOST, log_in
from tools.bench.plain import plain_cpu_ms
from tools.bench.processes import memory_kib
from tools.bench.socket_driver import Pages
from tools.bench.stack import Stack, stack
from tools.bench.table import Goal, failed

CHANGES_EVERY_SECONDS = 10.0
SHOWN = 24  # operators on a page of the directory
PRESENCE_PAGES = 1000
LATE_SECONDS = 30.0  # a push that isn't there then is lost
FILES_A_PAGE, FILES_BESIDE = 2, 1000  # the proxy has both ends of each
REOPEN_SECONDS = 12.0  # of 3,000 pages
REOPEN_PAGES = 3000


@dataclass(frozen=True, kw_only=True)
class Pushes:
    """What came of the changes of calls: seconds, sorted; shares of a core while they came."""

    waits: list[float]
    wrong: int  # delivered twice or not at all
    rate: float
    server: float
    proxy: float


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Shares of a core above those of the same open pages at rest."""

    server: float
    proxy: float
    at_rest: float
    messages: int
    pages: int


def measure(*, pages: int = 1000, seconds: float = 20.0, presence_seconds: float = 15.0) -> list[Goal]:
    plain_ms = plain_cpu_ms()
    them = people(pages)
    running_calls(them, "call_9_", datetime.now(UTC))
    sessions = [session.session_key for _, session in log_in(them.users)]
    settle_statistics()
    _allow_files(FILES_A_PAGE * pages + FILES_BESIDE)
    with tempfile.TemporaryDirectory(prefix="aeims-bench-") as place, stack(Path(place)) as running:
        about = Pages(port=running.port, host=BRAND_HOST, sessions=sessions, queries=_queries(them))
        with driver("socket_driver", asdict(about)) as browsers:
            before = memory_kib(running.pids["sockets"])
            opened = browsers.ask("open")["seconds"]
            each_kib = (memory_kib(running.pids["sockets"]) - before) / pages
            pushes = _push(them, browsers, running, seconds)
            presence = _come_and_go(them, browsers, running, presence_seconds)
            browsers.ask("close")
            reopened = browsers.ask("open")["seconds"]
            lost = browsers.ask("heard")["lost"]
    if lost:
        raise RuntimeError(f"{lost} of {pages} pages lost their socket")
    return _goals(pages, plain_ms, pushes, presence, each_kib, (opened, reopened))


def _allow_files(needed: int) -> None:
    """So many open files for this process and those that it starts. Raises RuntimeError."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < needed:
        raise RuntimeError(f"ulimit -Hn is {most}, and {needed} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, needed), most))


def _queries(them: People) -> list[str]:
    """The regions of each page; the first thousand show a page of the directory."""
    shown = "".join(f"&region=card-status.{pk}&region=card-actions.{pk}" for pk in them.operators[:SHOWN])
    return [
        "lists=1&region=call-bar" + (shown if number < PRESENCE_PAGES else "") for number in range(them.count)
    ]


def _push(them: People, browsers: Driver, running: Stack, seconds: float) -> Pushes:
    """Change the call of one customer after the other. The number of a push is the sequence that it gives the call."""
    from core import push
    from customers.groups import customer_group
    from telephony.models import Call
    from telephony.states import LIVE_STATUSES

    live = Call.objects.filter(customer__in=them.customers, status__in=LIVE_STATUSES)
    calls = list(live.values_list("customer_id", "pk", "call_id"))
    rate = them.count / CHANGES_EVERY_SECONDS
    sent_at: dict[int, float] = {}

    def change(number: int) -> None:
        customer, pk, call_id = calls[number % len(calls)]
        Call.objects.filter(pk=pk).update(sequence=number)
        sent_at[number] = time.time()
        push.hint_after_commit([customer_group(customer)], f"call.{call_id}", number)

    uncounted = max(1, round(rate * seconds / 10))
    _at_rate(rate, range(1000, 1000 + uncounted), change)
    before, began = running.cpu(), time.monotonic()
    counted = range(1000 + uncounted, 1000 + uncounted + max(1, round(rate * seconds)))
    _at_rate(rate, counted, change)
    spent, lasted = _spent(running, before), time.monotonic() - began
    heard = _heard(browsers, counted)
    marks = Counter(number for number, _ in heard)
    return Pushes(
        waits=sorted(at - sent_at[number] for number, at in heard),
        wrong=sum(times - 1 for times in marks.values()) + len(counted) - len(marks),
        rate=rate,
        server=spent["sockets"] / lasted,
        proxy=spent["proxy"] / lasted,
    )


def _heard(browsers: Driver, counted: range) -> list[tuple[int, float]]:
    """Which of these pushes came, and when. Waits for those that are late, but not for ever."""
    heard: list[tuple[int, float]] = []
    deadline = time.monotonic() + LATE_SECONDS
    is_complete = False
    while not is_complete and time.monotonic() < deadline:
        is_complete = len({number for number, _ in heard}) == len(counted)  # a last look for repeats
        time.sleep(1)
        heard += [(number, at) for number, at in browsers.ask("heard")["calls"] if number in counted]
    return heard


def _come_and_go(them: People, browsers: Driver, running: Stack, seconds: float) -> Presence:
    """An operator whom all these pages show comes or goes each second."""
    from operators.models import Operator
    from operators.services.presence import announce_presence_as_read

    def rest() -> dict[str, float]:
        before = running.cpu()
        time.sleep(seconds / 2)
        return {name: spent / (seconds / 2) for name, spent in _spent(running, before).items()}

    def change(number: int) -> None:
        operator = Operator.objects.get(pk=shown[number % len(shown)])
        operator.in_call = not operator.in_call
        operator.save(update_fields=["in_call"])
        operator.refresh_from_db()
        announce_presence_as_read(operator)

    shown = them.operators[:SHOWN]
    at_rest = rest()
    browsers.ask("heard")
    before, began = running.cpu(), time.monotonic()
    _at_rate(1, range(max(2, round(seconds))), change)
    time.sleep(1)
    spent, lasted = _spent(running, before), time.monotonic() - began
    return Presence(
        server=spent["sockets"] / lasted - at_rest["sockets"],
        proxy=spent["proxy"] / lasted - at_rest["proxy"],
        at_rest=at_rest["sockets"],
        messages=browsers.ask("heard")["operators"],
        pages=min(them.count, PRESENCE_PAGES),
    )


def _at_rate(rate: float, numbers: range, act: Callable[[int], Any]) -> None:
    started = time.monotonic()
    for turn, number in enumerate(numbers):
        time.sleep(max(0.0, started + turn / rate - time.monotonic()))
        act(number)


def _spent(running: Stack, before: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before[name] for name, seconds in running.cpu().items()}


def _goals(
    pages: int,
    plain_ms: float,
    pushes: Pushes,
    presence: Presence,
    each_kib: float,
    opened: tuple[float, float],
) -> list[Goal]:
    name = f"{pages} real sockets"
    slowest = pushes.waits[int(len(pushes.waits) * 0.99)] * 1000 if pushes.waits else float("inf")
    middle = pushes.waits[len(pushes.waits) // 2] * 1000 if pushes.waits else float("inf")
    share = f"presence on {presence.pages} pages, one change a second: share of a core"
    return [
        Goal(
            what=f"{name}: 99 % of pushes arrive within",
            measured=slowest,
            wanted=40,
            unit=" ms",
            beside=f"{slowest / plain_ms:.0f} plain views of {plain_ms:.3f} ms; median {middle:.1f} ms; {pushes.rate:.0f} pushes/s "
            f"took {pushes.server:.2f} of a core, the proxy {pushes.proxy:.2f}",
        ),
        Goal(
            what=f"{name}: delivered twice or not at all",
            measured=pushes.wrong,
            wanted=0,
            beside=f"{len(pushes.waits)} pushes",
        ),
        Goal(
            what=f"{name}: memory each",
            measured=each_kib,
            wanted=40,
            unit=" KiB",
            beside="of the server's process",
        ),
        Goal(
            what=share,
            measured=presence.server,
            wanted=0.05,
            beside=f"above {presence.at_rest:.3f} at rest; the proxy {presence.proxy:.3f}; {presence.messages} updates",
        )
        if presence.messages
        else failed(share, "no page heard of an operator"),
        Goal(
            what=f"reopening {pages} sockets",
            measured=opened[1],
            wanted=REOPEN_SECONDS * pages / REOPEN_PAGES,
            unit=" s",
            beside=f"a hundred at a time; opened first in {opened[0]:.1f} s; the goal is 12 s for 3,000",
        ),
    ]
