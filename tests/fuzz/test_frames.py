"""Frames at random to every kind of socket: an error or an answer, never a traceback, and pages go on being served."""

import json
from random import Random
from typing import Any

import pytest

from tests.fuzz import values
from tests.telephony.test_sockets import in_thread
from tests.web.test_socket_access import KINDS, opened, people

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("channel_layer"),
    pytest.mark.slow,
]
PER_SOCKET = 40  # below what a page may say in ten seconds
NAMES = ["type", "up_to", "text", "region", "conversation", "side", "payload", ""]
WORDS: list[Any] = [
    "typing",
    "read",
    "delivered",
    "draft",
    "presence",
    "push",
    "recheck",
    "sync",
    None,
    [],
    {},
    0,
    -1,
    7,
    2**31,
    1e308,
    True,
    "\ud800",
]


def frame(chance: Random) -> dict[str, Any]:
    """Text or bytes, as the server hands them over."""
    kind = chance.random()
    if kind < 0.15:
        return {"bytes": chance.randbytes(chance.choice([0, 1, 100, 100_000]))}
    if kind < 0.35:
        return {"text": values.as_sent(values.text(chance))}
    body = {
        chance.choice(NAMES): chance.choice([*WORDS, values.text(chance)]) for _ in range(chance.randrange(6))
    }
    body["type"] = chance.choice(WORDS)
    return {"text": json.dumps(body)}


@pytest.mark.parametrize(
    "count", [100, pytest.param(1_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
async def test_no_frame_breaks_a_socket(count: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = Random(13)
    cases = await in_thread(people)()
    for number in range(0, count, PER_SOCKET):
        kind = KINDS[number // PER_SOCKET % len(KINDS)]
        _, page = await opened(cases[kind])
        for _ in range(PER_SOCKET):
            sent = frame(chance)
            await page.line.send_input({"type": "websocket.receive", **sent})
        assert await page.is_open(), kind
        await page.closes()
    assert not [record for record in caplog.records if record.exc_info]
