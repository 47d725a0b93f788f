"""Push whole: a real subscription, a message by the worker through a push service, the notification that the browser shows."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from brands.models import Brand
from customers.models import User
from notices.lock_screen import lock_screen_of
from notices.models import PushSubscription
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from tests.browser.conftest import CHROMIUM, FLAGS, PATIENCE_MS
from tests.browser.page_checks import assert_accessible, assert_fits
from tests.browser.people import log_in
from tests.browser.product import Product

EMAIL, PATH = "second@aeims.test", "/messages/sarah/"
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, icon, tag, data }) => ({ title, body, icon: new URL(icon).pathname, tag, path: data.path }))"""
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


def test_a_notification_from_turning_it_on_to_logging_out(phone: BrowserContext, product: Product) -> None:
    page = phone.new_page()
    log_in(page, EMAIL)
    page.goto("/account/notifications/")
    assert_accessible(page, "notifications")
    assert_fits(page, "notifications")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text(", this one")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on here")).to_be_hidden()

    page.goto("/dashboard/")
    kept = page.evaluate(KEPT)
    assert "/offline/" in kept
    assert {path for path in kept if not path.startswith("/static/")} == {"/offline/"}

    page.goto("about:blank")  # with the page in front of them, people need no notification
    expected = product.ask(a_message_waits)
    wait_for(lambda: product.push_service.pushed, page)
    page.goto("/account/notifications/")
    [shown] = wait_for(lambda: page.evaluate(SHOWN), page)
    assert shown == expected
    assert "Sarah" not in json.dumps({name: shown[name] for name in ("title", "body", "tag")})

    phone.set_offline(True)
    page.goto("/dashboard/")
    expect(page.get_by_role("heading", name="You're offline")).to_be_visible()
    phone.set_offline(False)

    page.goto("/account/")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert page.evaluate(KEPT) == []
    assert not product.ask(PushSubscription.objects.exists)


def a_message_waits() -> dict[str, str]:
    """What the lock screen is to show."""
    person, brand = User.objects.get(email=EMAIL), Brand.objects.get(slug="flirts")
    url = f"http://flirts.localhost{PATH}"
    enqueue(NoticeKind.MESSAGE_WAITING, recipient=person, brand=brand, operator="Sarah", url=url)
    screen = lock_screen_of(NoticeKind.MESSAGE_WAITING, brand, {}, path=urlsplit(url).path)
    return {name: getattr(screen, name) for name in ("title", "body", "icon", "tag", "path")}
