"""The calls that take a minute, all at the same time, in four systems with an Asterisk each.

One system is left in peace: there calls end around the boundaries of every tariff, and credit is used up, extended and
shortened. In the others the web process, the adapter, or both are killed in mid-call. The tests (`test_durations`,
`test_credit`) look at what came of it. In the long form of the tests more calls end around the end of the second minute.
"""

import asyncio
import itertools
import os
import traceback
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telephony.models import Call
from telephony.states import Leg
from tests.full_stack.call_accounts import CallAccounts, money_held
from tests.full_stack.caller import Caller
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.stepped_clock import Clock
from tests.full_stack.system import System
from tests.full_stack.transcript import Moment, listen
from tests.lab import cel
from tests.lab.asterisk import Asterisk
from tests.lab.ports import free_ports

TARIFFS = {"60/60": ("60", "60"), "60/6": ("60", "6"), "30/10": ("30", "10")}
# Around the boundaries of each tariff: seconds of talk asked for.
DURATIONS = {
    "60/60": [0.4, 1, 29.99, 59, 59.99, 60.01, 60.99, 61, 61.01, 119, 119.99, 120.5, 121],
    "60/6": [1.99, 59.98, 60.5, 65.3, 65.99, 66.01, 66.99, 67.01, 90, 120.99],
    "30/10": [0.9, 29, 30.01, 30.99, 31.01, 39.99, 40.99, 41.01, 118.5, 121.01],
}
SHARES = [7500, 8000, 8500]
PAID_SECONDS = 60
ONE_MINUTE = "4.98"  # the fee and exactly one minute
LONG_SECONDS = 70  # calls longer than this are those of the long form
# Grants of two minutes that are renewed after half a minute, and warnings that one minute has room for.
WARN_AT = (35, 15)
WEB = {"AEIMS_GRANT_STEP_SECONDS": "120", "AEIMS_WARN_AT_SECONDS": ",".join(map(str, WARN_AT))}
KILL_AT = 20.0
BACK_AT = PAID_SECONDS + 12.0  # when everything is over, whatever was killed
TWO_HOURS = 7200
RTP_TIMEOUT = 3  # seconds


@dataclass(frozen=True, slots=True)
class Wish:
    """One of the calls around the boundaries: so many seconds, on these terms."""

    seconds: float
    tariff: str
    share_bps: int
    free_minutes: int

    @property
    def is_long(self) -> bool:
        return self.seconds > LONG_SECONDS

    def __str__(self) -> str:
        return f"{self.seconds} s {self.tariff} {self.share_bps // 100}% {self.free_minutes} free"


def wishes() -> list[Wish]:
    """Every share and with and without free minutes, spread over the durations of every tariff."""
    shares, frees = itertools.cycle(SHARES), itertools.cycle([0, 1, 0, 0, 1])
    return [
        Wish(seconds, tariff, next(shares), next(frees))
        for tariff, all_seconds in DURATIONS.items()
        for seconds in all_seconds
    ]


@dataclass
class Came:
    """What came of one call: all that anybody was told about its money, and what the phones knew."""

    failure: str = ""
    accounts: CallAccounts | None = None
    talk: cel.Joined | None = None
    ended_at: dict[Leg, float] = field(default_factory=dict)
    end_reasons: dict[Leg, str] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    live: list[dict[str, Any]] = field(default_factory=list)  # snapshots while it ran
    page: dict[str, Any] = field(default_factory=dict)  # the last snapshot
    status: dict[str, Any] = field(default_factory=dict)
    receipt: str = ""
    admin: str = ""
    events: list[str] = field(default_factory=list)
    heard: dict[Leg, list[Moment]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def joined_at(self) -> float:
        assert self.talk is not None, self.failure
        return self.talk.joined_at.timestamp()


@dataclass
class Evening:
    """The calls around the boundaries by their wishes, the others by name, and the holds found at the end."""

    wished: dict[Wish, Came]
    others: dict[str, Came]
    left_over: dict[str, int]


async def spend(directory: Path, database_url: str, *, is_long: bool) -> Evening:
    """Everything, at once; in the long form the calls that last into the second minute."""
    evening = Evening({}, {}, {})
    async with AsyncExitStack() as stack:

        async def system(name: str, **options: Any) -> System:
            node = Asterisk(
                f"system-{os.getpid()}-{name}", ports=free_ports(), values={"RTP_TIMEOUT": str(RTP_TIMEOUT)}
            )
            await asyncio.to_thread(stack.enter_context, node)
            return await stack.enter_async_context(
                System(directory / name, node, database_url, web=WEB, **options)
            )

        variants = {
            tariff: {"AEIMS_FIRST_INCREMENT_SECONDS": first, "AEIMS_NEXT_INCREMENT_SECONDS": following}
            for tariff, (first, following) in TARIFFS.items()
            if tariff != "60/60"
        }
        disturbances, peaceful_acts = ({}, {}) if is_long else (DISTURBANCES, PEACEFUL)
        peaceful, *disturbed = await asyncio.gather(
            system("peaceful", variants=variants), *(system(name.partition(" ")[0]) for name in disturbances)
        )
        staff = await peaceful.staff()
        running = [
            _disturbed(evening, name, its_house, staff)
            for name, its_house in zip(disturbances, disturbed, strict=True)
        ]
        running += [_one(evening.others, name, act(peaceful), staff) for name, act in peaceful_acts.items()]
        running += [
            _one(evening.wished, wish, _wished(peaceful, wish), staff)
            for wish in sorted(wishes(), key=lambda wish: -wish.seconds)
            if wish.is_long == is_long
        ]
        tasks = []
        for coroutine in running:
            tasks.append(asyncio.create_task(coroutine))
            await asyncio.sleep(0.25)  # a click every quarter of a second
        await asyncio.gather(*tasks)
        evening.left_over = await ask(money_held)
    return evening


async def _one(into: dict[Any, Came], name: Any, act: Coroutine[Any, Any, Came], staff: HttpClient) -> None:
    """One call; a failure is kept for its test."""
    came = Came()
    try:
        came = await act
        came.admin = (await staff.get(f"/telephony/call/{came.notes['key']}/change/")).text
    except Exception:
        came.failure = traceback.format_exc()
    into[name] = came


async def _end(caller: Caller, came: Came) -> Came:
    """Wait for the end of a call whose phones are down, and ask everybody what it cost."""
    await caller.phones_ended(60)
    came.accounts = await caller.until_over()
    came.talk = caller.talk()
    for leg in Leg:
        phone = caller.phone(leg)
        came.ended_at[leg], came.end_reasons[leg] = phone.ended_at or 0.0, phone.end_reason
    came.page = (await caller.page.get(f"/api/calls/active/?call_id={caller.call_id}")).json["call"]
    came.status = (await caller.page.get(f"/api/calls/status/?call_id={caller.call_id}")).json
    came.receipt = (await caller.page.get(f"/calls/{caller.call_id}/")).text
    came.notes["key"], came.events = await ask(_told_of, caller.call_id)
    return came


def _told_of(call_id: str) -> tuple[int, list[str]]:
    call = Call.objects.get(call_id=call_id)
    return call.pk, [event.state for event in call.events.order_by("id")]


async def _wished(system: System, wish: Wish) -> Came:
    """A call that lasts as long as was wished; customer and operator take turns to hang up."""
    came = Came()
    variant = "" if wish.tariff == "60/60" else wish.tariff
    caller = await system.caller(variant=variant, free_minutes=wish.free_minutes, share_bps=wish.share_bps)
    operator = caller.pair.operator.pk
    came.quote = (await caller.page.get(f"/api/balance/check/?operator_id={operator}")).json
    joined_at = await caller.call_and_join()
    if wish.seconds > 20:
        await caller.talk_until(wish.seconds * 0.6, joined_at)
        for path in ("active/", f"status/?call_id={caller.call_id}"):
            came.live.append((await caller.page.get(f"/api/calls/{path}")).json)
    await caller.talk_until(wish.seconds, joined_at)
    caller.phone(Leg.OPERATOR if int(wish.seconds) % 2 else Leg.CUSTOMER).hangup()
    return await _end(caller, came)


async def _until_the_money_is_gone(system: System) -> Came:
    """The fee and exactly one minute, nobody hangs up; everything that both phones hear."""
    came = Came()
    caller = await system.caller(heard=True, balance=ONE_MINUTE)
    joined_at = await caller.call_and_join()
    ears = {leg: asyncio.create_task(listen(caller.phone(leg), joined_at)) for leg in Leg}
    await caller.phones_ended(PAID_SECONDS + 20)
    came.heard = {leg: await ear for leg, ear in ears.items()}
    return await _end(caller, came)


async def _credited_in_mid_call(system: System) -> Came:
    """Ten dollars after half a minute: extended at once, and the talk goes on past the first minute."""
    came = Came()
    caller = await system.caller(balance=ONE_MINUTE)
    joined_at = await caller.call_and_join()
    await caller.talk_until(30, joined_at)
    came.notes["before"] = await _granted(system, caller)
    await system.book(caller, "credit", "10.00")
    came.notes["after"] = await _granted(system, caller)
    await caller.talk_until(PAID_SECONDS + 2.5, joined_at)
    caller.phone(Leg.CUSTOMER).hangup()
    return await _end(caller, came)


async def _debited_in_mid_call(system: System) -> Came:
    """A debit that leaves money for three minutes in all: what was given stays, the next grant is the last."""
    came = Came()
    caller = await system.caller(balance="45.00")
    joined_at = await caller.call_and_join()
    await caller.talk_until(10, joined_at)
    await system.book(caller, "debit", "32.04")
    came.notes["before"] = await _granted(system, caller)
    await caller.talk_until(37, joined_at)
    came.notes["after"] = await _granted(system, caller)
    caller.phone(Leg.CUSTOMER).hangup()
    return await _end(caller, came)


async def _a_phone_falls_silent(system: System) -> Came:
    """No packet from the operator's phone any more: Asterisk's `rtp_timeout` ends it."""
    came = Came()
    caller = await system.caller()
    joined_at = await caller.call_and_join()
    await caller.talk_until(5, joined_at)
    media = caller.phone(Leg.OPERATOR).media
    media.speaking = False
    came = await _end(caller, came)
    came.notes["spoke_at"] = media.spoke_at
    return came


async def _granted(system: System, caller: Caller) -> tuple[int, bool]:
    """What the adapter knows to be granted."""
    answer = await system.ask_adapter(f"/call/{caller.call_id}")
    assert answer is not None
    return answer[1]["granted_seconds"], answer[1]["final"]


PEACEFUL: dict[str, Callable[[System], Coroutine[Any, Any, Came]]] = {
    "in peace": _until_the_money_is_gone,
    "credited": _credited_in_mid_call,
    "debited": _debited_in_mid_call,
    "silent": _a_phone_falls_silent,
}


# -- the three systems in which something dies


async def _kill_web(system: System) -> None:
    await system.web.kill()


async def _kill_adapter(system: System) -> None:
    await system.adapter.kill()


async def _kill_both(system: System) -> None:
    await asyncio.gather(system.web.kill(), system.adapter.kill())


DISTURBANCES = {"web killed": _kill_web, "adapter killed": _kill_adapter, "both killed": _kill_both}


async def _disturbed(evening: Evening, name: str, system: System, staff: HttpClient) -> None:
    """The fee and one minute, something is killed after 20 s and comes back two hours after the end.

    A second call there is hung up by its customer while the dead are dead: the books must find out how long it was.
    """
    caller, other = await system.caller(heard=True, balance=ONE_MINUTE), await system.caller()
    try:
        joined_at, other_joined_at = await asyncio.gather(caller.call_and_join(), other.call_and_join())
    except Exception:
        evening.others[name] = Came(failure=traceback.format_exc())
        return
    ears = {leg: asyncio.create_task(listen(caller.phone(leg), joined_at)) for leg in Leg}
    await caller.talk_until(KILL_AT, joined_at)
    await DISTURBANCES[name](system)
    await other.talk_until(40.5, other_joined_at)
    other.phone(Leg.CUSTOMER).hangup()
    await caller.talk_until(BACK_AT, joined_at)
    clock = Clock(system.directory / "clock", 0 if name == "adapter killed" else TWO_HOURS)
    for process in (system.web, system.adapter):
        if not process.is_running:
            process.under(clock)
            await process.start()
    came = Came(heard={leg: await ear for leg, ear in ears.items()})
    await asyncio.gather(
        _one(evening.others, name, _end(caller, came), staff),
        _one(evening.others, f"{name}, hung up meanwhile", _end(other, Came()), staff),
    )
