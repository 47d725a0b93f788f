"""`make lighthouse`: Google's Lighthouse on the customer pages of a demo made for it; fails below 98.

Lighthouse is installed from npm into `.local/lighthouse` and drives Debian's Chromium, with a phone's screen and its simulated
network; its reports stay in `.local`. Each figure is the median of several runs, light and dark. A machine that does other work
makes the performance worse than it is: `make lighthouse do="--runs 1"` finds what is wrong besides.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tools.environment import data_directory
from tools.screenshots.demo import CHROMIUM, FLAGS, Demo, a_demo, log_in, pass_gate

VERSION = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
WANTED = 98
# Of a first visit, without photos.
MAX_BYTES, MAX_REQUESTS = 170_000, 40
SCHEMES = ("light", "dark")
TRIES = 3
BRANDS = ("flirts", "nycflirts")
VISITOR_PAGES = {
    "home": "/",
    "directory": "/operators/",
    "operator": "/operators/sarah/",
}  # for search engines, too
CUSTOMER_PAGES = {"dashboard": "/dashboard/"}


@dataclass(frozen=True, slots=True)
class Look:
    """One page in one scheme, looked at `runs` times by `program`, in the browser that listens at `debugging`."""

    program: Path
    reports: Path
    debugging: int
    runs: int

    def at(
        self, browser: BrowserContext, name: str, site: str, path: str, categories: tuple[str, ...]
    ) -> list[str]:
        """What is below the mark, in words. Prints the figures."""
        results = [
            self._run(browser, f"{name}-{number}", site + path, categories) for number in range(self.runs)
        ]
        scores = {
            key: round(100 * statistics.median(result["categories"][key]["score"] or 0 for result in results))
            for key in categories
        }
        below = [f"{name}: {key} {score}" for key, score in scores.items() if score < WANTED]
        below += [f"{name}: {audit}" for audit in _failed(results[0])] if below else []
        requests = _requests(results[0])
        size = sum(item["transferSize"] for item in requests)
        print(f"{name:28} {scores} {size} bytes in {len(requests)} requests", flush=True)
        if "seo" in categories:  # a visitor's page: nothing is there yet, no service worker either
            below += [f"{name}: {size} bytes before photos"] if size >= MAX_BYTES else []
            below += (
                [f"{name}: {len(requests)} requests before photos"] if len(requests) >= MAX_REQUESTS else []
            )
        strangers = {item["url"] for item in requests if not item["url"].startswith((site, "data:"))}
        return below + [f"{name}: asks {stranger}" for stranger in sorted(strangers)]

    def _run(
        self, browser: BrowserContext, name: str, url: str, categories: tuple[str, ...]
    ) -> dict[str, Any]:
        devtools = browser.new_cdp_session(browser.pages[0])
        devtools.send("Network.clearBrowserCache")  # each as a first visit
        devtools.detach()
        report = self.reports / f"{name}.json"
        command = [
            str(self.program), url, "--quiet", "--output=json", f"--output-path={report}", f"--port={self.debugging}",
            "--disable-storage-reset", "--throttling-method=simulate", f"--only-categories={','.join(categories)}",
        ]  # fmt: skip
        for left in reversed(range(TRIES)):  # its own trace fails now and then on a busy machine
            if subprocess.run(command, check=not left).returncode == 0:
                break
        result: dict[str, Any] = json.loads(report.read_text())
        return result


def main() -> int:
    options = _options()
    home = data_directory() / "lighthouse"
    program = _installed(home)
    failed: list[str] = []
    with _demo(options) as demo, sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        debugging = _free_port()
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={debugging}"]
        )
        look = Look(program, home, debugging, options.runs)
        for brand in BRANDS:
            failed += _look_at(brand, demo, browser, look, options.only)
        browser.close()
    print("\n".join(failed) or f"Every page reaches {WANTED}.")
    return 1 if failed else 0


def _look_at(brand: str, demo: Demo, browser: BrowserContext, look: Look, only: str) -> list[str]:
    """A brand's pages in both schemes: those of a visitor past the gate, then those of a customer."""
    page, site, failed = browser.pages[0], demo.site(brand), []
    pass_gate(page, site)
    for pages, categories in ((VISITOR_PAGES, (*CATEGORIES, "seo")), (CUSTOMER_PAGES, CATEGORIES)):
        if pages is CUSTOMER_PAGES:
            log_in(page, site, "customer@aeims.test")
        for scheme in SCHEMES:
            browser.add_cookies([{"name": "scheme", "value": scheme, "url": site}])
            for name, path in pages.items():
                if only in (full := f"{brand}-{name}-{scheme}"):
                    failed += look.at(browser, full, site, path, categories)
    return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make lighthouse", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of which the median counts (5)")
    parser.add_argument(
        "--only", default="", help="pages whose name has this in it, such as flirts-home-dark"
    )
    parser.add_argument("--data", type=Path, help="the data directory of a demo that runs (with --port)")
    parser.add_argument("--port", type=int, help="its port")
    return parser.parse_args()


@contextmanager
def _demo(options: argparse.Namespace) -> Iterator[Demo]:
    if options.data:
        yield Demo(options.port, options.data)
    else:
        with a_demo() as demo:
            yield demo


def _installed(home: Path) -> Path:
    """Lighthouse's program, from npm if it is not there."""
    home.mkdir(parents=True, exist_ok=True)
    program = home / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(home), VERSION], check=True
        )
    return program


def _requests(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What the page asked for, without photos."""
    items: list[dict[str, Any]] = result["audits"]["network-requests"]["details"]["items"]
    return [
        item for item in items if "/photos/" not in item["url"] and item.get("resourceType") != "WebSocket"
    ]


def _failed(result: dict[str, Any]) -> list[str]:
    """The audits that cost points, as Lighthouse names them."""
    weighed = {
        ref["id"]
        for category in result["categories"].values()
        for ref in category["auditRefs"]
        if ref["weight"]
    }
    audits = result["audits"]
    return [
        f"{key} ({audits[key].get('displayValue') or audits[key]['title']})"
        for key in sorted(weighed)
        if audits[key]["score"] is not None and audits[key]["score"] < 0.9
    ]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
