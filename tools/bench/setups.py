"""What a call costs the adapter: its process with the simulated switch, called over HTTP as Django calls it.

Counted is all CPU time of the process from the request to the end of the last call: two phones rung, keys pressed, joined,
reported to a webhook, hung up, the simulated switch's own work included.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.bench.processes import cpu_seconds, free_port
from tools.bench.table import Goal
from tools.environment import ROOT

CALLS_A_SECOND = 10


def measure(*, calls: int = 100) -> list[Goal]:
    with tempfile.TemporaryDirectory(prefix="aeims-bench-") as directory:
        milliseconds = asyncio.run(_measure(Path(directory), calls))
    return [
        Goal(
            what="adapter, CPU of a call from set-up to end",
            measured=milliseconds,
            wanted=10,
            unit=" ms",
            beside=f"a limit; {calls} calls, {CALLS_A_SECOND} a second, simulated switch",
        )
    ]


async def _measure(directory: Path, calls: int) -> float:
    import aiohttp

    from tests.adapter.django import KEY, ScriptedDjango

    django = ScriptedDjango(time.time)
    await django.start()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_asterisk_adapter", "--simulate"],
        cwd=ROOT,
        env=os.environ
        | {
            "AEIMS_API_KEY": KEY,
            "ADAPTER_LISTEN": f"127.0.0.1:{port}",
            "ADAPTER_JOURNAL": str(directory / "journal"),
            "ADAPTER_CALLS_PER_SECOND": "1000",
            "AEIMS_WEBHOOK_URL": django.url,
            "TELEPHONY_LAB_PREFIXES": "+1999",
        },
        stderr=(directory / "log").open("wb"),
    )
    try:
        url, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            await _until_ready(http, url)
            await _call(http, url, django, "call_1_warmup")
            before = cpu_seconds(process.pid)
            talks = []
            for number in range(calls):
                talks.append(asyncio.create_task(_call(http, url, django, f"call_1_{number:06}")))
                await asyncio.sleep(1 / CALLS_A_SECOND)
            await asyncio.gather(*talks)
            return (cpu_seconds(process.pid) - before) * 1000 / calls
    finally:
        process.terminate()
        process.wait()
        await django.stop()


async def _until_ready(http: "aiohttp.ClientSession", url: str) -> None:  # type: ignore[name-defined] # noqa: F821
    import aiohttp

    async with asyncio.timeout(120):
        while True:
            try:
                async with http.get(f"{url}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)


async def _call(http: "aiohttp.ClientSession", url: str, django: "ScriptedDjango", call_id: str) -> None:  # type: ignore[name-defined] # noqa: F821
    """One call whose phones answer and press 1; we hang up once both are joined."""
    from tests.adapter.rig import ACCEPTS, PLATFORM, PROMPTS

    plan = {
        "call_id": call_id, "account_id": "17", "operator_id": 22, "granted_seconds": 180, "final": False,
        "not_after": time.time() + 10,
    } | {
        leg: {
            "number": ACCEPTS + digit, "caller_id": PLATFORM, "ring_seconds": 20, "confirm": True, "prompts": PROMPTS[leg]
        }
        for leg, digit in (("customer", "1"), ("operator", "2"))
    }  # fmt: skip
    async with http.post(f"{url}/call/originate", json=plan) as answer:
        assert answer.status == 202, await answer.text()
    await django.wait(call_id, "started")
    async with http.post(f"{url}/call/{call_id}/hangup", json={"ended_by": "customer", "why": "hangup"}):
        pass
    await django.ending(call_id)
