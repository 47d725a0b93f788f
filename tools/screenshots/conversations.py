"""Messages: the list, a conversation from its price to its block."""

from tools.screenshots.pages import CUSTOMER
from tools.screenshots.stage import Stage

_BLOCKED_BY = "caleb"


def messages(stage: Stage) -> None:
    """A new conversation, one with a past, a number that is hidden, and one that is blocked."""
    page = stage.page(CUSTOMER)
    page.goto("/messages/mira/")
    stage.take(page, "conversation-new", both=True, whole=False)
    page.fill("#message_text", "Hello Mira, call me at 212 555 0199?")
    stage.take(page, "conversation-typed", whole=False)
    agreement = page.locator("main").get_by_label("Each message to Mira")
    if agreement.is_visible():  # asked once
        agreement.check()
        stage.take(page, "conversation-price", whole=False)
    page.locator("main").get_by_role("button", name="Send").first.click()
    page.locator(".bubble").first.wait_for()
    stage.take(page, "conversation-sent", both=True, whole=False)
    page.reload()
    page.locator("[popovertarget=safety]").first.click()
    page.locator("#safety").wait_for()
    stage.take(page, "conversation-safety", whole=False)
    page.goto("/messages/")
    stage.take(page, "conversations", both=True)
    stage.world.ask("blocked", CUSTOMER, _BLOCKED_BY, True)
    page.goto(f"/operators/{_BLOCKED_BY}/")
    stage.take(page, "operator-blocked")
    page.goto(f"/messages/{_BLOCKED_BY}/")
    stage.take(page, "conversation-blocked", whole=False)
    stage.world.ask("blocked", CUSTOMER, _BLOCKED_BY, False)
    writer = stage.page("regular1@aeims.test")
    slug = stage.world.ask("conversation_of", "regular1@aeims.test")
    if slug:
        writer.goto(f"/messages/{slug}/")
        stage.take(writer, "conversation", both=True, whole=False)
        writer.goto("/messages/")
        stage.take(writer, "conversations-some")
