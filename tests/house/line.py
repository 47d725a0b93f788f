"""One customer calling one operator: their pages, their phones, their call."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from telephony.states import LIVE_STATUSES, Leg
from tests.house.books import Books, books_of
from tests.house.database import ask
from tests.house.people import Pair
from tests.house.visitor import Answer, Visitor
from tests.lab import cel
from tests.lab.phone import Phone

if TYPE_CHECKING:
    from tests.house.house import House

BRAND_HOST, PORTAL_HOST = "flirts.localhost", "portal.localhost"


class Line:
    """`page` is the customer's browser, `console` the operator's. `call_id` once called."""

    def __init__(self, house: "House", pair: Pair, page: Visitor, console: Visitor) -> None:
        self.house, self.pair, self.page, self.console = house, pair, page, console
        self.call_id = ""

    @property
    def numbers(self) -> dict[Leg, str]:
        return {Leg.CUSTOMER: self.pair.caller.number, Leg.OPERATOR: self.pair.answerer.number}

    def listen_to_phones(self) -> None:
        """Let both phones speak without pause, so that each can be heard at the other."""
        self.house.talkative |= {number.removeprefix("+") for number in self.numbers.values()}

    async def open_pages(self) -> None:
        """The customer's operator page and the operator's console, each with its socket."""
        await self.page.listen("/ws/me/")
        await self.console.listen("/ws/operator/")
        slug = self.pair.operator.slug
        assert (await self.page.get(f"/operators/{slug}/")).status == 200
        assert (await self.console.get("/")).status == 200

    async def leave(self) -> None:
        await self.page.leave()
        await self.console.leave()

    async def call(self) -> Answer:
        """Click Call."""
        answer = await self.page.post("/api/calls/initiate/", {"operator_id": self.pair.operator.pk})
        if answer.status == 200:
            self.call_id = str(answer.json["call_id"])
        return answer

    async def rung(self, leg: Leg, seconds: float = 30) -> Phone:
        """The phone of this side, once it rings."""
        return await self.house.carrier.wait_call(self.numbers[leg], timeout=seconds)

    def phone(self, leg: Leg) -> Phone:
        """The phone of this side, which has rung."""
        phone = self.house.carrier.phone(self.numbers[leg])
        assert phone is not None, f"the {leg}'s phone was never rung"
        return phone

    async def joined(self, seconds: float = 60) -> float:
        """When both were joined, epoch seconds, as soon as Asterisk has written it."""
        return await self.house.record.until_joined(self.call_id, seconds)

    async def call_and_join(self) -> float:
        """Click Call and wait until both talk."""
        answer = await self.call()
        assert answer.status == 200, answer.text
        return await self.joined()

    async def talk_until(self, seconds: float, joined_at: float) -> None:
        """Return that many seconds after joining."""
        await asyncio.sleep(max(0.0, joined_at + seconds - time.time()))

    async def told_over(self, seconds: float = 60) -> dict[str, Any]:
        """The snapshot that tells the customer's page that the call is over."""
        message = await self.page.hears(
            lambda message: (
                message.get("type") == "call"
                and bool(message.get("call"))
                and message["call"]["call_id"] == self.call_id
                and message["call"]["status"] not in LIVE_STATUSES
            ),
            seconds,
        )
        return dict(message["call"])

    async def books(self) -> Books:
        return await ask(books_of, self.call_id)

    async def until_over(self, seconds: float = 60) -> Books:
        """The books, once the call is over in them. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (books := await self.books()).is_over:
                await asyncio.sleep(0.25)
        return books

    async def phones_ended(self, seconds: float = 30) -> None:
        """Wait until every phone of this line that rang is on the hook."""
        async with asyncio.timeout(seconds):
            for leg in Leg:
                if phone := self.house.carrier.phone(self.numbers[leg]):
                    await phone.ended.wait()

    def talk(self) -> cel.Joined | None:
        """What Asterisk's record says."""
        return self.house.record.joined(self.call_id)
