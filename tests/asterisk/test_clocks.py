"""Clocks that jump by an hour in mid-call: Django's, the adapter's, Asterisk's. No charge changes, and no call dies.

But one: Asterisk reckons its own limits (`TIMEOUT(absolute)`, `rtp_timeout`) in the date of its host, so a date that
jumps ahead ends its calls at once. They are charged to that moment and not a second more.

The truth here is this process's own clock, which nobody touches.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from telephony.states import Leg
from tests.house.books import Books
from tests.house.house import House
from tests.house.line import Line
from tests.house.shifted import Clock
from tests.lab.asterisk import Asterisk
from tests.lab.ports import free_ports

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

HOUR = 3600
WEB = {"AEIMS_FIRST_INCREMENT_SECONDS": "30", "AEIMS_NEXT_INCREMENT_SECONDS": "10"}
THIRTY_SECONDS = "2.99"  # the fee and the first increment
LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
# Seconds after joining, whose clock, how far it is off from then on.
STEPS = [
    (3, "web", HOUR),
    (6, "adapter", HOUR),
    (9, "web", -HOUR),
    (12, "adapter", -HOUR),
    (15, "asterisk", -HOUR),
]
AHEAD_AT = 4  # seconds after joining of one more call, Asterisk's date jumps two hours ahead
AHEAD = "ended by Asterisk's date"
HUNG_UP_AT = {"early": 7.5, "in the middle": 13.5, "late": 24.5}


@dataclass
class Came:
    """One call that lived through the steps."""

    books: Books
    lasted: float  # seconds by the true clock
    end_reasons: dict[Leg, str]


@pytest.fixture(scope="module")
def came(house_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Came]]:
    name = f"house-{os.getpid()}-clocks"
    clock_place = Asterisk.places() / f"{name}-clock"
    clock_place.mkdir(parents=True)
    try:
        with Asterisk(name, ports=free_ports()) as node:
            node.down()
            clocks = {"asterisk": clock_of_asterisk(node, clock_place)}
            node.up()
            yield asyncio.run(live_through(node, house_database, tmp_path_factory.mktemp("clocks"), clocks))
    finally:
        shutil.rmtree(clock_place)


def clock_of_asterisk(node: Asterisk, place: Path) -> Clock:
    """libfaketime (Debian) under this Asterisk from its next start on: wall clock by a file, monotonic clock true."""
    assert LIBRARY.exists(), "apt-get install libfaketime (tools/debian-packages.txt)"
    shutil.copy(LIBRARY, place)
    inside = "/" / place.relative_to(node.root)
    node.values |= {
        "LD_PRELOAD": str(inside / LIBRARY.name),
        "FAKETIME_TIMESTAMP_FILE": str(inside / "clock"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }
    return Clock(place / "clock")


async def live_through(
    node: Asterisk, url: str, directory: Path, clocks: dict[str, Clock]
) -> dict[str, Came]:
    house = House(directory, node, url, web=WEB)
    for process in (house.web, house.adapter):
        clocks[process.name] = Clock(directory / f"{process.name}.clock")
        process.under(clocks[process.name])
    async with house:
        lines = {name: await house.line() for name in HUNG_UP_AT}
        lines["to the last cent"] = await house.line(balance=THIRTY_SECONDS)
        times = await asyncio.gather(*(line.call_and_join() for line in lines.values()))
        joined = dict(zip(lines, times, strict=True))
        stepping = asyncio.create_task(step(lines["late"], max(joined.values()), clocks))
        came = await asyncio.gather(*(end(lines[name], joined[name], HUNG_UP_AT.get(name)) for name in lines))
        await stepping
        late = await house.line()
        joined_at = await true_joining(late)
        await late.talk_until(AHEAD_AT, joined_at)
        clocks["asterisk"].step(HOUR)
        return {**dict(zip(lines, came, strict=True)), AHEAD: await end(late, joined_at, None)}


async def true_joining(line: Line) -> float:
    """When both were joined by the true clock: Asterisk's date is an hour behind by now."""
    return await line.call_and_join() + HOUR


async def step(line: Line, joined_at: float, clocks: dict[str, Clock]) -> None:
    for seconds, whose, offset in STEPS:
        await line.talk_until(seconds, joined_at)
        clocks[whose].step(offset)


async def end(line: Line, joined_at: float, hung_up_at: float | None) -> Came:
    if hung_up_at is not None:
        await line.talk_until(hung_up_at, joined_at)
        line.phone(Leg.CUSTOMER).hangup()
    await line.phones_ended(60)
    books = await line.until_over()
    phones = {leg: line.phone(leg) for leg in Leg}
    lasted = min(phone.ended_at or 0.0 for phone in phones.values()) - joined_at
    return Came(books, lasted, {leg: phone.end_reason for leg, phone in phones.items()})


@pytest.mark.parametrize("name", HUNG_UP_AT)
def test_no_step_ends_a_call(came: dict[str, Came], name: str) -> None:
    assert came[name].end_reasons[Leg.CUSTOMER] == "local_bye"
    assert (came[name].books.end_reason, came[name].books.ended_by) == ("hangup", "customer")


@pytest.mark.parametrize("name", [*HUNG_UP_AT, "to the last cent", AHEAD])
def test_no_step_changes_a_charge(came: dict[str, Came], name: str) -> None:
    books = came[name].books
    assert books.joined_ms == pytest.approx(came[name].lasted * 1000, abs=300)
    bill = books.by_the_rules(round(came[name].lasted * 1000))
    assert (books.charged, books.posted, books.operator_balance) == (bill.cost, bill.cost, bill.operator)
    assert (books.held, books.operator_in_call, books.needs_review) == (0, False, False)


def test_asterisks_date_ahead_ends_a_call_and_charges_no_second_of_it(came: dict[str, Came]) -> None:
    ended = came[AHEAD]
    assert AHEAD_AT <= ended.lasted < AHEAD_AT + 10
    assert ended.books.charged_seconds <= AHEAD_AT + 10
    assert ended.books.ended_by in ("platform", "network")


def test_the_paid_for_second_is_kept(came: dict[str, Came]) -> None:
    last = came["to the last cent"]
    assert 30 <= last.lasted <= 31
    assert (last.books.end_reason, last.books.balance) == ("credit_exhausted", 0)
