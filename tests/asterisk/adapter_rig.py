"""The adapter's rig with a real switch and real (if small) telephones."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from telephony.adapter.ari import AriSwitch
from telephony.adapter.config import AdapterConfig
from telephony.adapter.switch import Switch
from telephony.states import Leg
from tests.adapter.django import KEY
from tests.adapter.rig import ACCEPTS, Rig
from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk
from tests.lab.audio import HOLD
from tests.lab.carrier import Carrier
from tests.lab.fixtures import RTP_TIMEOUT_SECONDS
from tests.lab.phone import Phone
from tests.lab.ports import HOST
from tests.lab.tcp_proxy import TcpProxy

APP = "adapter"


class RecordingSwitch(AriSwitch):
    """Remembers what it was asked to play: (channel, media), as the simulated switch does."""

    def __init__(self, config: AdapterConfig, played: list[tuple[str, str]]) -> None:
        super().__init__(config)
        self.played = played

    async def play(self, channel_id: str, playback_id: str, media: Sequence[str]) -> None:
        self.played.extend((channel_id, item) for item in media)
        await super().play(channel_id, playback_id, media)


class AsteriskRig(Rig):
    """See `Rig`; `carrier` has the phones. The adapter reaches ARI through a cable that can be cut."""

    silence_seconds = RTP_TIMEOUT_SECONDS

    def __init__(self, directory: Path, node: Asterisk, carrier: Carrier) -> None:
        self.node = node
        self.carrier = carrier
        self.numbers: dict[tuple[str, Leg], str] = {}
        self.cable = TcpProxy(node.ports.http)
        self.played: list[tuple[str, str]] = []
        super().__init__(directory)
        self.cel = node.cel_file

    def make_switch(self) -> Switch:
        return RecordingSwitch(self.ari_config, self.played)

    @property
    def ari_config(self) -> AdapterConfig:
        return AdapterConfig(
            api_key=KEY,
            webhook_url="",
            ari_url=f"http://{HOST}:{self.cable.port}/ari",
            ari_user=ARI_USER,
            ari_password=ARI_PASSWORD,
            ari_app=APP,
        )

    async def start_unready(self, **changes: Any) -> None:
        await self.switch.close()
        self.switch = self.make_switch()
        await super().start_unready(**changes)

    async def __aenter__(self) -> Self:
        await self.cable.mend()
        return await super().__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self.cable.cut()

    async def cut(self) -> None:
        await self.cable.cut()

    async def mend(self) -> None:
        await self.cable.mend()

    async def talks_on(self, call_id: str) -> bool:
        return all(self.phone(call_id, leg).state == "answered" for leg in Leg)

    def wall(self) -> float:
        return time.time()

    def plan(self, customer: str = ACCEPTS, operator: str = ACCEPTS, **changes: Any) -> dict[str, Any]:
        plan = super().plan(customer, operator, **changes)
        for leg in Leg:
            self.numbers[plan["call_id"], leg] = plan[leg]["number"]
        return plan

    async def rung(self, call_id: str, leg: Leg) -> Phone:
        """The phone of this leg, once it rings."""
        return await self.carrier.wait_call(self.numbers[call_id, leg])

    def phone(self, call_id: str, leg: Leg) -> Phone:
        found = self.carrier.phone(self.numbers[call_id, leg])
        assert found is not None
        return found

    async def hang_up(self, call_id: str, leg: Leg) -> None:
        self.phone(call_id, leg).hangup()

    async def press(self, call_id: str, leg: Leg, keys: str) -> None:
        self.phone(call_id, leg).press(keys)

    async def fall_silent(self, call_id: str, leg: Leg) -> None:
        self.phone(call_id, leg).media.speaking = False

    async def hold(self, call_id: str, leg: Leg) -> None:
        self.phone(call_id, leg).hold()

    async def resume(self, call_id: str, leg: Leg) -> None:
        self.phone(call_id, leg).resume()

    async def keys_heard(self, call_id: str, leg: Leg) -> str:
        return self.phone(call_id, leg).keys

    def lack_sound(self, name: str) -> None:
        """It lacks what is not among the product's words."""

    async def hears_hold_tone(self, call_id: str, leg: Leg) -> None:
        await self.phone(call_id, leg).hears(lambda heard: HOLD in heard.tones)
