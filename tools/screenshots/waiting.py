"""Waiting for an operator: told when she's free, called then, or called back."""

from tools.screenshots.pages import CUSTOMER
from tools.screenshots.stage import Stage

_OPERATOR, _OPERATORS_EMAIL = "sarah", "operator@aeims.test"


def waiting(stage: Stage) -> None:
    """Away, watched, the list, called then, the news on any page."""
    _away(stage)
    page = stage.page(CUSTOMER)
    page.goto(f"/operators/{_OPERATOR}/")
    stage.take(page, "operator-away", both=True)
    page.get_by_role("button", name="Tell me when").click()
    page.get_by_role("button", name="Stop waiting").wait_for()
    stage.take(page, "operator-watched")
    page.get_by_role("link", name="Call my phone then").click()
    stage.take(page, "ring-when-free")
    page.get_by_role("button", name="Call my phone then").click()
    page.get_by_text("We’ll call your phone, too").wait_for()
    stage.take(page, "operator-rings-when-free")
    page.goto("/waiting/")
    stage.take(page, "waiting", both=True)
    stage.world.ask("nobody_waits")
    page.goto(f"/operators/{_OPERATOR}/")
    page.get_by_role("button", name="Tell me when").click()
    page.get_by_role("button", name="Stop waiting").wait_for()
    page.goto("/dashboard/")
    console = stage.page(_OPERATORS_EMAIL, site="portal", size="desktop")
    console.goto("/")
    console.get_by_role("button", name="Online").click()
    page.get_by_text("is free now.").wait_for()
    stage.take(page, "news", both=True, whole=False)


def callback(stage: Stage) -> None:
    """What it is, asked for, on the list, offered on another page and on the operator's."""
    _away(stage)
    page = stage.page(CUSTOMER)
    page.goto(f"/operators/{_OPERATOR}/")
    page.get_by_role("link", name="Ask for a callback").click()
    stage.take(page, "callback", both=True)
    page.get_by_role("button", name="Ask for a callback").click()
    page.get_by_role("button", name="Cancel the request").wait_for()
    stage.take(page, "operator-callback-asked")
    page.goto("/waiting/")
    stage.take(page, "waiting-callback")
    page.goto("/dashboard/")
    console = stage.page(_OPERATORS_EMAIL, site="portal", size="desktop")
    console.goto("/")
    console.get_by_role("button", name="Online").click()
    console.get_by_role("heading", name="You are online").wait_for()
    console.get_by_role("button", name="Call back").first.click()
    page.get_by_text("You asked for a callback.").wait_for()
    stage.take(page, "callback-offered", both=True, whole=False)
    page.goto(f"/operators/{_OPERATOR}/")
    stage.take(page, "operator-callback-offered")
    stage.world.ask("nobody_waits")


def _away(stage: Stage) -> None:
    stage.world.ask("nobody_waits")
    stage.world.ask("presence", _OPERATOR, "away")
