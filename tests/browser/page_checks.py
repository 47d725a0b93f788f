"""What is looked for on every page: findings of axe-core, violations of the content policy, errors, sideways scrolling."""

import os
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

SCHEMES = ("light", "dark")
# No colour is judged half-way: the page says when the last of its transitions is over. They begin with the next frames that
# are painted, which a busy machine paints late. None lasts longer than the seconds after which this gives up.
_TRANSITIONS_END = """async () => {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const running = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  const until = performance.now() + 5000;
  do await painted(); while (running().length && performance.now() < until);
}"""
# Every rule of axe-core but the experimental ones.
_WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.__violations.push(`${e.effectiveDirective} ${e.blockedURI}`));
"""


@dataclass
class Watch:
    """What a browser complained about."""

    complaints: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(_WATCH)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"crash: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is the subject of many tests; Chromium reports each as an error.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


def findings(page: Page, *rules: str) -> list[str]:
    """What axe-core finds, rule by rule with the elements; best practices included. `rules`: only these."""
    # `preload` would put style sheets into the page, which its content policy refuses.
    options = {"resultTypes": ["violations"], "preload": False} | ({"runOnly": list(rules)} if rules else {})
    if not page.evaluate("() => 'axe' in window"):  # half a megabyte of script: once for each document
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


def in_scheme(page: Page, scheme: str) -> None:
    """Show the page light or dark, as the visitor's choice would."""
    page.evaluate("(scheme) => { document.documentElement.dataset.scheme = scheme; }", scheme)
    await_colours(page)


def await_colours(page: Page) -> None:
    """Returns once what changes its colours has done so."""
    page.evaluate(_TRANSITIONS_END)


def assert_accessible(page: Page, what: str) -> None:
    """No finding, light and dark. Only colours differ between the two."""
    before = page.evaluate("document.documentElement.dataset.scheme")
    for scheme, rules in zip(SCHEMES, ((), ("color-contrast",)), strict=True):
        in_scheme(page, scheme)
        found = findings(page, *rules)
        assert not found, f"{what}, {scheme}: {found}"
    in_scheme(page, before)


def assert_fits(page: Page, what: str) -> None:
    """Nothing to scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    guilty = page.evaluate(
        """[...document.querySelectorAll("main *, header *, footer *")]
           .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
           .slice(0, 5).map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert wide <= 0, f"{what}: {wide} px too wide: {guilty}"


def shot(page: Page, name: str) -> None:
    """A picture of the whole page for eyes, in the folder that the variable SHOTS names; none without it."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
