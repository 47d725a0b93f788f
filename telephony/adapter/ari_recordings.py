"""Recordings of operators' greetings in the real Asterisk; no call between two people has any (docs/design.md section 9).

A file of Asterisk's spool holds one until it is fetched or given up; both delete it.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from telephony.adapter.switch import SwitchError, SwitchUnavailable


class AriRecordings:
    """The part of `ari.AriSwitch` that records."""

    _base: str

    async def record(self, channel_id: str, name: str, seconds: int) -> None:
        body = {
            "name": name,
            "format": "wav",
            "maxDurationSeconds": seconds,
            "ifExists": "overwrite",
            "beep": False,
            "terminateOn": "#",
        }
        await self._request("POST", f"channels/{channel_id}/record", body)

    async def recording(self, name: str, most_bytes: int) -> bytes:
        url = URL(f"{self._base}/recordings/stored/{quote(name, safe='')}/file", encoded=True)
        try:
            async with self._open().get(url, allow_redirects=False) as response:
                if response.status != 200:
                    raise SwitchError(f"a recording: {response.status}")
                data = b""
                async for chunk in response.content.iter_any():
                    data += chunk
                    if len(data) > most_bytes:
                        raise SwitchError("a recording is larger than it can be")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SwitchUnavailable(f"a recording: {type(error).__name__}") from error
        return data

    async def recordings(self) -> Sequence[str]:
        stored = await self._request("GET", "recordings/stored", missing_is_fine=True)
        return [str(recording["name"]) for recording in stored or []]

    async def delete_recording(self, name: str) -> None:
        await self._request("DELETE", f"recordings/stored/{quote(name, safe='')}", missing_is_fine=True)

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, missing_is_fine: bool = False
    ) -> Any:
        raise NotImplementedError

    def _open(self) -> aiohttp.ClientSession:
        raise NotImplementedError
