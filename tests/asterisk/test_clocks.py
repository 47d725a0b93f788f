"""Clocks that jump by an hour in mid-call: Django's, the adapter's, Asterisk's. No charge changes, and no call dies.

Asterisk lives under libfaketime with our steady clock above it, as production lives under a real date that jumps. One
more Asterisk has no steady clock: there a date that jumps ahead must end the call, or nothing here would prove anything.

The truth here is this process's own clock, which nobody touches.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from telephony.states import Leg
from tests.full_stack.call_accounts import CallAccounts
from tests.full_stack.caller import Caller
from tests.full_stack.stepped_clock import Clock
from tests.full_stack.system import System
from tests.full_stack.transcript import Moment, listen
from tests.lab import cel, faketime
from tests.lab.asterisk import Asterisk
from tests.lab.audio import WARNING
from tests.lab.ports import free_ports

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

HOUR = 3600
WEB = {"AEIMS_FIRST_INCREMENT_SECONDS": "30", "AEIMS_NEXT_INCREMENT_SECONDS": "10"}
THIRTY_SECONDS = "2.99"  # the fee and the first increment
TEN_SECONDS_MORE = "0.66"
# Seconds after joining, whose clock, how far it is off from then on.
STEPS = [
    (3, "web", HOUR),
    (5, "asterisk", HOUR),
    (6, "adapter", HOUR),
    (9, "web", -HOUR),
    (12, "adapter", -HOUR),
    (13, "asterisk", -HOUR),
]
# The whole host, web and all: an hour ahead before these calls begin, back again in their middle.
HOST = ("web", "adapter", "asterisk")
BACK_AT, ADAPTER_KILLED_AT, ADAPTER_BACK_AT = 5, 7, 11
# Who hangs up when; those who are missing talk until the money is gone.
STEPPED = {"early": 8.5, "in the middle": 16.5, "late": 24.5}
ADAPTER_KILLED = {"hung up meanwhile": 9.5, "hung up later": 19.5}
AHEAD_AT = 4  # without a steady clock: seconds after joining
PAID, EXTENDED, PAID_WITHOUT_ADAPTER = "to the last cent", "extended", "to the last cent, adapter killed"
STEADY_CALLS = [*STEPPED, *ADAPTER_KILLED, PAID, EXTENDED, PAID_WITHOUT_ADAPTER]
UNSTEADY = "without a steady clock"


@dataclass
class Came:
    """One call that lived through the steps."""

    accounts: CallAccounts
    talk: cel.Joined | None
    lasted: float  # seconds by the true clock
    end_reasons: dict[Leg, str]
    shown: dict[str, Any] = field(default_factory=dict)  # by the API, 3 seconds after joining
    heard: list[Moment] = field(default_factory=list)  # by the customer


@pytest.fixture(scope="module")
def came(system_database: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Came]:
    return asyncio.run(spend(system_database, tmp_path_factory.mktemp("clocks")))


async def spend(url: str, directory: Path) -> dict[str, Came]:
    """Both systems at once."""

    async def live(name: str, live_through: Any, **values: str) -> dict[str, Came]:
        async with AsyncExitStack() as stack:
            node, clock = await asyncio.to_thread(stack.enter_context, stepped_asterisk(name, **values))
            system = System(directory / name, node, url, web=WEB)
            clocks = {"asterisk": clock}
            for process in (system.web, system.adapter):
                clocks[process.name] = Clock(system.directory / f"{process.name}.clock")
                process.under(clocks[process.name])
            await stack.enter_async_context(system)
            found: dict[str, Came] = await live_through(system, clocks)
            return found

    steady, unsteady = await asyncio.gather(
        live("steady", on_a_steady_clock), live("unsteady", on_an_unsteady_clock, ASTERISK_STEADY_CLOCK="")
    )
    return steady | unsteady


@contextmanager
def stepped_asterisk(name: str, **values: str) -> Iterator[tuple[Asterisk, Clock]]:
    """An Asterisk whose host's date follows the clock; it is true at the start."""
    name = f"system-{os.getpid()}-clocks-{name}"
    place = Asterisk.places() / f"{name}-clock"
    place.mkdir(parents=True)
    try:
        clock = Clock(place / "clock")
        shutil.copy(faketime.library(), place)
        node = Asterisk(name, ports=free_ports(), values=values)
        inside = "/" / place.relative_to(node.root)
        node.values |= faketime.values(inside / "clock")
        node.values["LD_PRELOAD"] = str(inside / faketime.library().name)
        with node:
            yield node, clock
    finally:
        shutil.rmtree(place)


async def on_a_steady_clock(system: System, clocks: dict[str, Clock]) -> dict[str, Came]:
    """First every clock for itself; then the host's, with the adapter killed after it."""
    callers = {name: await system.caller() for name in STEPPED}
    callers[PAID] = await system.caller(balance=THIRTY_SECONDS, heard=True)
    callers[EXTENDED] = await system.caller(balance=THIRTY_SECONDS)
    joined = await join(callers)
    begun = max(joined.values())
    came, _, _ = await asyncio.gather(
        until_over(callers, joined, STEPPED), step(begun, clocks), credit(system, callers[EXTENDED], begun)
    )
    for whose in HOST:
        clocks[whose].step(HOUR)
    callers = {name: await system.caller() for name in ADAPTER_KILLED}
    callers[PAID_WITHOUT_ADAPTER] = await system.caller(balance=THIRTY_SECONDS)
    joined = await join(callers)
    later, _ = await asyncio.gather(
        until_over(callers, joined, ADAPTER_KILLED), kill_adapter(system, max(joined.values()), clocks)
    )
    return came | later


async def on_an_unsteady_clock(system: System, clocks: dict[str, Clock]) -> dict[str, Came]:
    callers = {UNSTEADY: await system.caller()}
    joined = await join(callers)
    await callers[UNSTEADY].talk_until(AHEAD_AT, joined[UNSTEADY])
    clocks["asterisk"].step(HOUR)
    return await until_over(callers, joined, {})


async def join(callers: dict[str, Caller]) -> dict[str, float]:
    return dict(
        zip(
            callers,
            await asyncio.gather(*(caller.call_and_join() for caller in callers.values())),
            strict=True,
        )
    )


async def step(begun: float, clocks: dict[str, Clock]) -> None:
    for seconds, whose, offset in STEPS:
        await sleep_until(begun + seconds)
        clocks[whose].step(offset)


async def credit(system: System, caller: Caller, begun: float) -> None:
    """Money for ten seconds more, when all clocks have been stepped."""
    await sleep_until(begun + 15)
    await system.book(caller, "credit", TEN_SECONDS_MORE)


async def kill_adapter(system: System, begun: float, clocks: dict[str, Clock]) -> None:
    await sleep_until(begun + BACK_AT)
    for whose in HOST:
        clocks[whose].step(0)
    await sleep_until(begun + ADAPTER_KILLED_AT)
    await system.adapter.kill()
    await sleep_until(begun + ADAPTER_BACK_AT)
    await system.adapter.start()


async def until_over(
    callers: dict[str, Caller], joined: dict[str, float], hung_up_at: dict[str, float]
) -> dict[str, Came]:
    came = await asyncio.gather(
        *(until_parted(caller, joined[name], hung_up_at.get(name)) for name, caller in callers.items())
    )
    return dict(zip(callers, came, strict=True))


async def until_parted(caller: Caller, joined_at: float, hung_up_at: float | None) -> Came:
    ear = asyncio.create_task(listen(caller.phone(Leg.CUSTOMER), joined_at))
    await caller.talk_until(3, joined_at)
    shown = (await caller.page.get(f"/api/calls/status/?call_id={caller.call_id}")).json
    if hung_up_at is not None:
        await caller.talk_until(hung_up_at, joined_at)
        caller.phone(Leg.CUSTOMER).hangup()
    await caller.phones_ended(60)
    accounts = await caller.until_over()
    phones = {leg: caller.phone(leg) for leg in Leg}
    lasted = min(phone.ended_at or 0.0 for phone in phones.values()) - joined_at
    reasons = {leg: phone.end_reason for leg, phone in phones.items()}
    return Came(accounts, caller.talk(), lasted, reasons, shown, await ear)


async def sleep_until(at: float) -> None:
    await asyncio.sleep(max(0.0, at - time.time()))


@pytest.mark.parametrize("name", [*STEPPED, *ADAPTER_KILLED])
def test_no_step_ends_a_call(came: dict[str, Came], name: str) -> None:
    assert came[name].end_reasons[Leg.CUSTOMER] == "local_bye"
    assert (came[name].accounts.end_reason, came[name].accounts.ended_by) == ("hangup", "customer")


@pytest.mark.parametrize("name", [*STEADY_CALLS, UNSTEADY])
def test_no_step_changes_a_charge(came: dict[str, Came], name: str) -> None:
    accounts = came[name].accounts
    assert accounts.joined_ms == pytest.approx(came[name].lasted * 1000, abs=300)
    bill = accounts.by_the_rules(accounts.joined_ms)
    assert (accounts.charged, accounts.posted, accounts.operator_balance) == (
        bill.cost,
        bill.cost,
        bill.operator,
    )
    assert (accounts.held, accounts.operator_in_call, accounts.needs_review) == (0, False, False)


@pytest.mark.parametrize("name", STEADY_CALLS)
def test_the_record_and_the_books_agree_to_the_millisecond(came: dict[str, Came], name: str) -> None:
    talk, accounts = came[name].talk, came[name].accounts
    assert talk is not None
    assert talk.microseconds is not None
    assert accounts.joined_ms == pytest.approx(talk.microseconds / 1000, abs=5)


@pytest.mark.parametrize(("name", "seconds"), [(PAID, 30), (EXTENDED, 40), (PAID_WITHOUT_ADAPTER, 30)])
def test_the_paid_for_second_is_kept(came: dict[str, Came], name: str, seconds: int) -> None:
    last = came[name]
    assert seconds <= last.lasted <= seconds + 1
    assert (last.accounts.end_reason, last.accounts.balance) == ("credit_exhausted", 0)


def test_the_warning_comes_when_fifteen_seconds_are_left(came: dict[str, Came]) -> None:
    tones = [moment.at for moment in came[PAID].heard if WARNING in moment.heard.tones]
    assert tones
    assert 15 <= min(tones) <= 17


@pytest.mark.parametrize("name", ADAPTER_KILLED)
def test_who_calls_after_a_step_is_shown_the_true_length(came: dict[str, Came], name: str) -> None:
    assert came[name].shown["duration_seconds"] in (2, 3, 4)


def test_without_a_steady_clock_a_date_that_jumps_ahead_ends_the_call(came: dict[str, Came]) -> None:
    ended = came[UNSTEADY]
    assert AHEAD_AT <= ended.lasted < AHEAD_AT + 10
    assert ended.accounts.ended_by in ("platform", "network")
