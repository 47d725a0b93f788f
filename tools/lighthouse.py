"""`make lighthouse`: Google's Lighthouse on the customer pages of a demo made for it; fails below 95.

Lighthouse is installed from npm into `.local/lighthouse` and drives Debian's Chromium; its reports stay in `.local`.
"""

import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.environment import data_directory
from tools.screenshots import CHROMIUM, FLAGS, a_demo, log_in

VERSION = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
WANTED = 95
MAX_BYTES = 150_000  # before images
OPEN_PAGES = {"home": "/"}
CUSTOMER_PAGES = {"directory": "/operators/", "operator": "/operators/sarah/", "dashboard": "/dashboard/"}


def main() -> int:
    home = data_directory() / "lighthouse"
    home.mkdir(parents=True, exist_ok=True)
    program = home / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(home), VERSION], check=True
        )
    failed = []
    with a_demo() as port, sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        debugging = _free_port()
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={debugging}"]
        )
        page = browser.pages[0]
        line = browser.new_cdp_session(page)

        def look(brand: str, name: str) -> list[str]:
            line.send("Network.clearBrowserCache")  # as on a first visit
            return _look(program, home, brand, name, f"http://{brand}.localhost:{port}", debugging)

        for brand in ("flirts", "nycflirts"):
            site = f"http://{brand}.localhost:{port}"
            page.goto(site)
            page.get_by_role("button", name="I am 18 or older").click()
            failed += [
                line for name in OPEN_PAGES for line in _look(program, home, brand, name, site, debugging)
            ]
            log_in(page, site, "customer@aeims.test")
            failed += [said for name in CUSTOMER_PAGES for said in look(brand, name)]
        browser.close()
    print("\n".join(failed) or f"Every page reaches {WANTED}.")
    return 1 if failed else 0


def _look(program: Path, home: Path, brand: str, name: str, site: str, debugging: int) -> list[str]:
    """Run it on one page in the browser that listens there; what is below the mark."""
    url = site + (OPEN_PAGES | CUSTOMER_PAGES)[name]
    name = f"{brand}-{name}"
    report = home / f"{name}.json"
    subprocess.run(
        [
            str(program), url, "--quiet", "--output=json", f"--output-path={report}", f"--port={debugging}",
            "--disable-storage-reset", f"--only-categories={','.join(CATEGORIES)}",
        ],
        check=True,
    )  # fmt: skip
    told = json.loads(report.read_text())
    scores = {key: round((told["categories"][key]["score"] or 0) * 100) for key in CATEGORIES}
    requests = told["audits"]["network-requests"]["details"]["items"]
    size = sum(item["transferSize"] for item in requests if item.get("resourceType") != "Image")
    strangers = {item["url"] for item in requests if not item["url"].startswith((site, "data:"))}
    print(f"{name:22} {scores} {size} bytes before images")
    below = [f"{name}: {key} {score}" for key, score in scores.items() if score < WANTED]
    below += [f"{name}: {size} bytes"] if size > MAX_BYTES else []
    return below + [f"{name}: asks {stranger}" for stranger in strangers]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
