"""`make lighthouse`: Google's Lighthouse on the customer pages of a demo made for it; fails below 95.

Lighthouse is installed from npm into `.local/lighthouse` and drives Debian's Chromium; its reports stay in `.local`.
"""

import http.client
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from tools.environment import data_directory
from tools.screenshots import CHROMIUM, FLAGS, a_demo

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
    with a_demo() as port:
        for brand in ("flirts", "nycflirts"):
            site = f"http://{brand}.localhost:{port}"
            session = _log_in(site)
            for name, path in (OPEN_PAGES | CUSTOMER_PAGES).items():
                cookie = "adult=yes" if name in OPEN_PAGES else f"adult=yes; sessionid={session}"
                failed += _look(program, home, f"{brand}-{name}", site + path, cookie)
    print("\n".join(failed) or f"Every page reaches {WANTED}.")
    return 1 if failed else 0


def _look(program: Path, home: Path, name: str, url: str, cookie: str) -> list[str]:
    """Run it on one page; what is below the mark."""
    report = home / f"{name}.json"
    subprocess.run(
        [
            str(program), url, "--quiet", "--output=json", f"--output-path={report}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--extra-headers={json.dumps({'Cookie': cookie})}",
            f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
        ],
        check=True,
        env=os.environ | {"CHROME_PATH": CHROMIUM},
    )  # fmt: skip
    told = json.loads(report.read_text())
    scores = {key: round((told["categories"][key]["score"] or 0) * 100) for key in CATEGORIES}
    requests = told["audits"]["network-requests"]["details"]["items"]
    size = sum(item["transferSize"] for item in requests if item.get("resourceType") != "Image")
    strangers = {
        item["url"] for item in requests if not item["url"].startswith((url[: url.index("/", 8)], "data:"))
    }
    print(f"{name:22} {scores} {size} bytes before images")
    below = [f"{name}: {key} {score}" for key, score in scores.items() if score < WANTED]
    below += [f"{name}: {size} bytes"] if size > MAX_BYTES else []
    return below + [f"{name}: asks {stranger}" for stranger in strangers]


def _log_in(site: str) -> str:
    """The session of the demo's customer."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), _ToThisMachine())
    page = browser.open(f"{site}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    fields = {"login": "customer@aeims.test", "password": "demo-only", "csrfmiddlewaretoken": token[1]}
    browser.open(f"{site}/accounts/login/", urllib.parse.urlencode(fields).encode()).read()
    return next(cookie.value or "" for cookie in jar if cookie.name == "sessionid")


class _ToThisMachine(urllib.request.HTTPHandler):
    """`*.localhost` is this machine, whatever the resolver thinks."""

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        host = request.host
        request.add_unredirected_header("Host", host)
        request.host = f"127.0.0.1:{host.rpartition(':')[2]}"
        return super().http_open(request)


if __name__ == "__main__":
    sys.exit(main())
