"""Every way a call can go, on the whole product: from the click to the books, on a real Asterisk with phones.

All stories run at once in one system; each test then looks at one of them. What the phones, pages, sockets and logs
were given is searched for the other party's number.
"""

import asyncio
import re
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from operators.models import Listing
from telephony.states import Leg
from tests.factories import BrandFactory
from tests.full_stack.call_accounts import CallAccounts, money_held
from tests.full_stack.caller import Caller
from tests.full_stack.database import ask
from tests.full_stack.leak_search import Output, leaks
from tests.full_stack.people import Manner
from tests.full_stack.system import System
from tests.lab import sip
from tests.lab.asterisk import Asterisk
from tests.lab.audio import RING_BACK, tone_of
from tests.lab.numbers import Kind
from tests.lab.phone import Phone
from tests.scenario import assert_books_are_whole
from web.templatetags.ui import phone as as_people_read_it

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

RING_SECONDS = 6
BALANCE = 4500
WEB = {"AEIMS_CUSTOMER_RING_SECONDS": str(RING_SECONDS), "AEIMS_OPERATOR_RING_SECONDS": str(RING_SECONDS)}
Act = Callable[[Caller], Awaitable[None]]


# -- what people do


async def wait(_: Caller) -> None:
    """Nobody does anything: the phones behave by their numbers."""


async def talk(caller: Caller) -> None:
    """Both hear each other."""
    await caller.joined()
    customer, operator = caller.phone(Leg.CUSTOMER), caller.phone(Leg.OPERATOR)
    await customer.hears(lambda heard: heard.tones == (tone_of(operator.number),), timeout=10)
    await operator.hears(lambda heard: heard.tones == (tone_of(customer.number),), timeout=10)


async def customer_hangs_up(caller: Caller) -> None:
    await talk(caller)
    caller.phone(Leg.CUSTOMER).hangup()


async def operator_hangs_up(caller: Caller) -> None:
    await talk(caller)
    caller.phone(Leg.OPERATOR).hangup()


async def customer_ends_it_on_the_page(caller: Caller) -> None:
    await talk(caller)
    await cancel_on_the_page(caller)


async def customer_ends_it_by_a_form(caller: Caller) -> None:
    await talk(caller)
    assert (await caller.page.submit(f"/calls/{caller.call_id}/hangup/")).status == 200


async def operator_ends_it_on_the_console(caller: Caller) -> None:
    await talk(caller)
    assert (await caller.console.submit(f"/calls/{caller.call_id}/hang-up/")).status == 200


async def operator_accepts_on_the_console(caller: Caller) -> None:
    await caller.console.hears(lambda message: f"/calls/{caller.call_id}/accept/" in message.get("html", ""))
    assert (await caller.console.submit(f"/calls/{caller.call_id}/accept/")).status == 200
    operator = caller.phone(Leg.OPERATOR)
    await operator.hears(lambda heard: heard.level > 300, timeout=10)
    operator.press("1")
    await customer_hangs_up(caller)


def presses(leg: Leg, *keys: str) -> Act:
    """The party presses these keys, each once it is asked."""

    async def act(caller: Caller) -> None:
        phone = await caller.rung(leg)
        for key in keys:
            await phone.hears(lambda heard: heard.level > 300, timeout=10)
            phone.press(key)
            await asyncio.sleep(1)
        if leg is Leg.OPERATOR:
            await hear_why(caller)

    return act


async def cancel_on_the_page(caller: Caller) -> None:
    answer = await caller.page.post("/api/calls/hangup/", {"call_id": caller.call_id})
    assert answer.status == 200, answer.text


async def cancel_before_answering(caller: Caller) -> None:
    await caller.rung(Leg.CUSTOMER)
    await cancel_on_the_page(caller)


async def cancel_on_the_page_while_the_operator_rings(caller: Caller) -> None:
    await caller.rung(Leg.OPERATOR)
    await cancel_on_the_page(caller)


async def cancel_on_the_phone_while_the_operator_rings(caller: Caller) -> None:
    await caller.rung(Leg.OPERATOR)
    caller.phone(Leg.CUSTOMER).hangup()


async def customer_hangs_up_while_asked(caller: Caller) -> None:
    customer = await caller.rung(Leg.CUSTOMER)
    await customer.hears(lambda heard: heard.level > 300, timeout=10)
    customer.hangup()


async def operator_hangs_up_while_asked(caller: Caller) -> None:
    operator = await caller.rung(Leg.OPERATOR)
    await operator.hears(lambda heard: heard.level > 300, timeout=10)
    operator.hangup()


async def hear_why(caller: Caller) -> None:
    """The customer is told that it did not work: speech after the ring-back, then the line is closed."""
    customer = await caller.rung(Leg.CUSTOMER)
    async with asyncio.timeout(90):
        await customer.ended.wait()
    assert customer.end_reason.startswith("remote_bye")
    last = customer.heard(1.5)
    assert last.level > 300, last
    assert not set(RING_BACK) & set(last.tones), last


# -- the stories


@dataclass(frozen=True)
class Story:
    """How the two phones behave, what is done, and how it ends: status, end_reason, ended_by."""

    ends: tuple[str, str, str]
    act: Act = wait
    customer: Manner = field(default_factory=Manner)
    operator: Manner = field(default_factory=Manner)

    @property
    def is_joined(self) -> bool:
        return self.ends[1] == "hangup"


def phone(kind: Kind) -> Manner:
    return Manner(kind)


STORIES = {
    "customer hangs up": Story(("ended", "hangup", "customer"), customer_hangs_up),
    "operator hangs up": Story(("ended", "hangup", "operator"), operator_hangs_up),
    "customer ends it on the page": Story(("ended", "hangup", "customer"), customer_ends_it_on_the_page),
    "customer ends it by a form": Story(("ended", "hangup", "customer"), customer_ends_it_by_a_form),
    "operator ends it on the console": Story(
        ("ended", "hangup", "operator"), operator_ends_it_on_the_console
    ),
    "operator accepts on the console": Story(
        ("ended", "hangup", "customer"), operator_accepts_on_the_console, operator=phone(Kind.ANSWER)
    ),
    "keys by INFO": Story(
        ("ended", "hangup", "customer"), customer_hangs_up, phone(Kind.ACCEPT_INFO), phone(Kind.ACCEPT_INFO)
    ),
    "operator busy": Story(("busy", "operator_busy", "operator"), hear_why, operator=phone(Kind.BUSY)),
    "operator declines": Story(
        ("busy", "operator_declined", "operator"), hear_why, operator=phone(Kind.DECLINE)
    ),
    "operator does not answer": Story(
        ("no_answer", "operator_no_answer", "operator"), hear_why, operator=phone(Kind.NO_ANSWER)
    ),
    "operator's voicemail": Story(
        ("no_answer", "operator_no_key", "operator"), hear_why, operator=phone(Kind.VOICEMAIL)
    ),
    "operator presses another key": Story(
        ("no_answer", "operator_wrong_key", "operator"),
        presses(Leg.OPERATOR, "5", "5"),
        operator=phone(Kind.ANSWER),
    ),
    "operator declines by a key": Story(
        ("busy", "operator_declined", "operator"),
        presses(Leg.OPERATOR, "1", "2"),
        operator=phone(Kind.ANSWER),
    ),
    "operator forbids further calls": Story(
        ("no_answer", "operator_do_not_call", "operator"), hear_why, operator=phone(Kind.WRONG_KEY)
    ),
    "operator unreachable": Story(
        ("failed", "operator_unreachable", "network"), hear_why, operator=phone(Kind.UNAVAILABLE)
    ),
    "operator hangs up while asked": Story(
        ("busy", "operator_declined", "operator"), operator_hangs_up_while_asked, operator=phone(Kind.ANSWER)
    ),
    "customer busy": Story(("busy", "customer_busy", "customer"), customer=phone(Kind.BUSY)),
    "customer declines": Story(("busy", "customer_declined", "customer"), customer=phone(Kind.DECLINE)),
    "customer does not answer": Story(
        ("no_answer", "customer_no_answer", "customer"), customer=phone(Kind.NO_ANSWER)
    ),
    "customer's voicemail": Story(
        ("no_answer", "customer_no_key", "customer"), customer=phone(Kind.VOICEMAIL)
    ),
    "customer presses another key": Story(
        ("no_answer", "customer_wrong_key", "customer"),
        presses(Leg.CUSTOMER, "5", "5"),
        customer=phone(Kind.ANSWER),
    ),
    "customer forbids further calls": Story(
        ("no_answer", "customer_do_not_call", "customer"), customer=phone(Kind.WRONG_KEY)
    ),
    "customer unreachable": Story(
        ("failed", "customer_unreachable", "network"), customer=phone(Kind.UNAVAILABLE)
    ),
    "customer hangs up while asked": Story(
        ("ended", "customer_cancelled", "customer"),
        customer_hangs_up_while_asked,
        customer=phone(Kind.ANSWER),
    ),
    "customer cancels before answering": Story(
        ("ended", "customer_cancelled", "customer"), cancel_before_answering, customer=phone(Kind.NO_ANSWER)
    ),
    "customer cancels on the page while the operator rings": Story(
        ("ended", "customer_cancelled", "customer"),
        cancel_on_the_page_while_the_operator_rings,
        operator=phone(Kind.NO_ANSWER),
    ),
    "customer cancels on the phone while the operator rings": Story(
        ("ended", "customer_cancelled", "customer"),
        cancel_on_the_phone_while_the_operator_rings,
        operator=phone(Kind.NO_ANSWER),
    ),
}


@dataclass
class Told:
    """What came of one story."""

    caller: Caller
    accounts: CallAccounts | None = None
    page: dict[str, Any] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    receipt: str = ""
    discretion: str = ""
    phones: list[Phone] = field(default_factory=list)
    failure: str = ""


@dataclass
class Evening:
    """All of them, and what was searched for numbers."""

    told: dict[str, Told]
    outputs: list[Output]
    leaky: list[Output]
    left_over: dict[str, int]
    logs: str


async def live_through(system: System, story: Story, told: Told) -> None:
    """One story from the click to the receipt; a failure is kept for its test."""
    caller = told.caller
    try:
        await caller.open_pages()
        answer = await caller.call()
        assert answer.status == 200, answer.text
        await story.act(caller)
        told.page = await caller.told_over(90)
        await caller.phones_ended()
        told.accounts = await caller.until_over()
        told.status = (await caller.page.get(f"/api/calls/status/?call_id={caller.call_id}")).json
        told.receipt = (await caller.page.get(f"/calls/{caller.call_id}/")).text
        told.discretion = (await caller.page.get("/help/discretion/")).text
        for path in ("/dashboard/", "/calls/", "/api/calls/", "/api/balance/check/"):
            await caller.page.get(path)
        await caller.console.get("/")
    except Exception:
        told.failure = traceback.format_exc()
    finally:
        await caller.leave()
    told.phones = [phone for leg in Leg if (phone := system.carrier.phone(caller.numbers[leg]))]


async def spend(system: System) -> Evening:
    """The whole evening."""
    leaky = await line_on_leaky_brand(
        system
    )  # long before its call: web processes keep the table of brands for seconds
    told: dict[str, Told] = {}
    running: list[asyncio.Task[None]] = []
    # The longest first: nobody presses a key there, and the question is asked twice.
    for name in sorted(STORIES, key=lambda name: "voicemail" not in name):
        story = STORIES[name]
        caller = await system.caller(heard=True, customer_phone=story.customer, operator_phone=story.operator)
        told[name] = Told(caller)
        running.append(asyncio.create_task(live_through(system, story, told[name])))
    await asyncio.gather(*running)
    left_over = await ask(money_held)
    await ask(assert_books_are_whole)
    outputs = [one for each in told.values() for one in Output.of_caller(each.caller)]
    outputs += await Output.of_system(system, [each.caller for each in told.values()])
    logs = system.logs()
    await call_to_the_end(leaky)
    return Evening(told, outputs, Output.of_caller(leaky), left_over, logs)


async def line_on_leaky_brand(system: System) -> Caller:
    """On a brand whose number is the operator's own: a mistake of set-up that nothing in the product can know of."""
    caller = await system.caller()
    await ask(list_on_leaky_brand, caller)
    caller.page.host = "leaky.localhost"
    return caller


async def call_to_the_end(caller: Caller) -> None:
    await caller.open_pages()
    await caller.call_and_join()
    await cancel_on_the_page(caller)
    await caller.told_over()
    await caller.phones_ended()
    await caller.leave()


def list_on_leaky_brand(caller: Caller) -> None:
    brand = BrandFactory(slug="leaky", host="leaky.localhost", caller_id=caller.numbers[Leg.OPERATOR])
    Listing.objects.create(operator=caller.pair.operator, brand=brand)


@pytest.fixture(scope="module")
def evening(
    system_database: str, asterisk_session: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Evening:
    async def run() -> Evening:
        async with System(
            tmp_path_factory.mktemp("system"), asterisk_session, system_database, web=WEB
        ) as system:
            return await spend(system)

    if not asterisk_session.pid():
        asterisk_session.up(fresh=False)
    return asyncio.run(run())


@pytest.mark.parametrize("name", STORIES)
def test_it_ends_as_it_should(evening: Evening, name: str) -> None:
    story, told = STORIES[name], evening.told[name]
    assert not told.failure, told.failure
    accounts = told.accounts
    assert accounts is not None
    assert (accounts.status, accounts.end_reason, accounts.ended_by) == story.ends
    assert (told.status["status"], told.status["end_reason"], told.status["ended_by"]) == story.ends
    assert (told.page["status"], told.page["end_reason"], told.page["ended_by"]) == story.ends
    assert (accounts.held, accounts.reserved_seconds, accounts.operator_in_call) == (0, 0, False)
    assert not accounts.needs_review
    assert all(phone.ended.is_set() for phone in told.phones)
    if story.is_joined:
        assert_paid(told, accounts)
    else:
        assert_costs_nothing(told, accounts)


def assert_paid(told: Told, accounts: CallAccounts) -> None:
    talk = told.caller.talk()
    assert talk is not None
    assert talk.microseconds is not None
    assert accounts.joined_ms == pytest.approx(talk.microseconds / 1000, abs=2)
    expected = accounts.by_the_rules(accounts.joined_ms)
    assert expected.cost == 99 + 399
    assert (accounts.charged, accounts.posted, BALANCE - accounts.balance) == (expected.cost,) * 3
    assert (accounts.operator, accounts.operator_balance) == (expected.operator,) * 2
    assert told.page["charged_minor"] == expected.cost
    assert told.status["charged"] == expected.cost / 100
    assert "$4.98" in told.receipt


def assert_costs_nothing(told: Told, accounts: CallAccounts) -> None:
    assert told.caller.talk() is None
    assert (accounts.joined_ms, accounts.charged, accounts.ledger, accounts.balance) == (None, 0, {}, BALANCE)
    assert accounts.operator_balance == 0
    assert told.page["charged_minor"] == told.status["charged"] == 0
    assert "You weren’t charged." in told.page["message"]
    assert "You weren’t charged." in told.receipt


def test_phones_show_the_number_of_the_discretion_page_and_no_other(evening: Evening) -> None:
    compared = [told for told in evening.told.values() if told.phones]
    assert len(compared) > len(STORIES) // 2
    for told in compared:
        shown = re.findall(r'<p class="specimen figures">([^<]+)</p>', told.discretion)
        customers_phone = told.phones[0]
        assert customers_phone.number.lstrip("+") == told.caller.numbers[Leg.CUSTOMER].lstrip("+")
        assert shown == [as_people_read_it(customers_phone.caller)]
        invites = [
            one.text
            for one in customers_phone.messages
            if one.from_asterisk and one.first_line.startswith("INVITE ")
        ]
        senders = {sip.uri_user(sip.header(invite, "From"), "") for invite in invites}
        assert senders == {customers_phone.caller}


def test_nothing_is_left_held(evening: Evening) -> None:
    assert evening.left_over == {}


def test_no_process_stumbled(evening: Evening) -> None:
    assert "Traceback" not in evening.logs
    assert " ERROR " not in evening.logs


def test_nobody_learns_the_others_number(evening: Evening) -> None:
    kinds = {one.kind for one in evening.outputs}
    assert kinds >= {"SIP to the customer", "SIP to the operator", "customer's pages", "operator's pages"}
    assert kinds >= {"customer's socket", "operator's socket", "admin", "logs", "record", "journal"}
    assert all(one.text for one in evening.outputs if one.kind in {"logs", "record", "journal", "admin"})
    assert leaks(evening.outputs) == []


@pytest.mark.parametrize("spelling", ["{0}", "({0[2]}{0[3]}{0[4]}) {1}"], ids=["plain", "grouped"])
def test_a_planted_number_is_found_wherever_it_is(evening: Evening, spelling: str) -> None:
    by_kind = {one.kind: one for one in evening.outputs}
    for one in by_kind.values():
        number = one.forbidden[0]
        planted = one.with_planted(spelling.format(number, number[5:]))
        assert leaks([planted]) == [f"{one.kind} of {one.whose}"]


def test_a_brand_that_shows_the_operators_number_is_found(evening: Evening) -> None:
    """The leak is real here: it went through Django, the adapter and Asterisk to the customer's phone."""
    found = {name.partition(" of ")[0] for name in leaks(evening.leaky)}
    assert found == {"SIP to the customer", "customer's pages", "customer's socket"}
