"""`make lighthouse`: Google's Lighthouse on the customer and operator pages of a demo made for it; fails below 98.

Lighthouse is installed from npm into `.local/lighthouse` and drives Debian's Chromium, with a phone's screen and its simulated
network; its reports stay in `.local`. Each figure is the median of several runs, light and dark. A machine that does other work
makes the performance worse than it is: `make lighthouse do="--runs 1"` finds what is wrong besides. On the operators' site accessibility and best
practices count, on each of its pages; the performance and SEO of some are printed.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tools.environment import data_directory
from tools.screenshots.demo import CHROMIUM, FLAGS, Demo, a_demo, log_in, pass_gate
from tools.screenshots.world import World

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
ON_THE_PORTAL = ("accessibility", "best-practices")  # what counts there
FRONT_PAGES = {"front": "/", "sign-up": "/accounts/signup/", "log-in": "/accounts/login/"}
OPERATOR_PAGES = {
    "console": "/",
    "dashboard": "/dashboard/",
    "statement": "/statement/",
    "customers": "/customers/",
    "settings": "/settings/",
    "messages": "/messages/",
}
# These are looked at once: what counts on the portal does not differ from run to run.
MORE_OPERATOR_PAGES = {
    "missed": "/missed/",
    "ratings": "/ratings/",
    "payouts": "/payouts/",
    "payout-account": "/payouts/account/",
    "held": "/held/",
    "taken-back": "/taken-back/",
    "more": "/more/",
    "data": "/data/",
    "erase": "/erase/",
    "privacy": "/privacy/",
} | {
    f"settings-{section}": f"/settings/{section}/"
    for section in (
        "profile", "preview", "prices", "phones", "hours", "channels", "greeting", "notifications", "privacy",
    )
}  # fmt: skip
APPLICANT_PAGES = {"apply": "/apply/", "contract": "/contract/", "tax-form": "/tax-form/w9/"}
MORE_APPLICANT_PAGES = {"tax-forms": "/tax-form/", "tax-form-abroad": "/tax-form/w8ben/"}


@dataclass(frozen=True, slots=True)
class Look:
    """One page in one scheme, looked at `runs` times by `program`, in the browser that listens at `debugging`."""

    program: Path
    reports: Path
    debugging: int
    runs: int

    def at(
        self,
        browser: BrowserContext,
        name: str,
        site: str,
        path: str,
        categories: tuple[str, ...],
        counted: tuple[str, ...] = (),
    ) -> list[str]:
        """What is below the mark, in words. Prints the figures. `counted`: the categories with a mark; none given: each has it."""
        results = [
            self._run(browser, f"{name}-{number}", site + path, categories) for number in range(self.runs)
        ]
        scores = {
            key: round(100 * statistics.median(result["categories"][key]["score"] or 0 for result in results))
            for key in categories
        }
        marked = {key: score for key, score in scores.items() if key in (counted or categories)}
        below = [f"{name}: {key} {score}" for key, score in marked.items() if score < WANTED]
        below += [f"{name}: {audit}" for audit in _failed(results[0], tuple(marked))] if below else []
        requests = _requests(results[0])
        size = sum(item["transferSize"] for item in requests)
        print(f"{name:28} {scores} {size} bytes in {len(requests)} requests", flush=True)
        if (
            "seo" in categories and not counted
        ):  # a visitor's page: nothing is there yet, no service worker either
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
        if "performance" not in categories:  # which has it
            command.append("--only-audits=network-requests")
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
        failed += _look_at_portal(demo, browser, look, options.only)
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


def _look_at_portal(demo: Demo, browser: BrowserContext, look: Look, only: str) -> list[str]:
    """The operators' site in both schemes: its pages for everybody, then those of an operator and of an applicant."""
    page, site, failed = browser.pages[0], demo.site("portal"), []
    all_categories, operator = (*CATEGORIES, "seo"), "operator@aeims.test"
    applicant, once = World(demo).ask("applicant", "draft"), replace(look, runs=1)
    for glance, pages, email, categories in (
        (look, FRONT_PAGES, "", all_categories),
        (look, OPERATOR_PAGES, operator, all_categories),
        (once, MORE_OPERATOR_PAGES, operator, ON_THE_PORTAL),
        (look, APPLICANT_PAGES, applicant, all_categories),
        (once, MORE_APPLICANT_PAGES, applicant, ON_THE_PORTAL),
    ):
        if not any(only in f"portal-{name}-{scheme}" for name in pages for scheme in SCHEMES):
            continue
        browser.clear_cookies()
        if email:
            log_in(page, site, email)
        for scheme in SCHEMES:
            browser.add_cookies([{"name": "scheme", "value": scheme, "url": site}])
            for name, path in pages.items():
                if only in (full := f"portal-{name}-{scheme}"):
                    failed += glance.at(browser, full, site, path, categories, ON_THE_PORTAL)
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


def _failed(result: dict[str, Any], categories: tuple[str, ...]) -> list[str]:
    """The audits that cost points in these categories, as Lighthouse names them."""
    weighed = {
        ref["id"]
        for category in (result["categories"][key] for key in categories)
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
