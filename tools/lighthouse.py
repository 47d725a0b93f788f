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
OPEN_PAGES = {"gate": "/"}
VISITOR_PAGES = {"home": "/", "directory": "/operators/", "operator": "/operators/sarah/"}
CUSTOMER_PAGES = {"dashboard": "/dashboard/"}


def main() -> int:
    home = data_directory() / "lighthouse"
    home.mkdir(parents=True, exist_ok=True)
    program = home / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(home), VERSION], check=True
        )
    failed: list[str] = []
    with a_demo() as port, sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        debugging = _free_port()
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={debugging}"]
        )
        page = browser.pages[0]
        devtools = browser.new_cdp_session(page)

        def look(brand: str, pages: dict[str, str]) -> None:
            for name, path in pages.items():
                devtools.send("Network.clearBrowserCache")  # each as a first visit
                failed.extend(_look(program, home, f"{brand}-{name}", site, path, debugging))

        for brand in ("flirts", "nycflirts"):
            site = f"http://{brand}.localhost:{port}"
            look(brand, OPEN_PAGES)
            page.goto(site)
            page.get_by_role("button", name="I’m 18 or older").click()
            page.wait_for_load_state("networkidle")
            look(brand, VISITOR_PAGES)
            log_in(page, site, "customer@aeims.test")
            look(brand, CUSTOMER_PAGES)
        browser.close()
    print("\n".join(failed) or f"Every page reaches {WANTED}.")
    return 1 if failed else 0


def _look(program: Path, home: Path, name: str, site: str, path: str, debugging: int) -> list[str]:
    """Run it on one page in the browser that listens there; what is below the mark."""
    report = home / f"{name}.json"
    subprocess.run(
        [
            str(program), site + path, "--quiet", "--output=json", f"--output-path={report}", f"--port={debugging}",
            "--disable-storage-reset", f"--only-categories={','.join(CATEGORIES)}",
        ],
        check=True,
    )  # fmt: skip
    result = json.loads(report.read_text())
    scores = {key: round((result["categories"][key]["score"] or 0) * 100) for key in CATEGORIES}
    requests = result["audits"]["network-requests"]["details"]["items"]
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
