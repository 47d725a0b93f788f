"""Pages of the customer sites that are shown by their address alone."""

from tools.screenshots.stage import VISITOR, Stage

CUSTOMER = "customer@aeims.test"
UNFUNDED = "empty@aeims.test"
_BOTH = {"home", "directory", "operator", "dashboard", "funds-empty", "conversations", "account"}
_VISITOR = {
    "home": "/",
    "directory-of-a-visitor": "/operators/",
    "found": "/operators/?specialty=Listening&online=on",
    "suggested": "/operators/?q=conversashun",
    "nobody-found": "/operators/?q=zzzz&language=Italian&price=3",
    "operator": "/operators/sarah/",
    "operator-with-a-photo": "/operators/theo/",
    "operator-away-of-a-visitor": "/operators/ines/",
    "operator-offline-of-a-visitor": "/operators/noor/",
    "price-sheet-of-a-visitor": "/operators/sarah/call/",
    "sign-up": "/accounts/signup/",
    "log-in": "/accounts/login/",
    "log-in-by-code": "/accounts/login/code/",
    "password-reset": "/accounts/password/reset/",
    "password-reset-sent": "/accounts/password/reset/done/",
    "password-link-expired": "/accounts/password/reset/key/1-set-password/",
    "password-is-set": "/accounts/password/reset/key/done/",
    "account-inactive": "/accounts/inactive/",
    "help": "/help/",
    "help-discretion": "/help/discretion/",
    "help-safety": "/help/safety/",
    "help-funds": "/help/funds/",
    "legal-prices": "/help/pricing/",
    "legal-privacy": "/help/privacy/",
    "legal-terms": "/help/terms/",
    "complaints": "/complaints/",
    "offline": "/offline/",
    "under-18": "/leave/",
}
_CUSTOMER = {
    "home-of-a-customer": "/",
    "directory": "/operators/",
    "operator-with-a-drawing": "/operators/elena/",
    "operator-offline": "/operators/noor/",
    "price-sheet": "/operators/mira/call/",
    "dashboard": "/dashboard/",
    "activity": "/activity/",
    "activity-nothing": "/activity/?kind=tips&since=2020-01-01&until=2020-01-02",
    "activity-print": "/activity/?print=1",
    "cases": "/cases/",
    "account": "/account/",
    "phones": "/account/phones/",
    "phone-ready": "/account/phones/ready/",
    "limits": "/account/limits/",
    "notifications": "/account/notifications/",
    "notices": "/notices/",
    "waiting-nobody": "/waiting/",
    "data": "/account/data/",
    "erase": "/account/erase/",
    "email": "/accounts/email/",
    "password-change": "/accounts/password/change/",
    "sessions": "/accounts/sessions/",
    "log-out": "/accounts/logout/",
    "access-granted": "/account/access/",
    "pay-back": "/funds/back/",
    "funds-request": "/funds/request/",
}
_PLACES = (
    "waiting", "screened", "live", "last-two-minutes", "last-minute", "ended", "ended-without-money", "not-joined",
)  # fmt: skip


def visitor(stage: Stage) -> None:
    """The gate, and all that is public."""
    page = stage.new_context().new_page()
    page.goto("/")
    stage.take(page, "gate", both=True)
    page = stage.page(VISITOR)
    for name, path in _VISITOR.items():
        page.goto(path)
        stage.take(page, name, both=name in _BOTH)
    page.goto("/accounts/signup/")
    page.get_by_role("button", name="Create account").click()
    stage.take(page, "sign-up-errors", both=True)
    page.goto("/accounts/login/")
    page.fill("#id_login", "nobody@example.test")
    page.fill("#id_password", "not that")
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    stage.take(page, "log-in-refused")
    page.goto("/complaints/")
    page.locator("main").get_by_role("button", name="Send").click()
    stage.take(page, "complaint-errors")
    page.goto(stage.world.ask("complaint"))
    stage.take(page, "complaint")
    page.goto(stage.world.ask("mail_off"))
    stage.take(page, "mail-off")


def gallery(stage: Stage) -> None:
    """A call in moments that cannot be waited for, and every component."""
    page = stage.page(VISITOR)
    for place in _PLACES:
        page.goto(f"/_gallery/?place={place}")
        stage.take(page, f"call-{place}", both=True, whole=place.startswith(("ended", "not")))
    page.goto("/_gallery/")
    stage.take(page, "gallery", both=True)


def errors(stage: Stage) -> None:
    """What is answered when it cannot be done."""
    page = stage.page(VISITOR)
    page.goto("/nowhere/")
    stage.take(page, "error-404")
    page.goto("/operators/nobody-of-that-name/")
    stage.take(page, "error-404-operator")
    page = stage.page("operator@aeims.test")
    page.goto("/dashboard/")
    stage.take(page, "error-403")
    page = stage.page(VISITOR)
    for _ in range(8):  # for one address five a minute
        page.goto("/accounts/password/reset/")
        page.fill("#id_email", "nobody@example.test")
        page.get_by_role("button", name="Send the link").click()
        page.wait_for_load_state()
    stage.take(page, "error-429")
    stage.world.ask("forget_throttles")


def customer(stage: Stage) -> None:
    """What a customer with a past sees."""
    page = stage.page(CUSTOMER)
    for name, path in _CUSTOMER.items():
        page.goto(path)
        stage.take(page, name, both=name in _BOTH)
    page.goto("/operators/")
    page.get_by_text("All filters and sort").click()
    stage.take(page, "directory-filters")
    page.goto("/operators/")
    page.locator(".operator-card .quick-call-btn").first.click()
    page.get_by_role("dialog").wait_for()
    stage.take(page, "price-sheet-over-the-directory", both=True, whole=False)
    page = stage.page(UNFUNDED)
    for name, path in {
        "operator-unfunded": "/operators/sarah/",
        "dashboard-new": "/dashboard/",
        "activity-empty": "/activity/",
        "messages-empty": "/messages/",
        "notices-empty": "/notices/",
        "cases-empty": "/cases/",
        "funds-empty": "/funds/",
    }.items():
        page.goto(path)
        stage.take(page, name, both=name in _BOTH)
