"""Which sounds a prompt is made of, on this switch.

A prompt is a list of names such as `content/3f…|neutral/your-operator`: the first of the alternatives that the switch
has is played as `sound:aeims/<name>`. A switch without our sounds still works: the prompt is then silent, and a
warning is a plain tone.
"""

import asyncio
from collections.abc import Sequence

from telephony.adapter.switch import Switch, SwitchError
from telephony.sounds import CONTENT_FOLDER

FOLDER = "aeims"
WARNING_TONE = "tone:1000"
WARNING_TONE_SECONDS = 0.6
_REMEMBER_SECONDS = 60.0


class Prompts:
    """Resolves prompts; what the switch has is remembered for a minute, so new recordings are picked up.

    A content sound that is not there is asked for each time: it may have been fetched since.
    """

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._cache: dict[str, tuple[bool, float]] = {}

    async def resolve(self, sounds: Sequence[str]) -> list[str]:
        """Media for `Switch.play`, in order; names that the switch has no sound for are left out."""
        media = [await self._first(choice.split("|")) for choice in sounds]
        return [f"sound:{FOLDER}/{name}" for name in media if name]

    async def _first(self, names: Sequence[str]) -> str | None:
        for name in names:
            if await self._has(f"{FOLDER}/{name}"):
                return name
        return None

    async def _has(self, sound: str) -> bool:
        now = asyncio.get_running_loop().time()
        cached = self._cache.get(sound)
        if cached and cached[1] > now:
            return cached[0]
        try:
            has = await self._switch.has_sound(sound)
        except SwitchError:
            return False
        if has or not sound.startswith(f"{FOLDER}/{CONTENT_FOLDER}/"):
            self._cache[sound] = (has, now + _REMEMBER_SECONDS)
        return has
