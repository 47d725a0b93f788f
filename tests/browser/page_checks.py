"""What is looked for on every page: findings of axe-core, violations of the content policy, errors, sideways scrolling."""

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

SCHEMES = ("light", "dark")
COLOURS_CHANGE_MS = 300  # longer than any transition, so that none is judged half-way
_AXE = Axe()
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
    found = _AXE.run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


def in_scheme(page: Page, scheme: str) -> None:
    """Show the page light or dark, as the visitor's choice would."""
    page.evaluate("(scheme) => { document.documentElement.dataset.scheme = scheme; }", scheme)
    page.wait_for_timeout(COLOURS_CHANGE_MS)


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
