"""Many calls while everything around them dies and comes back, by chance; a seed replays any run.

Afterwards, for every call: exactly one ending, told once; a joined time in it if and only if Asterisk's record says
that both were joined, and the same one; nothing left in the switch.
"""

import asyncio
import random
from pathlib import Path

import pytest

from telephony.states import Leg
from telephony.wire import CallEvent
from tests.adapter.django import Answer
from tests.adapter.rig import ACCEPTS, Rig, phone
from tests.lab import cel

CALLS = 20
SECONDS = 240.0
SLACK_MS = 300


class Chaos:
    """One run. Every decision comes from the seed."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.chance = random.Random(seed)
        self.calls: list[str] = []
        self.granted: dict[str, int] = {}
        self.is_django_ill = False

    async def run(self) -> None:
        self.rig.django.answers = self.answer
        until = self.rig.loop.time() + SECONDS
        often = [self.call, self.call, self.call, self.hang_up, self.kill, self.django]
        deeds = [*often, *often, self.ask_hangup, self.crash, self.disconnect]
        while self.rig.loop.time() < until:
            await asyncio.sleep(self.chance.expovariate(0.3))
            await self.chance.choice(deeds)()
        self.is_django_ill = False
        async with asyncio.timeout(600):
            for call_id in self.calls:
                await self.rig.django.ending(call_id, 600)
            await self.rig.until_ready()

    def answer(self, event: CallEvent) -> Answer | None:
        if self.is_django_ill or self.chance.random() < 0.1:
            return self.chance.choice([None, (500, {}), (502, {})])
        return self.rig.django.answer(event)

    async def call(self) -> None:
        if len(self.calls) >= CALLS:
            return
        granted = self.chance.choice([5, 20, 60, 180])
        plan = self.rig.plan(
            customer=self.chance.choice(
                [ACCEPTS, ACCEPTS, phone(1, talk=self.chance.randint(3, 40)), phone(5)]
            ),
            operator=self.chance.choice([ACCEPTS, ACCEPTS, ACCEPTS, phone(1, ring=4), phone(6), phone(8)]),
            granted_seconds=granted,
            final=self.chance.random() < 0.7,
        )
        status, _ = await self.rig.post("/call/originate", plan)
        if status == 202:
            self.calls.append(plan["call_id"])
            self.granted[plan["call_id"]] = granted

    async def hang_up(self) -> None:
        """A party of a call that is joined has said enough."""
        if bridges := sorted(name for name, legs in self.rig.switch.bridges.items() if len(legs) == 2):
            call_id = self.chance.choice(bridges).removesuffix("-br")
            await self.rig.hang_up(call_id, self.chance.choice(list(Leg)))

    async def ask_hangup(self) -> None:
        if self.calls:
            await self.rig.ask_hangup(
                self.chance.choice(self.calls), self.chance.choice(["customer", "staff"])
            )

    async def kill(self) -> None:
        await self.rig.kill()
        await asyncio.sleep(self.chance.uniform(0, 6))
        if self.chance.random() < 0.5:
            await self.hang_up()
        await asyncio.sleep(self.chance.uniform(0, 6))
        await self.rig.start_unready()
        await asyncio.sleep(self.chance.choice([0, 0.1, 3]))

    async def crash(self) -> None:
        if self.chance.random() < 0.3:
            self.rig.switch.crash()
            await asyncio.sleep(self.chance.uniform(0, 8))
            self.rig.switch.boot()

    async def disconnect(self) -> None:
        self.rig.switch.disconnect()

    async def django(self) -> None:
        self.is_django_ill = not self.is_django_ill

    def check(self, call_id: str) -> None:
        events = self.rig.django.of(call_id)
        endings = [event for event in events if event.state in ("ended", "busy", "no_answer", "failed")]
        assert len(endings) == 1
        assert events[-1] is endings[0], "nothing is told after the end"
        told, record = endings[0].metadata, cel.joined(self.rig.cel, f"{call_id}-br")
        if record is None:
            assert "joined_ms" not in told
            return
        assert "joined_ms" in told, f"{told} although they were joined"
        joined_ms = int(told["joined_ms"])
        if record.microseconds is not None:
            assert joined_ms == pytest.approx(record.microseconds / 1000, abs=SLACK_MS)
        assert joined_ms <= (self.granted[call_id] + 5) * 1000, "five seconds late at most, whatever died"


QUICK, SOME, MANY = 6, 10, 40


@pytest.mark.parametrize(
    "seed",
    [
        *range(QUICK),
        *(pytest.param(n, marks=pytest.mark.slow) for n in range(QUICK, SOME)),
        *(pytest.param(n, marks=[pytest.mark.slow, pytest.mark.long]) for n in range(SOME, MANY)),
    ],
)
async def test_whatever_dies_every_call_is_told_once_and_as_recorded(tmp_path: Path, seed: int) -> None:
    async with Rig(tmp_path) as rig:
        await rig.start()
        chaos = Chaos(rig, seed)
        await chaos.run()
        assert chaos.calls
        for call_id in chaos.calls:
            chaos.check(call_id)
            assert await rig.is_gone(call_id)
