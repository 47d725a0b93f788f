"""A node fetches the sounds that a plan names; a call never waits for one."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from telephony.adapter.prompts import Prompts
from telephony.adapter.simulator import SimulatedSwitch
from telephony.adapter.sound_files import KEPT_SECONDS, RETRY_SECONDS, SoundFiles
from telephony.call_plan import LegPlan
from telephony.sounds import operator_name

KEY = "a key that only the tests know"
LUNA = operator_name("Luna")
PROMPT = f"{LUNA.content_name}|neutral/your-operator"
LEG = LegPlan("+19991010000", "+18005550100", 20, True, {"ask": [PROMPT]})
WAV = b"RIFF" + bytes(40_000)


class Web:
    """What web answers under a sound's id, and how often it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, WAV
        self.requests: list[tuple[str, str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, request.headers.get("Authorization", "")))
        await self.may_answer.wait()
        return web.Response(status=self.status, body=self.body, headers={"Location": "http://127.0.0.1:9/"})


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Web]:
    answers = Web()
    app = web.Application()
    app.add_routes([web.get("/api/telephony/sounds/{id}", answers.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    answers.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/telephony/sounds/"
    yield answers
    await runner.cleanup()


@pytest_asyncio.fixture
async def files(server: Web, tmp_path: Path) -> AsyncIterator[SoundFiles]:
    files = SoundFiles(server.url, KEY, tmp_path / "content")
    yield files
    await files.close()


async def finished(files: SoundFiles) -> None:
    async with asyncio.timeout(10):
        while files.fetching:
            await asyncio.sleep(0.01)


async def test_what_is_missing_is_fetched_once_and_then_played(
    server: Web, files: SoundFiles, tmp_path: Path
) -> None:
    prompts = Prompts(SimulatedSwitch(sounds_dir=tmp_path / "content"))
    server.may_answer.clear()
    files.want(LEG, LEG)
    assert await prompts.resolve([PROMPT]) == ["sound:aeims/neutral/your-operator"], "nothing waits"
    server.may_answer.set()
    await finished(files)
    assert await prompts.resolve([PROMPT]) == [f"sound:aeims/{LUNA.content_name}"]
    assert [file.name for file in (tmp_path / "content").iterdir()] == [f"{LUNA.content_id}.wav"]
    files.want(LEG)
    await finished(files)
    assert server.requests == [(f"/api/telephony/sounds/{LUNA.content_id}", f"Bearer {KEY}")]


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (401, b""), (302, WAV), (500, WAV), (200, b"<html>"), (200, b"RIFF" + bytes(2_000_000))],
    ids=["missing", "not let in", "elsewhere", "broken", "a page", "too long"],
)  # fmt: skip
async def test_an_answer_that_is_no_sound_leaves_the_neutral_one_and_is_tried_again_later(
    server: Web, files: SoundFiles, tmp_path: Path, status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.status, server.body = status, body
    files.want(LEG)
    await finished(files)
    assert not (tmp_path / "content").exists()
    server.status, server.body = 200, WAV
    files.want(LEG)
    await finished(files)
    assert len(server.requests) == 1, "not again at once"
    loop = asyncio.get_running_loop()
    later = loop.time() + RETRY_SECONDS
    with monkeypatch.context() as patch:
        patch.setattr(loop, "time", lambda: later)
        files.want(LEG)
    await finished(files)
    assert (tmp_path / "content" / f"{LUNA.content_id}.wav").read_bytes() == WAV


async def test_what_no_plan_has_named_for_a_month_is_deleted(
    server: Web, files: SoundFiles, tmp_path: Path
) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    used, unused, recent = (folder / f"{name}.wav" for name in (LUNA.content_id, "b" * 32, "c" * 32))
    for file, age in ((used, KEPT_SECONDS + 60), (unused, KEPT_SECONDS + 60), (recent, KEPT_SECONDS - 3600)):
        file.write_bytes(WAV)
        os.utime(file, (time.time() - age,) * 2)
    files.want(LEG)
    async with asyncio.timeout(10):
        while unused.exists():
            await asyncio.sleep(0.01)
    assert used.exists(), "this plan names it"
    assert recent.exists()
    assert server.requests == []


async def test_a_web_that_is_away_harms_nothing(tmp_path: Path) -> None:
    files = SoundFiles("http://127.0.0.1:9/", KEY, tmp_path / "content")
    files.want(LEG)
    await finished(files)
    await files.close()
    assert not (tmp_path / "content").exists()


async def test_without_a_directory_nothing_is_fetched(server: Web) -> None:
    files = SoundFiles(server.url, KEY, None)
    files.want(LEG)
    assert not files.fetching
    await files.close()
    assert server.requests == []
