"""An adapter on a real Asterisk with two trunks, each to a carrier of the lab."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from telephony.adapter.ari import AriSwitch
from telephony.adapter.switch import Switch
from telephony.adapter.trunk import Trunk
from telephony.states import Leg
from tests.adapter.rig import LAST_DIGIT
from tests.asterisk.adapter_rig import AsteriskRig, RecordingSwitch
from tests.lab.asterisk import Asterisk
from tests.lab.carrier import Carrier, digits_of
from tests.lab.numbers import Behaviour, parse_number
from tests.lab.phone import Phone


class SomeTrunks(RecordingSwitch):
    """Knows only these trunks of its node, in this order."""

    names: tuple[str, ...] = ("carrier", "carrier2")

    async def trunks(self) -> tuple[Trunk, ...]:
        known = {trunk.name: trunk for trunk in await AriSwitch.trunks(self)}
        return tuple(known[name] for name in self.names)


class TrunkRig(AsteriskRig):
    """See `AsteriskRig`. `carriers`: those behind the trunks that have phones of their own, by the trunk's name."""

    def __init__(
        self, directory: Path, node: Asterisk, carriers: dict[str, Carrier], *names: str, **config: Any
    ) -> None:
        self.carriers = carriers
        self.names = names or tuple(carriers)
        super().__init__(directory, node, next(iter(carriers.values())))
        self._config = config

    def make_switch(self) -> Switch:
        switch = SomeTrunks(self.ari_config, self.played)
        switch.names = self.names
        return switch

    async def rung(self, call_id: str, leg: Leg) -> Phone:
        async with asyncio.timeout(10):
            while (phone := self._phone(call_id, leg)) is None or phone.state in ("new", "ended"):
                await asyncio.sleep(0.02)
        return phone

    def phone(self, call_id: str, leg: Leg) -> Phone:
        found = self._phone(call_id, leg)
        assert found is not None
        return found

    def _phone(self, call_id: str, leg: Leg) -> Phone | None:
        """The phone as the last carrier that was tried has it."""
        number = self.numbers[call_id, leg]
        every = [phone for one in self.carriers.values() if (phone := one.phone(number)) is not None]
        answered = [phone for phone in every if phone.state == "answered"]
        return (answered or every or [None])[-1]

    def trunk_refuses(self, name: str, code: int, *, rings: bool = False) -> None:
        behaviour = Behaviour(parse_number("").kind, refuses_with=code, rings_first=rings)
        self.carriers[name].behaviour = lambda _number: behaviour

    def trunk_is_silent(self, name: str, leg: Leg | None = None) -> None:
        suffix = LAST_DIGIT[leg] if leg else ""
        self.carriers[name].behaviour = lambda number: replace(
            parse_number(number), is_mute=number.endswith(suffix)
        )

    def invites(self, trunk: str, call_id: str, leg: Leg) -> int:
        number = self.numbers[call_id, leg]
        return len(
            [phone for phone in self.carriers[trunk].phones if digits_of(phone.number) == digits_of(number)]
        )
