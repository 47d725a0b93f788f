"""Who works in `test_an_evening.py`, on what, and how they notice that it rings."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, Worker, expect

from customers.models import Customer
from demo.people import PASSWORD
from notices.models import Notice
from notices.states import NoticeKind, NoticeState
from operators.models import Operator
from phones.services.store_number import store_number
from telephony.models import Call
from telephony.services.initiate import initiate
from tests.browser.conftest import NewPage
from tests.browser.laptop import Laptop, a_laptop, is_hidden
from tests.browser.page_checks import assert_accessible
from tests.browser.product import Product
from tests.browser.test_operator_at_work import enter
from tests.browser.test_push import SHOWN, wait_for
from tests.factories import BrandFactory, CustomerPhoneFactory
from tests.scenario import given_customer, given_operator

SOON = timedelta(seconds=3)
PRESSES_1, VOICEMAIL, RINGS_ON = "+19991025551", "+19995015552", "+19998005553"  # what her telephone does
NAP_SECONDS, THREE_MINUTES = 3, 180
# When this page showed that a call rings, in milliseconds, by the call's object; also while it is hidden.
NOTE_RINGS = """() => {
  window.rings = {};
  const look = () => {
    const { stage, object } = document.querySelector("[data-stage]")?.dataset ?? {};
    if (stage === "offered") window.rings[object] ??= Date.now();
  };
  document.addEventListener("live:applied", look);
  look();
}"""
_numbers = itertools.count(8000)  # the seconds after which a caller's telephone hangs up
NOTE_PRESS = (
    "() => document.addEventListener('submit', () => (window.pressed = Date.now()), { capture: true })"
)
RANG_AT = "(object) => window.rings[object]"
# When what is shown as ringing was shown, in milliseconds.
RING_SHOWN = """async () => (await self.registration.getNotifications())
  .filter(({ title }) => title === "Incoming call").map(({ timestamp }) => timestamp)"""


@dataclass
class Evening:
    """Who works, on what."""

    product: Product
    operator: Operator
    laptop: Laptop
    tab: Page
    second_tab: Page
    phone: Page
    nap_seconds: int = NAP_SECONDS
    is_timed: bool = False  # as nothing else is at work, how soon is looked at too

    def her_phone(self, number: str) -> None:
        """Her telephone behaves like this one from now on."""

        def change() -> None:
            Operator.objects.filter(pk=self.operator.pk).update(phone_number=store_number(number))

        self.product.ask(change)

    def calls(self, customer: Customer) -> Call:
        """The customer calls; it rings."""

        def begin() -> Call:
            with override_settings(ASTERISK_ADAPTER_URL=self.product.adapter_url):
                return initiate(customer=customer, operator_id=self.operator.pk)

        call = self.product.ask(begin)
        wait_for(lambda: self.now(call).operator_ringing_at, self.phone)
        return call

    def now(self, call: Call) -> Call:
        return self.product.ask(lambda: Call.objects.select_related("authorization").get(pk=call.pk))

    def is_over(self, call: Call) -> None:
        wait_for(lambda: not self.now(call).is_live, self.phone)

    def assert_rang(self, call: Call, *pages: Page, is_shown: bool = False) -> None:
        """Her telephone rang, and soon after that each of these pages and a push; `is_shown`: and a notification."""
        rang_at = self.now(call).operator_ringing_at
        assert rang_at is not None
        pushed = Notice.objects.filter(kind=NoticeKind.OPERATOR_RING, key__contains=call.call_id)
        wait_for(lambda: self.product.ask(lambda: pushed.filter(state=NoticeState.SENT).exists()), self.phone)
        at = {"push": self.product.ask(pushed.get).finished_at.timestamp()}
        if is_shown:
            [at_ms] = wait_for(lambda: self.worker.evaluate(RING_SHOWN), self.phone)
            at["notification"] = at_ms / 1000
        for number, page in enumerate(pages):
            at_ms = wait_for(lambda page=page: page.evaluate(RANG_AT, f"call.{call.call_id}"), self.phone)
            at[f"page {number}"] = at_ms / 1000
        seconds = {channel: moment - rang_at.timestamp() for channel, moment in at.items()}
        assert not self.is_timed or max(seconds.values()) <= SOON.total_seconds(), seconds

    @property
    def worker(self) -> Worker:
        """The portal's, on the laptop."""
        [worker] = self.laptop.context.service_workers
        return worker

    def titles(self) -> list[str]:
        """Of the notifications that the laptop shows."""
        return [shown["title"] for shown in self.worker.evaluate(SHOWN)]


@pytest.fixture
def laptop(browser: Browser, product: Product, tmp_path: Path) -> Iterator[Laptop]:
    with a_laptop(browser.browser_type, tmp_path, *product.push_service.chromium_flags) as laptop:
        laptop.context.grant_permissions(["notifications"], origin=product.site("portal"))
        yield laptop


@pytest.fixture
def evening(product: Product, laptop: Laptop, new_page: NewPage) -> Evening:
    """She is online, with notifications on. The second tab is in front of the first one."""

    def make() -> Operator:
        return given_operator(
            user__password=PASSWORD,
            stage_name="Evening",
            brands=[BrandFactory(slug="flirts")],
            phone=PRESSES_1,
        )

    operator = product.ask(make)
    tab = laptop.context.new_page()
    enter(tab, operator.user.email, product.site("portal"))
    tab.get_by_role("button", name="Notify this device").click()
    expect(tab.get_by_text("This device will tell you")).to_be_visible()
    assert_accessible(tab, "the console")
    second_tab, phone = laptop.context.new_page(), new_page("portal", "phone", reduced_motion="reduce")
    second_tab.goto(product.site("portal"))
    enter(phone, operator.user.email)
    for page in (tab, second_tab, phone):
        page.evaluate(NOTE_RINGS)
    return Evening(product, operator, laptop, tab, second_tab, phone)


def caller(evening: Evening, alias: str, *, talks: str = "", free_minutes: int = 0) -> Customer:
    """One who presses 1 on their telephone, and hangs up after so many seconds (four digits), or very late."""

    def make() -> Customer:
        made = given_customer(alias=alias, phone=False, free_minutes=free_minutes)
        CustomerPhoneFactory(customer=made, number=f"+1999101{talks or next(_numbers)}")
        return made

    return evening.product.ask(make)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def talk(evening: Evening, customer: Customer, page: Page, hidden: Page) -> Call:
    """They talk; `page` shows it, and `hidden` that it rang."""
    wait_for(lambda: is_hidden(hidden), page)
    call = evening.calls(customer)
    expect(page.get_by_role("heading", name="You’re talking")).to_be_visible()
    evening.assert_rang(call, page, hidden)
    return call
