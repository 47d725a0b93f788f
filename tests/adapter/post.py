"""A reporter by itself, with its journal and a scripted Django."""

import asyncio
from pathlib import Path
from typing import Any

from telephony.adapter.journal import Journal
from telephony.adapter.reporter import Reporter
from telephony.states import EventState
from telephony.wire import CallEvent
from tests.adapter.django import KEY, ScriptedDjango
from tests.adapter.rig import EPOCH

A, B = "call_1750000000_aaaaaa", "call_1750000000_bbbbbb"


class Post:
    """A reporter, its journal and its Django; `clock_step` sets the reporter's clock apart from Django's."""

    def __init__(self, directory: Path) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock_step = 0.0
        self.django = ScriptedDjango(lambda: EPOCH + self.loop.time())
        self.directory = directory
        self.answers: list[tuple[str, int, dict[str, Any]]] = []
        self.serial = 0

    async def start(self) -> None:
        self.journal = Journal(self.directory, clock=self.clock)
        self.journal.open()
        self.reporter = Reporter(
            self.django.url,
            KEY,
            self.journal,
            self.take,
            batch_url=self.django.batch_url,
            clock=self.clock,
        )
        await self.reporter.start()

    async def stop(self) -> None:
        await self.reporter.close()
        self.journal.close()

    def clock(self) -> float:
        return EPOCH + self.loop.time() + self.clock_step

    def take(self, event: CallEvent, status: int, answer: dict[str, Any]) -> None:
        self.answers.append((event.state, status, answer))

    def event(self, call_id: str = A, state: EventState = EventState.RINGING) -> CallEvent:
        self.serial += 1
        return CallEvent(
            f"e{self.serial}", self.serial, call_id, "outbound", EPOCH, state, "17", 22, None, {}
        )

    def report(self, call_id: str = A, state: EventState = EventState.RINGING) -> CallEvent:
        event = self.event(call_id, state)
        self.reporter.report(event)
        return event
