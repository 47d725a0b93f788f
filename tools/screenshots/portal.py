"""The operators' site: pages by address, and the console in its states."""

from tools.screenshots.calls import begin
from tools.screenshots.pages import CUSTOMER
from tools.screenshots.stage import VISITOR, Stage

OPERATOR = "operator@aeims.test"
_PAGES = {
    "dashboard": "/dashboard/",
    "statement": "/statement/",
    "customers": "/customers/",
    "ratings": "/ratings/",
    "more": "/more/",
    "settings": "/settings/",
    "settings-profile": "/settings/profile/",
    "settings-preview": "/settings/preview/",
    "settings-prices": "/settings/prices/",
    "settings-phones": "/settings/phones/",
    "settings-hours": "/settings/hours/",
    "settings-channels": "/settings/channels/",
    "settings-notifications": "/settings/notifications/",
    "settings-privacy": "/settings/privacy/",
    "greeting": "/settings/greeting/",
    "hours": "/settings/hours/",
    "messages": "/messages/",
    "missed": "/missed/",
    "held": "/held/",
    "payouts": "/payouts/",
    "payout-account": "/payouts/account/",
    "taken-back": "/taken-back/",
    "data": "/data/",
    "erase": "/erase/",
    "privacy": "/privacy/",
    "gallery": "/_gallery/",
    "lost": "/nowhere/",
}
_BOTH = {"dashboard", "statement", "settings", "console", "messages"}
_CUT = {"dashboard", "statement"}  # as the documentation shows them


def pages(stage: Stage) -> None:
    """All pages of an operator with a month behind her, and those of a newcomer."""
    page = stage.page(VISITOR)
    page.goto("/accounts/login/")
    stage.take(page, "log-in", both=True)
    page = stage.page(OPERATOR)
    for name, path in _PAGES.items():
        page.goto(path)
        stage.take(page, name, both=name in _BOTH, whole=name not in _CUT)
        if name in _CUT:
            stage.take(page, f"{name}-whole")
    page.goto("/customers/")
    page.locator("main a.row-title, main td a, main .rows a").first.click()
    stage.take(page, "customer")
    page.goto("/messages/")
    page.locator("main a.row-title, main .rows a").first.click()
    stage.take(page, "conversation", both=True, whole=False)
    page = stage.page("noor@aeims.test")
    for name in ("dashboard", "ratings", "greeting", "messages", "statement", "customers"):
        page.goto(_PAGES[name])
        stage.take(page, f"{name}-new")
    page = stage.page("ines@aeims.test")
    page.goto("/settings/greeting/")
    stage.take(page, "greeting-waiting")
    page = stage.page("caleb@aeims.test")
    page.goto("/settings/profile/")
    stage.take(page, "settings-photo-waiting")
    page = stage.page(CUSTOMER)
    page.goto("/")
    stage.take(page, "not-an-operator")


def console(stage: Stage) -> None:
    """Away, online, ringing, live, after the call."""
    page = stage.page(OPERATOR)
    stage.world.ask("presence", "sarah", "away")
    page.goto("/")
    stage.take(page, "console-away", both=True)
    page.get_by_role("button", name="Online").click()
    page.get_by_role("heading", name="You are online").wait_for()
    stage.take(page, "console", both=True)
    customer = stage.page(CUSTOMER, site="flirts", size="desktop")
    customer.goto("/operators/sarah/")
    begin(customer)
    page.get_by_role("heading", name="Incoming call").wait_for()
    stage.take(page, "console-ringing", both=True, whole=False)
    page.get_by_role("heading", name="You’re talking").wait_for()
    page.wait_for_timeout(4_000)
    stage.take(page, "console-live", both=True, whole=False)
    other = page.context.new_page()
    other.goto("/customers/")
    stage.take(other, "customers-in-a-call", whole=False)
    customer.locator("call-module .hangup-btn").click()
    customer.locator("call-module[data-state=ended]").wait_for()
    page.wait_for_timeout(1_000)
    stage.take(page, "console-after-a-call", both=True)


def callbacks(stage: Stage) -> None:
    """Asked for, and offered."""
    stage.world.ask("nobody_waits")
    stage.world.ask("presence", "sarah", "away")
    customer = stage.page(CUSTOMER, site="flirts", size="desktop")
    customer.goto("/operators/sarah/callback/")
    customer.get_by_role("button", name="Ask for a callback").click()
    page = stage.page(OPERATOR)
    page.goto("/")
    stage.take(page, "console-callback", both=True)
    page.get_by_role("button", name="Online").click()
    page.get_by_role("heading", name="You are online").wait_for()
    page.get_by_role("button", name="Call back").first.click()
    page.get_by_text("Offered, ").wait_for()
    stage.take(page, "console-callback-offered")
    stage.world.ask("nobody_waits")
