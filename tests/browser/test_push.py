"""Push whole: a real subscription, a message that was missed, the notification that the browser shows for it, and the answer."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from messaging.services.tell_waiting import TELL_WAITING
from notices.lock_screen import lock_screen_of
from notices.models import DeliverySettings, PushSubscription
from notices.states import NoticeKind
from tests.browser.conftest import CHROMIUM, FLAGS, PATIENCE_MS, NewPage
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.people import log_in
from tests.browser.product import Product
from tests.browser.test_a_conversation import Two, enter_portal, two, write

__all__ = ["two"]  # a fixture

SHOWN = """async () => (await self.registration.getNotifications())
  .map(({ title, body, icon, tag, data }) => ({ title, body, icon: new URL(icon).pathname, tag, path: data.path }))"""
# What a tap on the notification has the service worker open. An event of our own making may not open a window, so the
# address is noted instead, and it may not be waited for the usual way. A page that is open moves on in truth.
TAPPED = """async () => {
  const [notification] = await self.registration.getNotifications();
  const opened = [], work = [];
  self.clients.openWindow = async (address) => opened.push(address);
  const tap = new NotificationEvent("notificationclick", { notification });
  tap.waitUntil = (promise) => work.push(promise);
  self.dispatchEvent(tap);
  await Promise.all(work);
  return opened;
}"""
KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) kept.push(new URL(request.url).pathname);
  return kept;
}"""


@pytest.fixture
def phone(browser: Browser, product: Product, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with a profile that lasts: push needs one."""
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=CHROMIUM, args=[*FLAGS[:-1], *product.push_service.chromium_flags],
        ignore_default_args=["--disable-background-networking"], base_url=product.site("flirts"),
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["notifications"], origin=product.site("flirts"))
    yield context
    context.close()


def wait_for(condition: Callable[[], Any], page: Page) -> Any:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not (result := condition()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    return result


def test_a_message_that_was_missed_is_notified_and_answered(
    phone: BrowserContext, product: Product, new_page: NewPage, two: Two
) -> None:
    page = phone.new_page()
    log_in(page, two.customer.user.email)
    turn_notifications_on(page)
    path = f"/messages/{two.operator.slug}/"
    page.goto(path)
    page.get_by_role("checkbox").check()
    write(page, "Are you on tonight?")
    expect(page.locator(".bubble--mine .bubble-text")).to_have_text("Are you on tonight?")
    kept = page.evaluate(KEPT)
    assert "/offline/" in kept
    assert {path for path in kept if not path.startswith("/static/")} == {"/offline/"}
    page.goto("about:blank")  # with the page in front of them, people need no notification

    console = new_page("portal")
    enter_portal(console, two)
    console.goto("/messages/")
    console.get_by_role("link", name=two.customer.alias).click()
    write(console, "From nine on")
    expect(console.locator(".bubble--mine .bubble-text")).to_have_text("From nine on")
    product.ask(some_minutes_pass, two)
    wait_for(lambda: product.push_service.pushed, page)
    [worker] = phone.service_workers
    [shown] = wait_for(lambda: worker.evaluate(SHOWN), page)
    assert shown == expected(two, path)
    assert two.operator.stage_name not in json.dumps({name: shown[name] for name in ("title", "body", "tag")})

    answer(page, worker, product.site("flirts") + path)
    expect(console.locator(".bubble-text").last).to_have_text("See you then")
    assert two.balance() == 9_00, "two texts were paid, and hers was free"
    assert_a_tap_moves_the_open_page_on(page, worker, path)
    assert_nothing_stays_after_logging_out(phone, page, product)


def turn_notifications_on(page: Page) -> None:
    page.goto("/account/notifications/")
    assert_accessible(page, "notifications")
    assert_fits(page, "notifications")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text(", this one")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on here")).to_be_hidden()


def some_minutes_pass(two: Two) -> None:
    """The worker looks after the message now, and no page of the customer was open just before."""
    assert DeliverySettings.objects.filter(person=two.customer.user).update(page_seen_at=None) <= 1
    with connection.cursor() as cursor:
        due = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = %s AND status = 'todo'"
        cursor.execute(due, [TELL_WAITING])


def expected(two: Two, path: str) -> dict[str, str]:
    """What the lock screen is to show."""
    brand = two.customer.home_brand
    screen = lock_screen_of(NoticeKind.MESSAGE_WAITING, brand, {}, path=path)
    return {name: getattr(screen, name) for name in ("title", "body", "icon", "tag", "path")}


def answer(page: Page, worker: Worker, address: str) -> None:
    """Tap the notification, and write in the conversation that it opens."""
    assert worker.evaluate(TAPPED) == [address]
    assert worker.evaluate(SHOWN) == [], "it is gone"
    page.goto(address)
    expect(page.locator(".bubble-text")).to_have_text(["Are you on tonight?", "From nine on"])
    assert_accessible(page, "the conversation")
    assert_fits(page, "the conversation")
    write(page, "See you then")
    expect(page.locator('.conversation-price [data-slot="balance"]')).to_have_text("$9.00")
    expect(page.locator(".bubble-text").last).to_have_text("See you then")


def assert_a_tap_moves_the_open_page_on(page: Page, worker: Worker, path: str) -> None:
    """No second page of the site is opened where there is one."""
    page.goto("/account/")
    worker.evaluate(
        "(path) => self.registration.showNotification('Another', { icon: '/favicon.ico', data: { path } })",
        path,
    )
    wait_for(lambda: worker.evaluate(SHOWN), page)
    assert worker.evaluate(TAPPED) == []
    page.wait_for_url(f"**{path}")
    expect(page.locator(".bubble-text").last).to_have_text("See you then")
    assert worker.evaluate(SHOWN) == []


def assert_nothing_stays_after_logging_out(phone: BrowserContext, page: Page, product: Product) -> None:
    """Neither pages, also while offline, nor what the browser kept, nor the subscription."""
    phone.set_offline(True)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="You’re offline")).to_be_visible()
    phone.set_offline(False)

    page.goto("/account/")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert page.evaluate(KEPT) == []
    assert not product.ask(PushSubscription.objects.exclude(brand=None).exists)  # operators have no brand
