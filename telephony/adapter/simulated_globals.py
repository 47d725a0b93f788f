"""The global variables of the simulated switch."""


class SimulatedGlobals:
    """What is gone when the switch dies; `SimulatedSwitch` adds the rest."""

    def __init__(self) -> None:
        self.globals: dict[str, str] = {}

    async def _request(self) -> None:
        raise NotImplementedError

    async def get_global(self, name: str) -> str:
        await self._request()
        return self.globals.get(name, "")

    async def rtp_ports(self) -> int:
        await self._request()
        return 0

    async def set_global(self, name: str, value: str) -> None:
        await self._request()
        self.globals[name] = value
