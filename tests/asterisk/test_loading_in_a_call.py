"""Funds that are added while two people talk, on the whole product: web, worker, adapter, a real Asterisk, and phones."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import transaction

from billing.gateways import gateway_named
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.order import Order
from billing.models import Offer, Payment
from billing.services.check_payment import check_payment
from billing.services.start_payment import start_payment
from billing.states import OfferKind
from customers.domain_events import phone_verified
from customers.models import Customer
from telephony.states import Leg
from tests.billing.sandbox import HOST, given_merchant_account
from tests.full_stack.call_accounts import CallAccounts
from tests.full_stack.caller import Caller
from tests.full_stack.chaos_dependencies import worker_process
from tests.full_stack.database import ask
from tests.full_stack.http_client import HttpClient
from tests.full_stack.system import System
from tests.full_stack.transcript import Moment, listen
from tests.lab.asterisk import Asterisk
from tests.lab.audio import WARNING, tone_of
from tests.scenario import assert_books_are_whole, given_debit

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

# Half a minute is charged first, so that a call that is short of money ends soon.
WEB = {
    "AEIMS_FIRST_INCREMENT_SECONDS": "30",
    "AEIMS_NEXT_INCREMENT_SECONDS": "10",
    "AEIMS_WARN_AT_SECONDS": "18,5",
}
HALF_A_MINUTE = 299  # cents: the fee and the first 30 seconds
PAID_SECONDS, WARNED_AT = 30, (12, 25)
VOICE_LEVEL = 5654  # of a phone of the lab that speaks without pause
KEY_AT = 17  # the warning is over, and the offer is spoken, also where web took its time to answer
LOADED_MINOR, KEYED_MINOR, FIRST_LOAD_MINOR = 2500, 2000, 500
TALKED_UNTIL = 44.3
WELCOMED_UNTIL = 12.3


@dataclass
class Came:
    """What came of one call."""

    caller: Caller
    loaded_at: float = 0.0  # seconds after joining at which the adapter had the money
    accounts: CallAccounts | None = None
    heard: dict[Leg, list[Moment]] = field(default_factory=dict)

    @property
    def tones(self) -> dict[Leg, int]:
        """What each phone hears of the other."""
        numbers = self.caller.numbers
        return {Leg.CUSTOMER: tone_of(numbers[Leg.OPERATOR]), Leg.OPERATOR: tone_of(numbers[Leg.CUSTOMER])}


async def pay_on_the_page(caller: Caller) -> None:
    """From the page for adding funds to the card company's, and back."""
    page = caller.page
    address = urlsplit(
        await page.led_on("/funds/", choice=str(LOADED_MINOR), operator=caller.pair.operator.slug)
    )
    assert address.hostname == HOST, address
    sandbox = HttpClient(caller.system.http, caller.system.base_of(caller.system.web), HOST, "")
    order = dict(parse_qsl(address.query, keep_blank_values=True))
    form = {"behavior": "success", "kind": "credit", "key": "0" * 32}
    back = await sandbox.led_on(address.path, **order, **form)
    assert (await page.get(urlsplit(back).path)).status == 200


async def press_the_key(caller: Caller) -> None:
    """5, as was offered; the operator's phone, too, has a key pressed, which means nothing."""
    caller.phone(Leg.OPERATOR).press("5")
    caller.phone(Leg.CUSTOMER).press("5")


async def talk_on_declined(caller: Caller) -> Came:
    """The key, and a card that is declined when it is charged again: said, and the call ends at its second."""
    came = Came(caller)
    joined_at = await caller.call_and_join()
    ears = {leg: asyncio.create_task(listen(caller.phone(leg), joined_at)) for leg in Leg}
    await caller.talk_until(KEY_AT, joined_at)
    await press_the_key(caller)
    await caller.phones_ended(PAID_SECONDS + 10)
    came.heard = {leg: await ear for leg, ear in ears.items()}
    came.accounts = await caller.until_over()
    return came


def pay_by_card(customer: Customer, behavior: SandboxCard) -> None:
    """The money that a customer begins with comes from a card."""
    account = given_merchant_account()
    payment = start_payment(customer=customer, brand=account.brand, amount_minor=FIRST_LOAD_MINOR)
    address = gateway_named("sandbox").start(payment, return_url="")
    order = Order.read(dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)))
    processor.pay(order, behavior=behavior, kind=CardKind.CREDIT, key=str(payment.pk))
    assert check_payment(payment_id=payment.pk).captured_minor == FIRST_LOAD_MINOR
    given_debit(customer, FIRST_LOAD_MINOR - HALF_A_MINUTE)


def welcome(customer: Customer) -> None:
    """A minute, fee included, as it comes with the verified phone."""
    terms = {"name": "Welcome", "minutes": 1, "covers_fee": True, "daily_budget_minor": 100_000}
    Offer.objects.create(kind=OfferKind.WELCOME, **terms)
    with transaction.atomic():
        phone_verified.tell(customer=customer, brand=None)


async def talk_for_nothing(caller: Caller) -> Came:
    """A call of a customer without money, hung up within what the package has."""
    came = Came(caller)
    joined_at = await caller.call_and_join()
    ears = {leg: asyncio.create_task(listen(caller.phone(leg), joined_at)) for leg in Leg}
    await caller.talk_until(WELCOMED_UNTIL, joined_at)
    caller.phone(Leg.CUSTOMER).hangup()
    came.heard = {leg: await ear for leg, ear in ears.items()}
    came.accounts = await caller.until_over()
    return came


async def live_through(caller: Caller, load_at: float, load: Callable[[Caller], Awaitable[None]]) -> Came:
    """A call with money for 30 seconds; it is loaded, talked on, and hung up by the customer."""
    came = Came(caller)
    joined_at = await caller.call_and_join()
    ears = {leg: asyncio.create_task(listen(caller.phone(leg), joined_at)) for leg in Leg}
    await caller.talk_until(load_at, joined_at)
    await load(caller)
    came.loaded_at = await until_granted(caller) - joined_at
    await caller.talk_until(TALKED_UNTIL, joined_at)
    caller.phone(Leg.CUSTOMER).hangup()
    came.heard = {leg: await ear for leg, ear in ears.items()}
    came.accounts = await caller.until_over()
    return came


async def until_granted(caller: Caller, seconds: float = 15) -> float:
    """When the adapter knew of more time than was paid for before, epoch seconds."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await caller.system.ask_adapter(f"/call/{caller.call_id}")
            if answer is not None and answer[1]["granted_seconds"] > PAID_SECONDS:
                return time.time()
            await asyncio.sleep(0.1)


async def spend(system: System, directory: Path) -> dict[str, Came]:
    """All the calls, at once."""
    await ask(given_merchant_account)
    worker = worker_process(directory, system.web.environment)
    await worker.start()
    try:
        page = await system.caller(heard=True, balance=HALF_A_MINUTE)
        key, declined, welcomed = [await system.caller(heard=True, balance=0) for _ in range(3)]
        await ask(welcome, welcomed.pair.customer)
        await ask(pay_by_card, key.pair.customer, SandboxCard.SUCCESS)
        await ask(pay_by_card, declined.pair.customer, SandboxCard.DECLINED_AGAIN)
        calls = {
            "page": live_through(page, 14, pay_on_the_page),
            "key": live_through(key, KEY_AT, press_the_key),
            "declined": talk_on_declined(declined),
            "welcome": talk_for_nothing(welcomed),
        }
        came = dict(zip(calls, await asyncio.gather(*calls.values()), strict=True))
        await ask(assert_books_are_whole)
        return came
    finally:
        await worker.kill()


@pytest.fixture(scope="module")
def calls(
    system_database: str, asterisk_session: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Came]:
    async def run() -> dict[str, Came]:
        directory = tmp_path_factory.mktemp("system")
        async with System(directory, asterisk_session, system_database, web=WEB) as system:
            return await spend(system, directory)

    if not asterisk_session.pid():
        asterisk_session.up(fresh=False)
    return asyncio.run(run())


def audible(moments: list[Moment]) -> list[Moment]:
    """Those in which half of the packets or more arrived: phones of the lab stutter by themselves on a busy machine."""
    return [moment for moment in moments if moment.heard.packets >= 10]


@pytest.mark.parametrize("name", ["page", "key"])
def test_the_talk_goes_on_without_a_gap(calls: dict[str, Came], name: str) -> None:
    """At the load, and at the second at which the call would have ended."""
    came = calls[name]
    spans = (
        (1, TALKED_UNTIL - 0.5),
        (came.loaded_at - 1, came.loaded_at + 4),
        (PAID_SECONDS - 1, PAID_SECONDS + 4),
    )
    for leg, tone in came.tones.items():
        moments = audible(came.heard[leg])
        assert len(moments) > 0.8 * (TALKED_UNTIL - 1) / 0.4, leg
        for begin, end in spans:
            talk = [tone in moment.heard.tones for moment in moments if begin <= moment.at < end]
            assert sum(talk) > 0.8 * len(talk) > 0, (leg, begin, end, talk)


@pytest.mark.parametrize("name", ["page", "key"])
def test_the_warning_before_the_load_is_the_last(calls: dict[str, Came], name: str) -> None:
    """And the operator never hears one."""
    came = calls[name]
    warned = [m.at for m in audible(came.heard[Leg.CUSTOMER]) if WARNING in m.heard.tones]
    if name == "key":  # the voice that thanks for it has that tone, too
        warned = [at for at in warned if not KEY_AT <= at < KEY_AT + 6]
    assert warned, "the first warning is heard"
    assert all(WARNED_AT[0] <= at < WARNED_AT[0] + 2 for at in warned), warned
    assert came.loaded_at < WARNED_AT[1]
    assert not [m.at for m in audible(came.heard[Leg.OPERATOR]) if WARNING in m.heard.tones]


@pytest.mark.parametrize("name", ["page", "key"])
def test_it_is_charged_to_the_second_and_loaded_once(calls: dict[str, Came], name: str) -> None:
    came = calls[name]
    accounts, talk = came.accounts, came.caller.talk()
    assert accounts is not None
    assert talk is not None
    assert talk.microseconds is not None
    assert accounts.joined_ms == pytest.approx(talk.microseconds / 1000, abs=2)
    assert accounts.joined_ms > (TALKED_UNTIL - 0.3) * 1000
    bill = accounts.by_the_rules(accounts.joined_ms)
    assert accounts.charged_seconds == accounts.joined_ms // 1000
    assert (accounts.charged, accounts.posted) == (bill.cost, bill.cost)
    loaded_minor = LOADED_MINOR if name == "page" else KEYED_MINOR
    assert accounts.balance == HALF_A_MINUTE + loaded_minor - bill.cost
    assert (accounts.held, accounts.end_reason, accounts.ended_by) == (0, "hangup", "customer")
    payments = Payment.objects.filter(customer=came.caller.pair.customer).order_by("id")
    assert [payment.captured_minor for payment in payments][-1:] == [loaded_minor]
    assert len(payments) == (1 if name == "page" else 2)


@pytest.mark.parametrize("name", ["key", "declined"])
def test_the_operator_hears_neither_the_offer_nor_the_key(calls: dict[str, Came], name: str) -> None:
    """Nor the customer the operator's key meanwhile; the talk goes on in both ears while the offer is spoken."""
    came = calls[name]
    assert {leg: came.caller.phone(leg).keys for leg in Leg} == {Leg.CUSTOMER: "", Leg.OPERATOR: ""}
    spoken = [m.heard for m in audible(came.heard[Leg.OPERATOR]) if WARNED_AT[0] <= m.at < KEY_AT + 4]
    assert len(spoken) > 10
    assert {heard.tones for heard in spoken} == {(came.tones[Leg.OPERATOR],)}, (
        "nothing but the customer's voice"
    )
    levels = [heard.level for heard in spoken if heard.packets >= 18]
    assert max(levels) < 1.05 * VOICE_LEVEL, "and no speech over it"
    told = [m.heard for m in audible(came.heard[Leg.CUSTOMER]) if WARNED_AT[0] + 2 <= m.at < KEY_AT + 4]
    assert all(came.tones[Leg.CUSTOMER] in heard.tones for heard in told)


def test_a_declined_card_charges_nothing_and_the_call_ends_at_its_second(calls: dict[str, Came]) -> None:
    came = calls["declined"]
    accounts = came.accounts
    assert accounts is not None
    assert (accounts.end_reason, accounts.charged, accounts.balance) == ("credit_exhausted", HALF_A_MINUTE, 0)
    assert accounts.charged_seconds == PAID_SECONDS
    first, again = Payment.objects.filter(customer=came.caller.pair.customer).order_by("id")
    assert (again.state, again.amount_minor, again.captured_minor) == ("declined", KEYED_MINOR, 0)
    warned = [m.at for m in audible(came.heard[Leg.CUSTOMER]) if WARNING in m.heard.tones]
    assert any(WARNED_AT[1] <= at < WARNED_AT[1] + 2 for at in warned), "the last warning is given"
    assert first.captured_minor == FIRST_LOAD_MINOR


def test_a_welcome_package_pays_a_call_of_a_customer_without_money(calls: dict[str, Came]) -> None:
    came = calls["welcome"]
    accounts = came.accounts
    assert accounts is not None
    assert (accounts.end_reason, accounts.ended_by, accounts.held) == ("hangup", "customer", 0)
    assert (accounts.charged, accounts.posted, accounts.balance) == (0, 0, 0)
    assert accounts.charged_seconds == pytest.approx(WELCOMED_UNTIL, abs=1)
    assert (accounts.free_used_seconds, accounts.reserved_seconds) == (PAID_SECONDS, 0), "half a minute begun"
    bill = accounts.by_the_rules(accounts.joined_ms)
    assert (bill.cost, accounts.operator) == (0, bill.operator)
    assert accounts.operator_balance == accounts.posted_operator == bill.operator > 0, "the platform pays it"
    for leg, tone in came.tones.items():
        talk = [tone in moment.heard.tones for moment in audible(came.heard[leg]) if 1 <= moment.at < 11]
        assert sum(talk) > 0.8 * len(talk) > 0, leg
