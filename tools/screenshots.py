"""`make screenshots`: every page in both brands and both sizes, of a demo made for it and ended afterwards.

All pictures go to `.local/screenshots`; the few that the documentation shows go to `docs/images`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tools.environment import ROOT

ALL = ROOT / ".local" / "screenshots"
SHOWN = {  # picture → its name in docs/images
    "flirts-phone-operator-live.png": "call-phone.png",
    "flirts-desktop-operator-ready.png": "operator-page.png",
    "nycflirts-desktop-directory.png": "directory.png",
    "portal-phone-console-live.png": "console-phone.png",
    "portal-desktop-console-live.png": "console-desktop.png",
    "portal-phone-dashboard.png": "dashboard-phone.png",
    "portal-desktop-dashboard.png": "dashboard-desktop.png",
    "portal-phone-statement.png": "statement-phone.png",
    "portal-desktop-statement.png": "statement-desktop.png",
}
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}
BRANDS = ("flirts", "nycflirts")
OPEN_PAGES = {
    "home": "/",
    "directory-of-a-visitor": "/operators/",
    "operator-of-a-visitor": "/operators/sarah/",
    "sign-up": "/accounts/signup/",
    "log-in": "/accounts/login/",
    "log-in-by-code": "/accounts/login/code/",
    "help": "/help/",
    "prices": "/help/pricing/",
    "lost": "/nowhere/",
}
CUSTOMER_PAGES = {
    "directory": "/operators/",
    "found": "/operators/?q=talk&language=English",
    "nobody-found": "/operators/?q=nobody",
    "dashboard": "/dashboard/",
    "activity": "/activity/",
    "messages": "/messages/",
    "funds": "/funds/",
    "account": "/account/",
    "phones": "/account/phones/",
    "limits": "/account/limits/",
    "devices": "/accounts/sessions/",
    "second-factor": "/accounts/2fa/",
}
PORTAL_PAGES = {
    "console": "/",
    "dashboard": "/dashboard/",
    "statement": "/statement/",
    "customers": "/customers/",
    "ratings": "/ratings/",
    "settings": "/settings/",
    "messages": "/messages/",
}
# Long pages that the documentation shows, down to the fold.
CUT = [f"portal-{size}-{page}" for size in SIZES for page in ("dashboard", "statement")]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
START_SECONDS = 120


def main() -> int:
    ALL.mkdir(parents=True, exist_ok=True)
    with a_demo() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for brand in BRANDS:
            for size in SIZES:
                take_brand(browser, f"http://{brand}.localhost:{port}", f"{brand}-{size}", SIZES[size])
        for size in SIZES:
            take_portal(browser, port, f"portal-{size}", SIZES[size])
        for drawing in (ROOT / "static" / "icons").glob("*.svg"):
            if drawing.stem != "sprite":
                take_icon(browser, drawing)
        browser.close()
    images = ROOT / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    for picture, name in SHOWN.items():
        shutil.copyfile(ALL / picture, images / name)
    print(f"{len(list(ALL.glob('*.png')))} pictures in {ALL}, {len(SHOWN)} of them in docs/images.")
    return 0


@contextmanager
def a_demo() -> Iterator[int]:
    """A demo of its own on free ports, as `make run` makes it; gone afterwards. Yields its port."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="aeims-screenshots-") as data:
        Path(data).chmod(0o711)  # PostgreSQL runs as another user and must get in
        environment = os.environ | {"PORT": str(port), "AEIMS_DATA_DIR": data, "DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-m", "tools.run"], cwd=ROOT, env=environment)
        try:
            _await_answer(process, port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def take_brand(browser: Browser, site: str, prefix: str, size: ViewportSize) -> None:
    """The pages of one customer site at one size, and one call from the price to the receipt."""
    page = browser.new_page(viewport=size)
    page.goto(site)
    _take(page, f"{prefix}-gate")
    page.get_by_role("button", name="I’m 18 or older").click()
    for name, path in OPEN_PAGES.items():
        page.goto(site + path)
        _take(page, f"{prefix}-{name}")
    log_in(page, site, "customer@aeims.test")
    for name, path in CUSTOMER_PAGES.items():
        page.goto(site + path)
        _take(page, f"{prefix}-{name}")
    page.goto(site + "/operators/")
    page.locator(".operator-card:has(.status-indicator.online) h3 a").first.click()
    _take(page, f"{prefix}-operator-ready")
    page.locator(".call-btn").click()
    for state in ("ringing", "live"):
        page.wait_for_selector(f"call-module[data-state={state}]", timeout=30_000)
        page.wait_for_timeout(3_000 if state == "live" else 200)
        _take(page, f"{prefix}-operator-{state}")
    page.locator("call-module .hangup-btn").click()
    page.wait_for_selector("call-module[data-state=ended]", timeout=15_000)
    _take(page, f"{prefix}-operator-ended")
    page.locator('[data-part="receipt-link"]').click()
    _take(page, f"{prefix}-receipt")
    page.context.close()


def take_portal(browser: Browser, port: int, prefix: str, size: ViewportSize) -> None:
    """The operators' pages at one size, and the console while a customer is on the line."""
    page = browser.new_page(viewport=size)
    site, shop = f"http://portal.localhost:{port}", f"http://flirts.localhost:{port}"
    log_in(page, site, "operator@aeims.test")
    page.goto(site)
    ready = page.get_by_role("button", name="Ready now")  # after the calls of the pictures before
    if ready.is_visible():
        ready.click()
    customer = browser.new_page(viewport=SIZES["desktop"])
    customer.goto(shop)
    customer.get_by_role("button", name="I’m 18 or older").click()
    log_in(customer, shop, "customer@aeims.test")
    customer.goto(f"{shop}/operators/sarah/")
    customer.locator(".call-btn").click()
    page.get_by_role("heading", name="You are talking").wait_for(timeout=30_000)
    page.wait_for_timeout(4_000)
    _take(page, f"{prefix}-console-live")
    customer.locator("call-module .hangup-btn").click()
    customer.wait_for_selector("call-module[data-state=ended]", timeout=15_000)
    customer.context.close()
    for name, path in PORTAL_PAGES.items():
        page.goto(site + path)
        _take(page, f"{prefix}-{name}")
    page.context.close()


def take_icon(browser: Browser, drawing: Path) -> None:
    """An icon as phones want it for their home screens."""
    page = browser.new_page(viewport={"width": 180, "height": 180})
    page.goto(drawing.as_uri())
    page.screenshot(path=drawing.with_name(f"{drawing.stem}-180.png"))
    page.context.close()


def log_in(page: Page, site: str, email: str) -> None:
    page.goto(site + "/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", "demo-only")
    page.locator("main").get_by_role("button", name="Log in").click()
    page.wait_for_load_state("networkidle")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.evaluate("scrollTo(0, 0)")
    whole = not name.endswith("live") and name not in CUT
    page.screenshot(path=ALL / f"{name}.png", full_page=whole)


def _free_port() -> int:
    """A port whose neighbour, the adapter's, is free too."""
    for port in range(18200, 18300, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two free ports between 18200 and 18300")


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


if __name__ == "__main__":
    sys.exit(main())
