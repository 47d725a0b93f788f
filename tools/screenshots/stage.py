"""One site at one size in a browser: opens pages as somebody, takes pictures, and notes what is wrong in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.browser.page_checks import Watch, assert_fits, await_colours, findings, in_scheme
from tools.screenshots.demo import Demo, log_in, pass_gate
from tools.screenshots.world import World

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}
BRANDS = ("flirts", "nycflirts")
VISITOR = "visitor"
PATIENCE_MS = 20_000


@dataclass
class Stage:
    """`site`: flirts, nycflirts, portal or admin. `found`: what axe-core, the width and the console complain about."""

    browser: Browser
    demo: Demo
    world: World
    folder: Path
    site: str
    size: str
    found: list[str] = field(default_factory=list)
    _watch: Watch = field(default_factory=Watch)
    _contexts: list[BrowserContext] = field(default_factory=list)
    _logins: dict[tuple[str, str], StorageState] = field(default_factory=dict)

    def page(self, person: str = VISITOR, *, site: str = "", size: str = "") -> Page:
        """A browser of its own, logged in as the person with this email address, past the gate of a customer site."""
        site = site or self.site
        key = (site, person)
        if key not in self._logins:
            self._logins[key] = self._log_in(site, person)
        context = self.new_context(site, size, self._logins[key])
        return context.new_page()

    def new_context(
        self, site: str = "", size: str = "", state: StorageState | None = None
    ) -> BrowserContext:
        """A browser that knows nobody, unless it is given what one is known by."""
        context = self.browser.new_context(
            viewport=SIZES[size or self.size],
            base_url=self.demo.site(site or self.site),
            storage_state=state,
            reduced_motion="reduce",
            timezone_id="America/New_York",
            permissions=["microphone"],
        )
        context.set_default_timeout(PATIENCE_MS)
        self._watch.over(context)
        self._contexts.append(context)
        return context

    def take(self, page: Page, name: str, *, both: bool = False, whole: bool = True) -> None:
        """A picture; `both`: also in the other scheme. `whole`: to the page's end, else down to the fold."""
        page.wait_for_load_state("networkidle")
        page.evaluate("document.fonts.ready")
        page.evaluate("scrollTo(0, 0)")
        await_colours(page)
        file = f"{self.site}-{self.size}-{name}"
        self._shoot(page, file, whole=whole)
        self._check(page, file, both=both, whole=whole)

    def forgive(self, words: str) -> None:
        """What the console complained of in these words was meant."""
        self._watch.complaints[:] = [text for text in self._watch.complaints if words not in text]

    def close(self) -> None:
        """End all browsers; what they complained about is among the findings."""
        for context in self._contexts:
            for page in context.pages:
                if not page.is_closed():
                    self.found += [
                        f"{self.site}-{self.size}: {text}"
                        for text in page.evaluate("window.__violations ?? []")
                    ]
            context.close()
        self._contexts.clear()
        self.found += [f"{self.site}-{self.size}: {complaint}" for complaint in self._watch.complaints]
        self._watch.complaints.clear()

    def _shoot(self, page: Page, file: str, *, whole: bool) -> None:
        """In a window as high as the page, so that what sticks to its edges is there and not in the middle."""
        size = SIZES[self.size] if page.viewport_size is None else page.viewport_size
        if whole:
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        page.screenshot(path=self.folder / f"{file}.png")
        if whole:
            page.set_viewport_size(size)

    def _check(self, page: Page, file: str, *, both: bool, whole: bool) -> None:
        try:
            assert_fits(page, file)
        except AssertionError as error:
            self.found.append(str(error))
        self.found += [f"{file}: {finding}" for finding in findings(page)]
        if self.site == "admin":  # Django's own switch
            return
        shown = page.evaluate("document.documentElement.dataset.scheme ?? ''")
        is_dark = page.evaluate("getComputedStyle(document.documentElement).colorScheme").startswith("dark")
        other = "light" if is_dark else "dark"
        in_scheme(page, other)
        self.found += [f"{file}, {other}: {finding}" for finding in findings(page, "color-contrast")]
        if both:
            self._shoot(page, f"{file}-{other}", whole=whole)
        page.evaluate(
            "(scheme) => { if (scheme) document.documentElement.dataset.scheme = scheme;"
            " else delete document.documentElement.dataset.scheme; }",
            shown,
        )

    def _log_in(self, site: str, person: str) -> StorageState:
        context = self.new_context(site)
        page = context.new_page()
        if site in BRANDS:
            pass_gate(page, self.demo.site(site))
        if person != VISITOR:
            log_in(page, self.demo.site(site), person)
        state = context.storage_state()
        context.close()
        self._contexts.remove(context)
        return state


Journey = Callable[[Stage], None]
