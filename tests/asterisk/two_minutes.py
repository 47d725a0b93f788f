"""The calls that take two minutes, all at the same time, in four houses with an Asterisk each.

One house is left in peace: there thirty calls end around the boundaries of every tariff, and credit is used up,
extended and shortened. In the others the web process, the adapter, or both are killed in mid-call. The tests
(`test_durations`, `test_credit`) look at what came of it.
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
from tests.house.books import Books, money_held
from tests.house.database import ask
from tests.house.ear import Moment, listen
from tests.house.house import House
from tests.house.line import Line
from tests.house.shifted import Clock
from tests.house.visitor import Visitor
from tests.lab import cel
from tests.lab.asterisk import Asterisk
from tests.lab.ports import free_ports

TARIFFS = {"60/60": ("60", "60"), "60/6": ("60", "6"), "30/10": ("30", "10")}
# Around the boundaries of each tariff: seconds of talk asked for.
DURATIONS = {
    "60/60": [0.4, 1, 29.99, 59, 59.99, 60.01, 60.99, 61, 61.01, 119, 119.99, 120.5, 121],
    "60/6": [1.99, 59.98, 60.5, 61.5, 65.99, 66.01, 66.99, 67.01, 90, 120.99],
    "30/10": [0.9, 29, 30.01, 30.99, 31.01, 39.99, 40.99, 41.01, 118.5, 121.01],
}
SHARES = [7500, 8000, 8500]
TWO_MINUTES = "8.97"  # the fee and exactly two minutes
KILL_AT = 20.0
BACK_AT = 132.0  # when everything is over, whatever was killed
TWO_HOURS = 7200
RTP_TIMEOUT = 3  # seconds


@dataclass(frozen=True, slots=True)
class Wish:
    """One of the thirty: so many seconds, on these terms."""

    seconds: float
    tariff: str
    share_bps: int
    free_minutes: int

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
    books: Books | None = None
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
    """The thirty by their wishes, the others by name, and the holds found at the end."""

    wished: dict[Wish, Came]
    others: dict[str, Came]
    left_over: dict[str, int]


async def spend(directory: Path, database_url: str) -> Evening:
    """Everything, at once."""
    evening = Evening({}, {}, {})
    async with AsyncExitStack() as stack:

        async def house(name: str, **options: Any) -> House:
            node = Asterisk(
                f"house-{os.getpid()}-{name}", ports=free_ports(), values={"RTP_TIMEOUT": str(RTP_TIMEOUT)}
            )
            await asyncio.to_thread(stack.enter_context, node)
            return await stack.enter_async_context(House(directory / name, node, database_url, **options))

        doors = {
            tariff: {"AEIMS_FIRST_INCREMENT_SECONDS": first, "AEIMS_NEXT_INCREMENT_SECONDS": following}
            for tariff, (first, following) in TARIFFS.items()
            if tariff != "60/60"
        }
        peaceful, *disturbed = await asyncio.gather(
            house("peaceful", doors=doors), *(house(name.partition(" ")[0]) for name in DISTURBANCES)
        )
        staff = await peaceful.staff()
        running = [
            _disturbed(evening, name, its_house, staff)
            for name, its_house in zip(DISTURBANCES, disturbed, strict=True)
        ]
        running += [_one(evening.others, name, act(peaceful), staff) for name, act in PEACEFUL.items()]
        running += [
            _one(evening.wished, wish, _wished(peaceful, wish), staff)
            for wish in sorted(wishes(), key=lambda wish: -wish.seconds)
        ]
        tasks = []
        for coroutine in running:
            tasks.append(asyncio.create_task(coroutine))
            await asyncio.sleep(0.25)  # a click every quarter of a second
        await asyncio.gather(*tasks)
        evening.left_over = await ask(money_held)
    return evening


async def _one(into: dict[Any, Came], name: Any, act: Coroutine[Any, Any, Came], staff: Visitor) -> None:
    """One call; a failure is kept for its test."""
    came = Came()
    try:
        came = await act
        came.admin = (await staff.get(f"/telephony/call/{came.notes['key']}/change/")).text
    except Exception:
        came.failure = traceback.format_exc()
    into[name] = came


async def _end(line: Line, came: Came) -> Came:
    """Wait for the end of a call whose phones are down, and ask everybody what it cost."""
    await line.phones_ended(60)
    came.books = await line.until_over()
    came.talk = line.talk()
    for leg in Leg:
        phone = line.phone(leg)
        came.ended_at[leg], came.end_reasons[leg] = phone.ended_at or 0.0, phone.end_reason
    came.page = (await line.page.get(f"/api/calls/active/?call_id={line.call_id}")).json["call"]
    came.status = (await line.page.get(f"/api/calls/status/?call_id={line.call_id}")).json
    came.receipt = (await line.page.get(f"/calls/{line.call_id}/")).text
    came.notes["key"], came.events = await ask(_told_of, line.call_id)
    return came


def _told_of(call_id: str) -> tuple[int, list[str]]:
    call = Call.objects.get(call_id=call_id)
    return call.pk, [event.state for event in call.events.order_by("id")]


async def _wished(house: House, wish: Wish) -> Came:
    """A call that lasts as long as was wished; customer and operator take turns to hang up."""
    came = Came()
    door = "" if wish.tariff == "60/60" else wish.tariff
    line = await house.line(door=door, free_minutes=wish.free_minutes, share_bps=wish.share_bps)
    operator = line.pair.operator.pk
    came.quote = (await line.page.get(f"/api/balance/check/?operator_id={operator}")).json
    joined_at = await line.call_and_join()
    if wish.seconds > 20:
        await line.talk_until(wish.seconds * 0.6, joined_at)
        for path in ("active/", f"status/?call_id={line.call_id}"):
            came.live.append((await line.page.get(f"/api/calls/{path}")).json)
    await line.talk_until(wish.seconds, joined_at)
    line.phone(Leg.OPERATOR if int(wish.seconds) % 2 else Leg.CUSTOMER).hangup()
    return await _end(line, came)


async def _until_the_money_is_gone(house: House) -> Came:
    """The fee and exactly two minutes, nobody hangs up; everything that both phones hear."""
    came = Came()
    line = await house.line(heard=True, balance=TWO_MINUTES)
    joined_at = await line.call_and_join()
    ears = {leg: asyncio.create_task(listen(line.phone(leg), joined_at)) for leg in Leg}
    await line.phones_ended(140)
    came.heard = {leg: await ear for leg, ear in ears.items()}
    return await _end(line, came)


async def _credited_in_mid_call(house: House) -> Came:
    """Ten dollars after half a minute: extended at once, and the talk goes on past the second minute."""
    came = Came()
    line = await house.line(balance=TWO_MINUTES)
    joined_at = await line.call_and_join()
    await line.talk_until(30, joined_at)
    came.notes["before"] = await _granted(house, line)
    await house.book(line, "credit", "10.00")
    came.notes["after"] = await _granted(house, line)
    await line.talk_until(122.5, joined_at)
    line.phone(Leg.CUSTOMER).hangup()
    return await _end(line, came)


async def _debited_in_mid_call(house: House) -> Came:
    """A debit that leaves money for four minutes in all: what was given stays, the next grant is the last."""
    came = Came()
    line = await house.line(balance="45.00")
    joined_at = await line.call_and_join()
    await line.talk_until(10, joined_at)
    await house.book(line, "debit", "28.05")
    came.notes["before"] = await _granted(house, line)
    await line.talk_until(97, joined_at)
    came.notes["after"] = await _granted(house, line)
    line.phone(Leg.CUSTOMER).hangup()
    return await _end(line, came)


async def _a_phone_falls_silent(house: House) -> Came:
    """No packet from the operator's phone any more: Asterisk's `rtp_timeout` ends it."""
    came = Came()
    line = await house.line()
    joined_at = await line.call_and_join()
    await line.talk_until(5, joined_at)
    media = line.phone(Leg.OPERATOR).media
    media.speaking = False
    came = await _end(line, came)
    came.notes["spoke_at"] = media.spoke_at
    return came


async def _granted(house: House, line: Line) -> tuple[int, bool]:
    """What the adapter knows to be granted."""
    answer = await house.ask_adapter(f"/call/{line.call_id}")
    assert answer is not None
    return answer[1]["granted_seconds"], answer[1]["final"]


PEACEFUL: dict[str, Callable[[House], Coroutine[Any, Any, Came]]] = {
    "in peace": _until_the_money_is_gone,
    "credited": _credited_in_mid_call,
    "debited": _debited_in_mid_call,
    "silent": _a_phone_falls_silent,
}


# -- the three houses in which something dies


async def _kill_web(house: House) -> None:
    await house.web.kill()


async def _kill_adapter(house: House) -> None:
    await house.adapter.kill()


async def _kill_both(house: House) -> None:
    await asyncio.gather(house.web.kill(), house.adapter.kill())


DISTURBANCES = {"web killed": _kill_web, "adapter killed": _kill_adapter, "both killed": _kill_both}


async def _disturbed(evening: Evening, name: str, house: House, staff: Visitor) -> None:
    """The fee and two minutes, something is killed after 20 s and comes back two hours after the end.

    A second call there is hung up by its customer while the dead are dead: the books must find out how long it was.
    """
    line, other = await house.line(heard=True, balance=TWO_MINUTES), await house.line()
    try:
        joined_at, other_joined_at = await asyncio.gather(line.call_and_join(), other.call_and_join())
    except Exception:
        evening.others[name] = Came(failure=traceback.format_exc())
        return
    ears = {leg: asyncio.create_task(listen(line.phone(leg), joined_at)) for leg in Leg}
    await line.talk_until(KILL_AT, joined_at)
    await DISTURBANCES[name](house)
    await other.talk_until(70.5, other_joined_at)
    other.phone(Leg.CUSTOMER).hangup()
    await line.talk_until(BACK_AT, joined_at)
    clock = Clock(house.directory / "clock", 0 if name == "adapter killed" else TWO_HOURS)
    for process in (house.web, house.adapter):
        if not process.is_running:
            process.under(clock)
            await process.start()
    came = Came(heard={leg: await ear for leg, ear in ears.items()})
    await asyncio.gather(
        _one(evening.others, name, _end(line, came), staff),
        _one(evening.others, f"{name}, hung up meanwhile", _end(other, Came()), staff),
    )
