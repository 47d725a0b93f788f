"""One running product and one Chromium for all tests of this folder; each test has contexts of its own.

They end with the folder and not with the run: while Playwright lives, no asynchronous test can have a loop of its own.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from core.database_roles import owner_at_work
from demo.load import load_demo
from operators.models import Operator
from tests.browser.page_checks import Watch
from tests.browser.people import log_in
from tests.browser.product import Product
from tests.full_stack.database import current, database, migrate
from tests.support import postgres_server

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--use-fake-device-for-media-stream",  # a microphone that beeps, for whoever may use it
]  # fmt: skip
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def product(
    postgres: None,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Product]:
    """The product with the demo in it."""
    name = f"aeims_browser_{os.getpid()}"
    template = postgres_server.template(pytestconfig) or "template1"
    with django_db_blocker.unblock(), database(name, template) as url, current(url):
        migrate(url)
        with owner_at_work(connection):
            load_demo()
        Operator.objects.update(wrap_up_seconds=0)  # one test follows the other
        with Product(tmp_path_factory.mktemp("product"), url).running() as product:
            yield product


@pytest.fixture(scope="package")
def browser(product: Product) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def logged_in(browser: Browser, product: Product) -> StorageState:
    """The cookies of the demo's customer on flirts.nyc."""
    context = browser.new_context(base_url=product.site("flirts"))
    page = context.new_page()
    log_in(page, "customer@aeims.test")
    state = context.storage_state()
    context.close()
    return state


NewPage = Callable[..., Page]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def new_page(browser: Browser, product: Product, watch: Watch) -> Iterator[NewPage]:
    """`new_page("flirts", "phone")`: a visitor's page at a site in a browser of its own. Complaints fail the test.

    Calls and reservations that it leaves behind are ended: nobody is busy in the next one.
    """
    contexts: list[BrowserContext] = []

    def make(brand: str = "flirts", size: str = "desktop", *, path: str = "/", **options: object) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, base_url=product.site(brand), **options
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        watch.over(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            watch.complaints += page.evaluate("window.__violations ?? []")
        context.close()
    product.end_calls()
    product.release_operators()
    assert watch.complaints == []
