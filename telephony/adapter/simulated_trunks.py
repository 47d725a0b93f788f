"""The trunks of the simulated switch, and what goes wrong on them, as measured on Asterisk 22."""

from telephony.adapter.switch import SwitchError
from telephony.adapter.trunk import Trunk, TrunkState

# Q.850, as Asterisk tells it for these SIP answers.
_CAUSES = {403: 21, 404: 1, 480: 19, 486: 17, 488: 58, 500: 38, 503: 34, 603: 21}


class SimulatedTrunks:
    """What tests set, by the name of a trunk; `SimulatedSwitch` dials by it."""

    def __init__(self) -> None:
        self.trunk_list: tuple[Trunk, ...] = (Trunk(),)
        self.refusing: dict[str, int] = {}  # its answer to every INVITE: a SIP code
        self.carrier_waits = 0.0  # seconds until any of them says that a phone rings
        self.ringing_first: set[str] = set()  # whether it refuses after the phone has rung
        # Takes calls to numbers that end so, and never says a word about them.
        self.silent: dict[str, str] = {}
        self.unreachable: set[str] = set()  # Asterisk knows it, having asked (qualify): nothing is dialled
        self.dialled_by: list[tuple[str, str]] = []  # trunk, channel

    async def _request(self) -> None:
        raise NotImplementedError

    async def trunks(self) -> tuple[Trunk, ...]:
        await self._request()
        return self.trunk_list

    async def trunk_states(self) -> dict[str, TrunkState]:
        await self._request()
        return {
            trunk.name: TrunkState.UNREACHABLE if trunk.name in self.unreachable else TrunkState.REACHABLE
            for trunk in self.trunk_list
        }

    def _dial_by(self, trunk: Trunk, channel_id: str) -> str:
        """Note that this trunk is dialled; the name of the channel. Raises SwitchError where Asterisk would not."""
        if trunk.name in self.unreachable:
            raise SwitchError("500: Allocation failed")
        self.dialled_by.append((trunk.name, channel_id))
        return f"PJSIP/{trunk.name}-{len(self.dialled_by):08x}"

    def _refusal_by(self, trunk: Trunk) -> tuple[int, int] | None:
        """Cause and SIP answer of a trunk that refuses; None if it takes the call."""
        code = self.refusing.get(trunk.name)
        return None if code is None else (_CAUSES.get(code, 127), code)
