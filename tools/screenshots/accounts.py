"""Signing up and in, the phone, the second factor, access, limits."""

import base64
import hashlib
import hmac
import itertools
import os
import struct
import time

from playwright.sync_api import Page

from demo.people import PASSWORD
from tools.screenshots.pages import UNFUNDED
from tools.screenshots.stage import VISITOR, Stage

_SECURED = "regular4@aeims.test"
_PAUSED, _CLOSED = "regular3@aeims.test", "regular2@aeims.test"
_serial = itertools.count(1)


def sign_up(stage: Stage) -> None:
    """From the form to a phone that rings, with what the demo fills in."""
    page = stage.page(VISITOR)
    page.goto("/accounts/signup/?next=/operators/sarah/")
    page.get_by_label("Email address").fill(f"new{os.getpid()}-{next(_serial)}@example.test")
    page.get_by_label("Date of birth").fill("03071990")
    page.get_by_label("I am 18 or older.").check()
    page.get_by_label("I agree to the").check()
    page.get_by_role("button", name="Create account").click()
    stage.take(page, "email-code", both=True)
    page.get_by_label("Code").fill("AAA-AAA")
    page.get_by_role("button", name="Continue").click()
    stage.take(page, "email-code-wrong")
    page.locator("[data-demo-note]").get_by_role("button", name="Enter").click()
    page.locator("call-module[data-state=unready]").wait_for()
    stage.take(page, "operator-unready")
    for name, path in {
        "home-new": "/", "dashboard-newcomer": "/dashboard/", "account-new": "/account/", "password-set": "/accounts/password/set/",
    }.items():  # fmt: skip
        page.goto(path)
        stage.take(page, name)
    page.goto("/account/phones/")
    stage.take(page, "phones-none", both=True)
    page.get_by_label("Phone number").fill("555")
    page.get_by_role("button", name="Call me now").click()
    stage.take(page, "phones-refused")
    page.locator("[data-demo-note]").get_by_role("button", name="Use ").click()
    page.get_by_role("heading", name="We’re calling you").wait_for()
    stage.take(page, "phone-code", both=True)
    page.locator("#id_code").fill("12")
    page.get_by_role("button", name="Verify").click()
    stage.take(page, "phone-code-wrong")
    page.locator("[data-demo-note]").get_by_role("button", name="Enter").click()
    page.get_by_role("link", name="Save our number").wait_for()
    stage.take(page, "phone-verified", both=True)
    page.goto("/operators/sarah/")
    stage.take(page, "operator-welcomed")


def access(stage: Stage) -> None:
    """What a customer does who has not yet shown to be an adult."""
    page = stage.page(stage.world.ask("unagreed"))
    page.goto("/account/agreements/")
    stage.take(page, "agreements", both=True)
    page = stage.page(UNFUNDED)
    page.goto("/account/access/")
    stage.take(page, "access")
    page.locator("#access-code").fill("NOSUCH")
    page.get_by_role("button", name="Use code").click()
    stage.take(page, "access-code-refused")
    page.goto("/operators/mira/")
    stage.take(page, "operator-without-access")


def logins(stage: Stage) -> None:
    """By code, with an app, and what is asked before something important."""
    page = stage.page(VISITOR)
    page.goto("/accounts/login/code/")
    page.fill("#id_email", UNFUNDED)
    page.get_by_role("button", name="Send the code").click()
    page.locator("#id_code").wait_for()
    stage.take(page, "log-in-code")
    stage.world.ask("no_second_factor", _SECURED)
    page = stage.page(_SECURED)
    page.goto("/accounts/2fa/")
    stage.take(page, "second-factor")
    page.goto("/accounts/2fa/totp/activate/")
    if page.locator("#id_password").is_visible():
        stage.take(page, "log-in-again-with-the-password")
        page.fill("#id_password", PASSWORD)
        page.get_by_role("button", name="Continue").click()
    stage.take(page, "second-factor-set-up")
    secret = page.locator(".setup-key").inner_text().strip()
    page.locator("#id_code").fill(_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    stage.take(page, "recovery-codes")
    for name, path in {
        "second-factor-on": "/accounts/2fa/",
        "recovery-codes-anew": "/accounts/2fa/recovery-codes/generate/",
        "second-factor-off": "/accounts/2fa/totp/deactivate/",
        "log-in-again": "/accounts/reauthenticate/",
        "log-in-again-with-the-app": "/accounts/2fa/reauthenticate/",
    }.items():
        page.goto(path)
        stage.take(page, name)
    page = stage.page(VISITOR)
    page.goto("/accounts/login/")
    page.fill("#id_login", _SECURED)
    page.fill("#id_password", PASSWORD)
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    page.locator("#id_code").wait_for()
    stage.take(page, "log-in-with-the-app")
    stage.world.ask("no_second_factor", _SECURED)


def limits(stage: Stage) -> None:
    """Limits that wait for their day, a break."""
    page = stage.page(_CLOSED)
    page.goto("/account/limits/")
    _set_day(page, "20")
    page.get_by_text("Your limits are in effect.").wait_for()
    _set_day(page, "80")
    stage.take(page, "limits-to-come")
    page.goto("/account/limits/")
    page.get_by_role("button", name="Close account").click()
    stage.take(page, "close-refused")
    page = stage.page(_PAUSED)
    page.goto("/account/limits/")
    page.get_by_role("button", name="Take a break").click()
    stage.take(page, "break-confirm")
    page.get_by_role("button", name="Start the break").click()
    stage.take(page, "limits-on-a-break")
    for name, path in {"operator-on-a-break": "/operators/mira/", "funds-on-a-break": "/funds/"}.items():
        page.goto(path)
        stage.take(page, name)


def _set_day(page: Page, amount: str) -> None:
    page.get_by_role("group", name="Spending limits, in dollars").get_by_label("Per day").fill(amount)
    page.get_by_role("button", name="Save limits").click()
    page.wait_for_load_state("networkidle")


def _code(secret: str) -> str:
    """Of now, as an authenticator app makes it (RFC 6238)."""
    digest = hmac.new(
        base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1
    ).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
