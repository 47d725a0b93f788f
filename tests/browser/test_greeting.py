"""A greeting in a browser: recorded in the portal, listened to and approved at the desk, played by a visitor."""

import re

from playwright.sync_api import Locator, Page, StorageState, expect

from customers.models import User
from operators.models import Operator
from operators.services.greetings import approve_greeting, prepare_greeting, upload_greeting
from tests.browser.conftest import NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.product import Product
from tests.browser.test_operator_at_work import STILL, enter
from tests.operators.recordings import wav


def a_greeting_of(slug: str) -> None:
    """Recorded and approved."""
    operator = Operator.objects.get(slug=slug)
    greeting = upload_greeting(operator_id=operator.pk, data=wav(6))
    prepare_greeting(greeting_id=greeting.pk)
    approve_greeting(greeting_id=greeting.pk, actor=User.objects.get(email="staff@aeims.test"))


def play_button(page: Page, name: str, action: str = "Play") -> Locator:
    return page.get_by_role("button", name=f"{action} {name}’s greeting").first


def test_a_greeting_is_recorded_reviewed_and_played(
    new_page: NewPage, product: Product, logged_in: StorageState
) -> None:
    portal = new_page("portal", "phone", permissions=["microphone"], **STILL)
    enter(portal, "theo@aeims.test")
    portal.goto("/settings/greeting/")
    expect(portal.get_by_text("You don’t have a greeting yet.")).to_be_visible()
    portal.get_by_role("button", name="Record", exact=True).click()
    expect(portal.get_by_role("timer")).to_have_text("0:18")
    portal.get_by_role("button", name="Stop").click()
    listen = portal.get_by_role("button", name="Listen")
    expect(listen).to_be_focused()
    listen.click()
    expect(portal.get_by_role("button", name="Stop")).to_be_visible()
    assert_fits(portal, "the recorder")
    assert_accessible(portal, "the recorder")
    portal.get_by_role("button", name="Submit for review").first.click()
    expect(
        portal.get_by_text("waiting for review").first
    ).to_be_visible()  # the worker is done, nobody reloads

    desk = new_page("admin", **STILL)
    enter(desk, "staff@aeims.test")
    desk.goto("/backoffice/greetings/")
    assert desk.locator("audio").first.evaluate("(audio) => audio.play().then(() => !audio.error)")
    desk.get_by_role("button", name="Approve").click()
    expect(desk.locator("#content")).to_contain_text("No greetings to review.")

    product.ask(a_greeting_of, "mira")
    page = new_page("flirts", "phone", path="/operators/", storage_state=logged_in, **STILL)
    play_button(page, "Theo").click()
    expect(play_button(page, "Theo", "Stop")).to_be_visible()
    play_button(page, "Mira").click()
    expect(play_button(page, "Mira", "Stop")).to_be_visible()
    expect(play_button(page, "Theo")).to_be_visible()  # one at a time
    expect(play_button(page, "Mira")).to_be_visible()  # it ended
    assert page.locator("greeting-player audio").evaluate_all(
        "(all) => all.every((one) => one.paused && !one.error)"
    )
    page.goto("/operators/mira/")
    expect(play_button(page, "Mira")).to_contain_text("0:06")
    assert_fits(page, "a greeting")
    assert_accessible(page, "a greeting")


def test_without_javascript_a_link_plays_the_greeting_and_a_file_can_be_sent(
    new_page: NewPage, product: Product, logged_in: StorageState
) -> None:
    product.ask(a_greeting_of, "caleb")
    page = new_page("flirts", path="/operators/caleb/", storage_state=logged_in, java_script_enabled=False)
    link = page.get_by_role("link", name="Play Caleb’s greeting, 0:06")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", re.compile(r"^/greetings/[0-9a-f]{32}\.m4a$"))
    portal = new_page("portal", java_script_enabled=False)
    enter(portal, "noor@aeims.test")
    portal.goto("/settings/greeting/")
    expect(portal.get_by_role("button", name="Record", exact=True)).to_be_hidden()
    file = {"name": "greeting.wav", "mimeType": "audio/wav", "buffer": wav(2)}
    portal.get_by_label("Audio file").set_input_files([file])
    portal.get_by_role("button", name="Submit for review").click()
    expect(portal.get_by_text("will listen to it first")).to_be_visible()


# On a busy machine the call may be over before the page has fetched what was asked.
ASKED_OR_DONE = """() => document.getElementById('greeting-phone').textContent.includes('Press 1 to keep it')
    || document.body.textContent.includes('New, waiting for review')"""


def test_a_greeting_is_recorded_by_phone_and_the_page_follows_the_call(new_page: NewPage) -> None:
    portal = new_page("portal", "phone", **STILL)
    enter(portal, "noor@aeims.test")
    portal.goto("/settings/greeting/")
    portal.get_by_role("button", name="Record by phone").click()
    block = portal.get_by_role("region", name="Record by phone")
    expect(block).to_contain_text(re.compile("We’re calling your phone|Speak after the tone"))
    assert_fits(portal, "a call that records")
    assert_accessible(portal, "a call that records")
    # The simulated phone talks for four seconds, hears itself, and presses 1; nobody reloads.
    portal.wait_for_function(ASKED_OR_DONE, polling="raf", timeout=30_000)
    expect(portal.get_by_text("New, waiting for review").first).to_be_visible(timeout=30_000)
    expect(block.get_by_role("button", name="Record by phone")).to_be_visible()
    expect(portal.locator("#said")).to_contain_text("waiting for review")
