"""Words and steps that all parts of the contract use."""

import asyncio

from telephony.adapter import cel as adapter_cel
from tests.adapter.rig import Rig
from tests.lab import cel

DIALLED, ANSWERED, JOINED, ENDED = "ringing", "answered", "started", "ended"
NO_SOUNDS: dict[str, list[str]] = {}


async def first_answered(world: Rig, call_id: str) -> None:
    """Wait until the customer has picked up."""
    await world.django.wait(call_id, ANSWERED)


async def second_answered(world: Rig, call_id: str) -> None:
    """Wait until the operator has picked up."""
    async with asyncio.timeout(20):
        while len(world.django.of(call_id, ANSWERED)) < 2:
            await asyncio.sleep(0.05)


async def second_ringing(world: Rig, call_id: str) -> None:
    """Wait until the operator's phone is dialled."""
    async with asyncio.timeout(20):
        while len(world.django.of(call_id, DIALLED)) < 2:
            await asyncio.sleep(0.05)


def assert_span_is_the_record(world: Rig, call_id: str) -> None:
    """What Django was told is what Asterisk's own record says, to the few milliseconds between two event times."""
    told = world.django.of(call_id, ENDED)[0].metadata
    record = cel.joined(world.cel, f"{call_id}-br")
    assert record is not None
    assert record.microseconds is not None
    assert abs(int(told["joined_ms"]) - record.microseconds / 1000) <= 5
    assert abs(float(told["joined_at"]) - record.joined_at.timestamp()) <= 0.005, (told, record)
    assert round((float(told["left_at"]) - float(told["joined_at"])) * 1000) == int(told["joined_ms"])


def assert_paid_by_the_record(world: Rig, call_id: str) -> None:
    """What is charged follows from Asterisk's record alone: who has it charges the same."""
    told = world.django.of(call_id, ENDED)[0].metadata
    talk = adapter_cel.load(world.cel, [call_id])[call_id]
    paid_ms = talk.paid_ms(world.silence_seconds)
    assert paid_ms is not None
    assert abs(int(told["joined_ms"]) - paid_ms) <= 5


async def bystander_sees_it_gone(world: Rig, call_id: str, seconds: float = 3) -> bool:
    """Whether both legs end with no adapter there; the empty bridge may stay."""
    try:
        async with asyncio.timeout(seconds):
            while any(name.startswith(call_id) for name in (await world.switch.survey()).channels):
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True
