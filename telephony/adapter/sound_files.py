"""Fetches from web the sounds that a plan names and this node lacks. Nothing waits for it: whoever speaks meanwhile
plays the neutral sound that the plan names behind it, if any.

A file that no plan has named for a month is deleted: the voice of somebody who left doesn't stay here.
"""

import asyncio
import logging
import os
import re
import time
from pathlib import Path

import aiohttp

from telephony.adapter.tls import connector
from telephony.call_plan import LegPlan
from telephony.sounds import CONTENT_FOLDER, CONTENT_ID_PATTERN

log = logging.getLogger(__name__)

FETCH_SECONDS = 10.0
FETCHING_AT_ONCE = 4
RETRY_SECONDS = 60.0
MAX_BYTES = 2_000_000
KEPT_SECONDS = 30 * 86_400.0  # since a plan named it
SWEEP_SECONDS = 86_400.0
_NAME = re.compile(rf"{CONTENT_FOLDER}/({CONTENT_ID_PATTERN})")


class SoundFiles:
    """The directory that the switch plays as `aeims/content`. Without a `directory` nothing is fetched."""

    def __init__(self, url: str, key: str, directory: Path | None, ca: Path | None = None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._directory, self._ca = directory, ca
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._retry_at: dict[str, float] = {}
        self._sweep_at = 0.0
        self._sweep: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(FETCHING_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    def want(self, *legs: LegPlan) -> None:
        """Begin to fetch what these plans name and is not here. Returns at once; a failure is tried again with the
        first plan a minute later.
        """
        if self._directory is None:
            return
        now = asyncio.get_running_loop().time()
        names = " ".join(name for leg in legs for prompt in leg.prompts.values() for name in prompt)
        for content_id in set(_NAME.findall(names)):
            is_due = content_id not in self._tasks and self._retry_at.get(content_id, now) <= now
            if _mark_used(self._file(content_id)):
                continue
            if is_due:
                self._tasks[content_id] = asyncio.create_task(self._fetch(content_id))

        if self._sweep_at <= now:
            self._sweep_at = now + SWEEP_SECONDS
            self._sweep = asyncio.create_task(asyncio.to_thread(_delete_unused, self._directory))

    @property
    def fetching(self) -> int:
        """How many are on their way."""
        return len(self._tasks)

    async def close(self) -> None:
        """Stop fetching."""
        tasks = [*self._tasks.values(), *([self._sweep] if self._sweep else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _file(self, content_id: str) -> Path:
        assert self._directory is not None
        return self._directory / f"{content_id}.wav"

    async def _fetch(self, content_id: str) -> None:
        try:
            async with self._slots:
                data = await self._download(content_id)
            await asyncio.to_thread(_write, self._file(content_id), data)
            self._retry_at.pop(content_id, None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("sound %s is not here: %s", content_id, str(error) or type(error).__name__)
            self._retry_at[content_id] = asyncio.get_running_loop().time() + RETRY_SECONDS
        finally:
            del self._tasks[content_id]

    async def _download(self, content_id: str) -> bytes:
        """The file. Raises ValueError for an answer that is none, and what aiohttp raises."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout, connector=connector(self._ca)
            )
        # A redirect would take the key elsewhere.
        async with self._session.get(
            self._url + content_id, headers=self._headers, allow_redirects=False
        ) as response:
            if response.status != 200:
                raise ValueError(f"web answered {response.status}")
            data = b""
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise ValueError("what web sent is too large for a sound")
        if not data.startswith(b"RIFF"):
            raise ValueError("what web sent is no WAV file")
        return data


def _mark_used(file: Path) -> bool:
    """Whether it is here."""
    try:
        os.utime(file)
    except OSError:
        return file.exists()
    return True


def _delete_unused(directory: Path) -> None:
    until = time.time() - KEPT_SECONDS
    for file in directory.glob("*.wav"):
        try:
            if file.stat().st_mtime < until:
                file.unlink()
        except OSError as error:
            log.warning("sound %s stays: %s", file.stem, error)


def _write(file: Path, data: bytes) -> None:
    """Whole or not at all: the switch may look at any time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.replace(file)
