"""Listens to a phone from joining to parting, without a gap, and remembers what it heard when."""

import asyncio
import time
from dataclasses import dataclass

from tests.lab.audio import Heard
from tests.lab.phone import Phone

SPAN_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Moment:
    """What was heard in the span that ended so many seconds after joining."""

    at: float
    heard: Heard


async def listen(phone: Phone, joined_at: float) -> list[Moment]:
    """Everything until the phone is on the hook, in spans of 0.4 s."""
    moments: list[Moment] = []
    await asyncio.sleep(max(0.0, joined_at + 1 - time.time()))
    while not phone.ended.is_set():
        await asyncio.sleep(SPAN_SECONDS)
        if not phone.ended.is_set():
            moments.append(Moment(time.time() - joined_at, phone.heard(SPAN_SECONDS)))
    return moments
