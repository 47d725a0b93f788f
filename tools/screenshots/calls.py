"""A call on an operator's page, from the price to the receipt, and calls that come to nothing."""

from playwright.sync_api import Page

from tools.screenshots.pages import CUSTOMER
from tools.screenshots.stage import Stage

_OPERATOR = "mira"


def call(stage: Stage) -> None:
    """Ready, ringing, live, connection lost, limit and tip meanwhile, ended, receipt."""
    stage.world.ask("presence", _OPERATOR, "online")
    page = stage.page(CUSTOMER)
    page.goto(f"/operators/{_OPERATOR}/")
    stage.take(page, "operator-ready", both=True)
    begin(page)
    page.locator("call-module[data-state=ringing]").wait_for()
    stage.take(page, "operator-ringing", whole=False)
    page.locator("call-module[data-state=live]").wait_for()
    page.wait_for_timeout(3_000)
    stage.take(page, "operator-live", both=True, whole=False)
    _meanwhile(stage, page)
    page.context.set_offline(True)
    page.locator("[data-connection-note]").wait_for(timeout=60_000)
    page.screenshot(path=stage.folder / f"{stage.site}-{stage.size}-operator-connection-lost.png")
    page.context.set_offline(False)
    stage.forgive("WebSocket connection")
    page.goto(f"/operators/{_OPERATOR}/")
    page.locator(".hangup-btn").click()
    page.locator("call-module[data-state=ended]").wait_for()
    stage.take(page, "operator-ended", both=True)
    page.locator('[data-part="receipt-link"]').click()
    stage.take(page, "receipt", both=True)
    page.get_by_role("link", name="Tip Mira").click()
    stage.take(page, "tip")
    page.locator(".load-amount").first.click()
    page.get_by_role("button", name="Continue").click()
    stage.take(page, "tip-confirm")
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="Problem with this call?").click()
    stage.take(page, "case-new")


def missed(stage: Stage) -> None:
    """Canceled while it rings; busy, as somebody else sees it."""
    stage.world.ask("presence", "jonah", "online")
    page = stage.page(CUSTOMER)
    page.goto("/operators/jonah/")
    begin(page)
    page.locator("call-module[data-state=ringing]").wait_for()
    page.locator(".hangup-btn").click()
    page.locator("call-module[data-state=failed]").wait_for()
    stage.take(page, "operator-canceled")
    other = stage.page("regular1@aeims.test", site="flirts", size="desktop")
    other.goto("/operators/jonah/")
    begin(other)
    other.locator("call-module[data-state=live]").wait_for()
    page.goto("/operators/jonah/")
    stage.take(page, "operator-busy", both=True)
    page.goto("/operators/")
    stage.take(page, "directory-somebody-busy")
    visitor = stage.page()
    visitor.goto("/operators/jonah/")
    stage.take(visitor, "operator-busy-of-a-visitor")
    other.locator(".hangup-btn").click()
    other.locator("call-module[data-state=ended]").wait_for()


def begin(page: Page) -> None:
    """Press the button that calls."""
    page.locator("call-module .call-btn").click()


def _meanwhile(stage: Stage, page: Page) -> None:
    """Other pages while the call runs."""
    other = page.context.new_page()
    for name, path in {"dashboard-in-a-call": "/dashboard/", "funds-in-a-call": "/funds/"}.items():
        other.goto(path)
        stage.take(other, name)
    other.goto(f"/operators/{_OPERATOR}/")
    other.get_by_role("link", name="Set limit").click()
    stage.take(other, "cap-call", whole=False)
    other.close()
