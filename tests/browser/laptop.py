"""A laptop whose tabs are hidden while another one is in front, and that falls asleep.

Playwright tells each page it drives that it is seen and has the focus, so none is ever hidden. This Chromium is started beside it
and driven without that (`no_defaults`): it decides itself which tab is seen, throttles the others, and has a profile that lasts,
as push needs one. Asleep means that the whole browser is stopped: no page, no service worker, and no socket of it answers.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, BrowserType, Page

from tests.browser.conftest import CHROMIUM, PATIENCE_MS

_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
    "--remote-debugging-port=0",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",  # a mouse
]  # fmt: skip
_START_SECONDS = 30


@dataclass(frozen=True)
class Laptop:
    """`elsewhere`: the tab that has nothing of ours, in front where the person does something else."""

    context: BrowserContext
    elsewhere: Page
    _group: int

    @contextmanager
    def asleep(self, seconds: float) -> Iterator[None]:
        """Asleep for the block, and for so long at least. It must not be asked anything meanwhile."""
        wakes_at = time.monotonic() + seconds
        os.killpg(self._group, signal.SIGSTOP)
        try:
            yield
            time.sleep(max(0, wakes_at - time.monotonic()))
        finally:
            os.killpg(self._group, signal.SIGCONT)


def is_hidden(page: Page) -> bool:
    """What the page itself is told."""
    return bool(page.evaluate("document.visibilityState === 'hidden' && !document.hasFocus()"))


@contextmanager
def a_laptop(chromium: BrowserType, profile: Path, *flags: str) -> Iterator[Laptop]:
    """One that runs for the block."""
    command = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", *flags, "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        browser = chromium.connect_over_cdp(f"http://127.0.0.1:{_port(profile)}", no_defaults=True)
        [context] = browser.contexts
        context.set_default_timeout(PATIENCE_MS)
        yield Laptop(context, context.pages[0], process.pid)
        browser.close()
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def _port(profile: Path) -> int:
    """Where the browser listens, which it writes down once it does."""
    file, deadline = profile / "DevToolsActivePort", time.monotonic() + _START_SECONDS
    while not (file.exists() and len(lines := file.read_text().splitlines()) > 1):
        assert time.monotonic() < deadline, "Chromium did not start"
        time.sleep(0.05)
    return int(lines[0])
