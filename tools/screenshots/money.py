"""Adding funds by card and otherwise, and what is on record about it."""

import re

from playwright.sync_api import Page

from tools.screenshots.pages import CUSTOMER
from tools.screenshots.stage import Stage


def funds(stage: Stage) -> None:
    """The page, an operator who waits, and the sandbox's cards: paid, declined, canceled, slow."""
    stage.world.ask("presence", "elena", "online")
    # Cards are limited for each person and day.
    page = stage.page(CUSTOMER if stage.site == "flirts" else "second@aeims.test")
    page.goto("/funds/")
    stage.take(page, "funds", both=True)
    page.goto("/funds/?operator=elena")
    stage.take(page, "funds-for-an-operator")
    reserve = page.get_by_role("button", name="Reserve for 2 minutes")
    if reserve.is_visible():  # not again and again
        reserve.click()
        page.get_by_text("is waiting for you").wait_for()
        stage.take(page, "funds-reserved")
        page.get_by_role("button", name="Cancel reservation").click()
    page.goto("/funds/")
    page.locator(".load-amount").last.click()
    page.fill("#id_other", "2")
    _continue(page)
    stage.take(page, "funds-refused")
    page.goto("/funds/")
    page.get_by_text("I have a code").click()
    page.locator("#offer-code").fill("NOSUCH")
    page.get_by_role("button", name="Use code").click()
    stage.take(page, "offer-code-refused")
    _to_the_card(page)
    stage.take(page, "sandbox", both=True)
    page.get_by_label("Success", exact=True).check()
    page.get_by_role("button", name="Pay $").click()
    page.get_by_role("heading", name=re.compile("added")).wait_for()
    stage.take(page, "payment-paid", both=True)
    _to_the_card(page)
    page.get_by_label("Slow: ").check()
    page.get_by_role("button", name="Pay $").click()
    page.get_by_role("heading", name="Waiting for your card company").wait_for()
    stage.take(page, "payment-slow")
    for name, state in (
        ("payment-declined", "declined"), ("payment-canceled", "canceled"), ("payment-unknown", "unknown"),
        ("payment-disputed", "disputed"), ("payment-refunded", "refunded"),
    ):  # fmt: skip
        stage.world.ask("last_payment", state)
        page.reload()
        stage.take(page, name)


def receipts(stage: Stage) -> None:
    """Activity's rows one by one, a problem with one, the case it becomes, and a review."""
    page = stage.page(CUSTOMER)
    page.goto("/activity/")
    links = page.locator(".activity a.row-title")
    seen: dict[str, str] = {}
    for link in links.all():
        title = re.sub(r"[^a-z]+", "-", link.inner_text().lower()).strip("-")
        seen.setdefault(title.split("-with")[0], link.get_attribute("href") or "")
    for title, path in seen.items():
        page.goto(path)
        stage.take(page, f"receipt-{title}")
    page.goto("/activity/?kind=funds")
    page.locator(".activity a.row-title").first.click()
    page.get_by_role("link", name="I don’t recognize this charge").click()
    stage.take(page, "case-new-payment")
    page.locator("main [type=radio], main select").first.wait_for()
    radio = page.locator("main [type=radio]")
    if radio.count():
        radio.first.check()
    else:
        page.locator("main select").select_option(index=1)
    page.locator("main textarea").fill("It was charged twice.")
    page.get_by_role("button", name="Send").click()
    stage.take(page, "case")
    page.goto("/cases/")
    stage.take(page, "cases-some")
    rating = stage.world.ask("rating_of", CUSTOMER)
    if rating:
        page.goto(f"/ratings/{rating}/")
        stage.take(page, "rating-edit")


def _to_the_card(page: Page) -> None:
    page.goto("/funds/")
    _continue(page)
    page.wait_for_url(re.compile(r"^http://pay\.localhost:"))


def _continue(page: Page) -> None:
    other = page.get_by_role("button", name="Pay with another card")
    (other if other.count() else page.get_by_role("button", name="Continue to card payment")).click()
