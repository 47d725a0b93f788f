"""`python -m tools.bench.call_driver`: clicks Call for many customers at a given rate, whatever the answers take.

The first line of its input says whom (`Clicks`), each further one a step of the ladder (`Step`); each is answered by three lines: when
its counted window begins, when that ends, and what the clicks of the window took.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import aiohttp

GIVE_UP_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Clicks:
    """Who calls whom: each pair's customer clicks in turn."""

    port: int
    host: str
    pairs: list[tuple[str, int]]  # the customer's token and the operator's id


@dataclass(frozen=True, kw_only=True)
class Step:
    """So many clicks a second; those of the first seconds are not counted."""

    rate: float
    uncounted_seconds: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the counted clicks got: seconds from the moment each was due; those refused by their answer."""

    seconds: list[float]
    refused: list[str]
    cpu_seconds: float  # of this process, since its start


async def main() -> None:
    clicks = Clicks(**json.loads(sys.stdin.readline()))
    pairs = itertools.cycle(clicks.pairs)
    timeout = aiohttp.ClientTimeout(total=GIVE_UP_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await _step(http, clicks, pairs, Step(**json.loads(line)))


async def _step(
    http: aiohttp.ClientSession, clicks: Clicks, pairs: Iterator[tuple[str, int]], step: Step
) -> None:
    began = time.monotonic()
    counted_from = began + step.uncounted_seconds
    until = counted_from + step.seconds
    counted: list[asyncio.Task[tuple[float, str]]] = []
    uncounted: list[asyncio.Task[tuple[float, str]]] = []
    is_marked = False
    for number in itertools.count():
        due = began + number / step.rate
        if due >= counted_from and not is_marked:
            await _sleep_until(counted_from)
            is_marked = True
            _say({"begins": time.time(), "cpu_seconds": time.process_time()})
        if due >= until:
            break
        await _sleep_until(due)
        token, operator = next(pairs)
        task = asyncio.create_task(_click(http, clicks, token, operator, due))
        (counted if due >= counted_from else uncounted).append(task)
    await _sleep_until(until)
    _say({"ends": time.time(), "cpu_seconds": time.process_time()})
    answers = await asyncio.gather(*counted)
    await asyncio.gather(*uncounted)
    taken = [seconds for seconds, refusal in answers if not refusal]
    refused = [refusal for _, refusal in answers if refusal]
    _say(asdict(Answers(seconds=taken, refused=refused, cpu_seconds=time.process_time())))


async def _click(
    http: aiohttp.ClientSession, clicks: Clicks, token: str, operator: int, due: float
) -> tuple[float, str]:
    """How long it took, and what was answered if it was no call."""
    headers = {"Host": clicks.host, "Authorization": f"Token {token}"}
    url = f"http://127.0.0.1:{clicks.port}/api/calls/initiate/"
    try:
        async with http.post(url, json={"operator_id": operator}, headers=headers) as answer:
            text = await answer.text()
            refusal = "" if answer.status == 200 else f"{answer.status} {text[:200]}"
    except (aiohttp.ClientError, TimeoutError) as error:
        refusal = type(error).__name__
    return time.monotonic() - due, refusal


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
