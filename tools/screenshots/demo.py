"""A demo of its own on free ports, and the browser that looks at it. `make lighthouse` uses it, too."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Page

from demo.people import PASSWORD
from tools.environment import ROOT

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
]  # fmt: skip
START_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: the port of its sites, and its data directory."""

    port: int
    data: Path

    def site(self, name: str) -> str:
        """The address of `flirts`, `nycflirts`, `portal` or `admin`."""
        return f"http://{name}.localhost:{self.port}"


@contextmanager
def a_demo() -> Iterator[Demo]:
    """A new demo as `make run` makes it; gone afterwards."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="aeims-demo-") as data:
        Path(data).chmod(0o711)  # PostgreSQL runs as another user and must get in
        environment = os.environ | {"PORT": str(port), "AEIMS_DATA_DIR": data, "DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-m", "tools.run"], cwd=ROOT, env=environment)
        try:
            _await_answer(process, port)
            yield Demo(port, Path(data))
        finally:
            process.terminate()
            process.wait(timeout=60)


def pass_gate(page: Page, site: str) -> None:
    """Say at a customer site that one is an adult."""
    page.goto(f"{site}/operators/")
    button = page.get_by_role("button", name="I’m 18 or older")
    if button.is_visible():
        button.click()
        page.wait_for_load_state("networkidle")


def log_in(page: Page, site: str, email: str) -> None:
    """Log in at a site with the demo's password."""
    page.goto(f"{site}/accounts/login/?next=/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    page.locator("main, #content").first.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda address: "/login" not in address)
    page.wait_for_load_state("networkidle")


def _free_port() -> int:
    """A port whose next two, the adapter's and its webhook's, are free too."""
    for port in range(18200, 18300, 3):
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            try:
                for offset, each in enumerate((one, two, three)):
                    each.bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            return port
    raise RuntimeError("no three free ports between 18200 and 18300")


def _await_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    request = Request(f"http://127.0.0.1:{port}/readyz")
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(request, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the demo did not start; its output is above")
