"""A whole adapter in a test: simulated switch, scripted Django, HTTP client; killed and restarted at will."""

import asyncio
import itertools
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from telephony.adapter.config import AdapterConfig
from telephony.adapter.main import Running
from telephony.adapter.simulator import SimulatedSwitch
from telephony.adapter.switch import Switch
from telephony.states import Leg
from tests.adapter.django import KEY, ScriptedDjango

EPOCH = 1_750_000_000.0
PLATFORM = "+18005550100"
# Numbers of lab phones, see telephony.adapter.phones: rings one second, answers, presses 1 two seconds later.
ACCEPTS = "+19991010000"
PROMPTS = {
    "customer": {
        "ask": ["flirts/you-are-calling", "flirts/press-1"],
        "failed": ["flirts/failed"],
        "operator_busy": ["flirts/operator-busy"],
        "warning_60": ["common/warning-60"],
        "warning_15": ["common/warning-15"],
    },
    "operator": {"ask": ["flirts/call-from", "common/press-1"]},
}
_serial = itertools.count(1)


def phone(behaviour: int, *, ring: int = 1, talk: int = 0) -> str:
    return f"+1999{behaviour}{ring:02d}{talk:04d}"


class Rig:
    """Everything around one adapter. Without a switch it brings a simulated one that outlives the adapter."""

    def __init__(self, directory: Path, switch: Switch | None = None, **config: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.directory = directory
        self.clock_step = 0.0
        self.cel = directory / "cel.csv"
        self.switch: Any = switch or SimulatedSwitch(wall=self.switch_wall, cel_file=self.cel)
        self.switch_step = 0.0
        self.django = ScriptedDjango(self.wall)
        self.running: Running | None = None
        self._config = config
        self._http: aiohttp.ClientSession | None = None

    def wall(self) -> float:
        return EPOCH + self.loop.time() + self.clock_step

    def switch_wall(self) -> float:
        return EPOCH + self.loop.time() + self.switch_step

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        await self.django.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.running is not None:
            await self.running.stop()
        await self.django.stop()
        assert self._http is not None
        await self._http.close()

    async def start(self, **changes: Any) -> None:
        """Start the adapter and wait until it is ready."""
        await self.start_unready(**changes)
        await self.until_ready()

    async def start_unready(self, **changes: Any) -> None:
        settings = {
            "api_key": KEY,
            "webhook_url": self.django.url,
            "listen_port": 0,
            "journal": self.directory / "journal",
            "cel_file": self.cel,
            "lab_prefixes": ("+1999",),
            "node": "test",
        }
        config = AdapterConfig(**(settings | self._config | changes))
        self.running = Running(config, self.switch, self.wall)
        await self.running.start()

    async def until_ready(self, seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while (await self.get("/health"))[0] != 200:
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """kill -9."""
        assert self.running is not None
        await self.running.kill()
        self.running = None

    async def stop(self) -> None:
        assert self.running is not None
        await self.running.stop()
        self.running = None

    async def get(self, path: str, key: str = KEY) -> tuple[int, dict[str, Any]]:
        return await self._ask("GET", path, None, key)

    async def post(self, path: str, body: Any, key: str = KEY) -> tuple[int, dict[str, Any]]:
        return await self._ask("POST", path, body, key)

    async def originate(self, **changes: Any) -> str:
        """A call between two phones that answer and press 1, unless told otherwise; returns its id."""
        plan = self.plan(**changes)
        status, answer = await self.post("/call/originate", plan)
        assert status == 202, answer
        return str(plan["call_id"])

    def plan(self, customer: str = ACCEPTS, operator: str = ACCEPTS, **changes: Any) -> dict[str, Any]:
        legs = {"customer": customer, "operator": operator}
        plan: dict[str, Any] = {
            "call_id": f"call_{int(EPOCH)}_{next(_serial):06x}",
            "account_id": "17",
            "operator_id": 22,
            "granted_seconds": 180,
            "final": False,
            "not_after": self.wall() + 10,
        }
        for leg, number in legs.items():
            plan[leg] = {
                "number": number,
                "caller_id": PLATFORM,
                "ring_seconds": 20,
                "confirm": True,
                "prompts": PROMPTS[leg],
            }
        for name, value in changes.items():
            leg, _, field = name.partition("__")
            if field:
                plan[leg][field] = value
            else:
                plan[name] = value
        return plan

    async def joined(self, **changes: Any) -> str:
        """A call whose parties talk."""
        call_id = await self.originate(**changes)
        await self.django.wait(call_id, "started")
        return call_id

    def hang_up(self, call_id: str, leg: Leg) -> None:
        suffix = {Leg.CUSTOMER: "cust", Leg.OPERATOR: "op"}[leg]
        self.switch.party_hangs_up(f"{call_id}-{suffix}")

    async def _ask(self, method: str, path: str, body: Any, key: str) -> tuple[int, dict[str, Any]]:
        assert self._http is not None
        assert self.running is not None
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = f"http://127.0.0.1:{self.running.port}{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()
