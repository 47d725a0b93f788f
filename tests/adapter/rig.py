"""A whole adapter in a test: a switch, a scripted Django, an HTTP client; killed and restarted at will."""

import asyncio
import itertools
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from telephony.adapter.config import AdapterConfig
from telephony.adapter.main import AdapterProcess
from telephony.adapter.simulated_parties import HOLD_TONE, KEY_HEARD
from telephony.adapter.simulator import SimulatedSwitch
from telephony.adapter.switch import Switch
from telephony.states import Leg
from telephony.wire import TIME_HEADER, told_time
from tests.adapter.django import KEY, ScriptedDjango

EPOCH = 1_750_000_000.0
PLATFORM = "+18005550100"
PROMPTS = {
    "customer": {
        "ask": ["common/press-1-for-your-call"],
        "connecting": ["numbers/7", "common/connecting"],
        "customer_do_not_call": ["common/not-called-again"],
        "failed": ["common/failed"],
        "operator_busy": ["common/operator-busy"],
        "warning_60": ["common/warning-60"],
        "warning_15": ["common/warning-15"],
    },
    "operator": {
        "ask": ["common/press-1-for-a-call"],
        "offer": ["numbers/7", "common/press-1-or-2"],
        "operator_do_not_call": ["common/not-called-again"],
    },
}
SUFFIX = {Leg.CUSTOMER: "cust", Leg.OPERATOR: "op"}
LAST_DIGIT = {Leg.CUSTOMER: "1", Leg.OPERATOR: "2"}  # of a plan's numbers
_serial = itertools.count(int(time.time() * 1000) % 16**6)


def phone(behaviour: int, *, ring: int = 1, talk: int = 0) -> str:
    """Number of a lab phone: B of `telephony.adapter.simulated_phones.Kind`, seconds of ringing, seconds until it hangs up."""
    return f"+1999{behaviour}{ring:02d}{talk:04d}"


ACCEPTS = phone(1)


class Rig:
    """Everything around one adapter, on the simulated switch, which outlives the adapter."""

    silence_seconds = 30  # after which the switch ends a silent leg

    def __init__(self, directory: Path, **config: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.directory = directory
        self.clock_step = 0.0  # how far the adapter's and Django's dates are off
        self.switch_step = 0.0  # how far Asterisk's date is off
        self.cel = directory / "cel.csv"
        self.switch: Any = self.make_switch()
        self.django = ScriptedDjango(self.wall)
        self.running: AdapterProcess | None = None
        self.told_date: float | None = None  # Django's, by the adapter's last answer
        self._config = config
        self._http: aiohttp.ClientSession | None = None

    def make_switch(self) -> Switch:
        return SimulatedSwitch(wall=self.switch_wall, cel_file=self.cel)

    def settings(self) -> dict[str, Any]:
        return {
            "api_key": KEY,
            "webhook_url": self.django.url,
            "listen_port": 0,
            "journal": self.directory / "journal",
            "cel_file": self.cel,
            "lab_prefixes": ("+1999",),
            "calls_per_second": 1000,
            "node": "test",
        }

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
        await self.switch.close()
        await self.django.stop()
        assert self._http is not None
        await self._http.close()

    # --- the adapter

    async def start(self, **changes: Any) -> None:
        """Start the adapter and wait until it is ready."""
        await self.start_unready(**changes)
        await self.until_ready()

    async def start_unready(self, **changes: Any) -> None:
        self.running = AdapterProcess(
            AdapterConfig(**(self.settings() | self._config | changes)), self.switch, self.wall
        )
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
        """SIGTERM."""
        assert self.running is not None
        await self.running.stop()
        self.running = None

    # --- its HTTP side

    @property
    def port(self) -> int:
        assert self.running is not None
        return self.running.port

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
        """An originate request; `operator__confirm=False` changes a field of one leg."""
        plan: dict[str, Any] = {
            "call_id": f"call_{int(EPOCH)}_{next(_serial):06x}",
            "account_id": "17",
            "operator_id": 22,
            "granted_seconds": 180,
            "final": False,
            "not_after": self.django.wall() + 10,
            "silence_seconds": self.silence_seconds,
        }
        # The last digit tells the two phones apart where they are real.
        for leg, number in {Leg.CUSTOMER: customer, Leg.OPERATOR: operator}.items():
            plan[leg] = {
                "number": number + LAST_DIGIT[leg],
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
        """A call whose parties talk; they picked up at once and were asked for no key, unless told otherwise."""
        at_once = {"customer": phone(0, ring=0), "operator": phone(0, ring=0)}
        unasked = {"customer__confirm": False, "operator__confirm": False}
        call_id = await self.originate(**(at_once | unasked | changes))
        await self.django.wait(call_id, "started")
        return call_id

    async def ask_hangup(
        self, call_id: str, ended_by: str, why: str = "hangup"
    ) -> tuple[int, dict[str, Any]]:
        return await self.post(f"/call/{call_id}/hangup", {"ended_by": ended_by, "why": why})

    async def extend(self, call_id: str, seconds: int, *, final: bool) -> tuple[int, dict[str, Any]]:
        return await self.post(f"/call/{call_id}/extend", {"granted_seconds": seconds, "final": final})

    # --- the world around

    async def hang_up(self, call_id: str, leg: Leg) -> None:
        """The telephone of this leg hangs up."""
        self.switch.party_hangs_up(f"{call_id}-{SUFFIX[leg]}")

    async def press(self, call_id: str, leg: Leg, keys: str) -> None:
        """The owner of this phone presses these keys."""
        for key in keys:
            self.switch.press(f"{call_id}-{SUFFIX[leg]}", key)

    async def fall_silent(self, call_id: str, leg: Leg) -> None:
        """The telephone of this leg sends no more sound; the switch's `rtp_timeout` notices."""
        self.switch.party_falls_silent(f"{call_id}-{SUFFIX[leg]}")

    async def cut(self) -> None:
        """The switch can't be reached any more; its calls go on."""
        self.switch.disconnect()
        self.switch.is_down = True

    async def mend(self) -> None:
        """It can be reached again."""
        self.switch.is_down = False

    async def talks_on(self, call_id: str) -> bool:
        """Whether both phones still have their lines."""
        return {f"{call_id}-cust", f"{call_id}-op"} <= self.switch.channels.keys()

    async def hold(self, call_id: str, leg: Leg) -> None:
        """The telephone of this leg puts the other one on hold."""
        self.switch.party_holds(f"{call_id}-{SUFFIX[leg]}")

    async def resume(self, call_id: str, leg: Leg) -> None:
        """The telephone of this leg takes the other one off hold."""
        self.switch.party_resumes(f"{call_id}-{SUFFIX[leg]}")

    async def hears_hold_tone(self, call_id: str, leg: Leg) -> None:
        """Return once this leg has heard the tone of a call on hold."""
        async with asyncio.timeout(5):
            while (f"{call_id}-{SUFFIX[leg]}", HOLD_TONE) not in self.switch.played:
                await asyncio.sleep(0.05)

    async def keys_heard(self, call_id: str, leg: Leg) -> str:
        """The keys of the other party that this telephone heard while they talked."""
        keys = [what for who, what in self.switch.played if who == f"{call_id}-{SUFFIX[leg]}"]
        return "".join(what.removeprefix(KEY_HEARD) for what in keys if what.startswith(KEY_HEARD))

    def lack_sound(self, name: str) -> None:
        """The switch has every sound but this one."""

        class AllBut(frozenset[str]):
            def __contains__(self, wanted: object) -> bool:
                return wanted != name

        self.switch._sounds = AllBut()

    def trunk_refuses(self, name: str, code: int, *, rings: bool = False) -> None:
        """This carrier answers every INVITE so. `rings`: it says first that the phone rings."""
        self.switch.refusing[name] = code
        if rings:
            self.switch.ringing_first.add(name)

    def trunk_is_silent(self, name: str, leg: Leg | None = None) -> None:
        """This carrier leaves INVITEs without any answer; `leg`: those of this leg alone."""
        self.switch.silent[name] = LAST_DIGIT[leg] if leg else ""

    def invites(self, trunk: str, call_id: str, leg: Leg) -> int:
        """How often this carrier was asked to call this phone."""
        return self.switch.dialled_by.count((trunk, f"{call_id}-{SUFFIX[leg]}"))

    async def is_gone(self, call_id: str, seconds: float = 5) -> bool:
        """Whether nothing of this call is left in the switch, soon."""
        try:
            async with asyncio.timeout(seconds):
                while any(name.startswith(call_id) for name in await self._names()):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return False
        return True

    async def _names(self) -> list[str]:
        survey = await self.switch.survey()
        return [*survey.channels, *survey.bridges]

    async def _ask(self, method: str, path: str, body: Any, key: str) -> tuple[int, dict[str, Any]]:
        assert self._http is not None
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers[TIME_HEADER] = f"{self.django.wall():.3f}"
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            self.told_date = told_time(response.headers.get(TIME_HEADER))
            return response.status, await response.json()
