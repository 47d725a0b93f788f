"""Becoming an operator: the front page, the application in each state, the contract, the tax form, the first day, and staff's side."""

from playwright.sync_api import Page

from tools.screenshots.desk import STAFF
from tools.screenshots.stage import VISITOR, Stage


def front(stage: Stage) -> None:
    """What visitors see, up to the login."""
    page = stage.page(VISITOR)
    page.goto("/")
    stage.take(page, "front", both=True)
    page.goto("/accounts/signup/")
    stage.take(page, "sign-up", both=True)


def applying(stage: Stage) -> None:
    """From an empty application to one that is answered, with what goes wrong."""
    page = stage.page(stage.world.ask("applicant", "new"))
    page.goto("/apply/")
    stage.take(page, "apply-new", both=True)
    page.get_by_label("Legal name").fill("Jordan")
    page.get_by_label("Date of birth").fill("03/07/2015")
    page.get_by_role("button", name="Save").first.click()
    stage.take(page, "apply-refused")
    page = stage.page(stage.world.ask("applicant", "draft"))
    page.goto("/apply/")
    stage.take(page, "apply-draft", both=True)
    page.get_by_role("button", name="Send application").click()
    stage.take(page, "apply-too-early")
    page.get_by_role("button", name="Add ID").click()
    stage.take(page, "apply-without-a-photo")
    page.goto("/contract/")
    stage.take(page, "contract", both=True)
    page.get_by_role("button", name="Sign").click()
    stage.take(page, "contract-not-signed")
    _tax_forms(stage, page)
    for state in ("submitted", "incomplete", "declined", "again"):
        page = stage.page(stage.world.ask("applicant", state))
        page.goto("/apply/")
        stage.take(page, f"apply-{state}", both=True)
    page.goto("/contract/")
    stage.take(page, "contract-signed")
    page.goto("/tax-form/")
    stage.take(page, "tax-form-on-file", both=True)


def _tax_forms(stage: Stage, page: Page) -> None:
    page.goto("/tax-form/")
    stage.take(page, "tax-form-none", both=True)
    for kind in ("w9", "w8ben"):
        page.goto(f"/tax-form/{kind}/")
        stage.take(page, f"tax-form-{kind}", both=True)
        page.get_by_role("button", name="Sign").click()
        stage.take(page, f"tax-form-{kind}-refused")


def first_day(stage: Stage) -> None:
    """The console of somebody who was just approved, and the test call of a phone."""
    email = stage.world.ask("applicant", "approved")
    page = stage.page(email)
    page.goto("/")
    stage.take(page, "first-day", both=True)
    stage.world.ask("tested_phone", email, "+19991020799")
    page.goto("/settings/phones/")
    page.get_by_role("button", name="Test call").first.click()
    stage.take(page, "test-call", both=True)
    page.goto("/")
    stage.take(page, "first-day-later")


def desk(stage: Stage) -> None:
    """The queue, one application in each state, and an ID that is opened."""
    numbers = {}
    for state in ("submitted", "incomplete", "declined", "approved"):
        numbers[state] = stage.world.ask("application_of", stage.world.ask("applicant", state))
    page = stage.page(STAFF)
    page.goto("/backoffice/applications/")
    stage.take(page, "applications")
    for state, number in numbers.items():
        page.goto(f"/backoffice/applications/{number}/")
        stage.take(page, f"application-{state}")
    for label, name in (("Open photo", "application-id"), ("Open form", "application-tax-form")):
        page.goto(f"/backoffice/applications/{numbers['submitted']}/")
        form = page.locator("form").filter(has=page.get_by_role("button", name=label)).first
        form.get_by_label("Reason").fill("Compare the name")
        form.get_by_role("button", name=label).click()
        page.wait_for_load_state("networkidle")
        stage.take(page, name)
