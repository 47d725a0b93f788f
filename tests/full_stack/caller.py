"""One customer calling one operator: their pages, their phones, their call."""

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from storefront.call_panel import CallPanelState
from telephony.states import Leg
from tests.full_stack.call_accounts import CallAccounts, accounts_of
from tests.full_stack.database import ask
from tests.full_stack.http_client import Answer, HttpClient
from tests.full_stack.people import Pair
from tests.lab import cel
from tests.lab.phone import Phone

if TYPE_CHECKING:
    from tests.full_stack.system import System

BRAND_HOST, PORTAL_HOST = "flirts.localhost", "portal.localhost"
OVER = (CallPanelState.ENDED, CallPanelState.FAILED)
CONSOLE = ("console-talk", "console-facts", "console-caller", "console-today", "console-presence")


class Caller:
    """`page` is the customer's browser, `console` the operator's. `call_id` once called."""

    def __init__(self, system: "System", pair: Pair, page: HttpClient, console: HttpClient) -> None:
        self.system, self.pair, self.page, self.console = system, pair, page, console
        self.call_id = ""

    @property
    def numbers(self) -> dict[Leg, str]:
        return {
            Leg.CUSTOMER: self.pair.customer_person.number,
            Leg.OPERATOR: self.pair.operator_person.number,
        }

    @property
    def _panel(self) -> str:
        return f"call-panel.{self.pair.operator.pk}"

    def listen_to_phones(self) -> None:
        """Let both phones speak without pause, so that each can be heard at the other."""
        self.system.talkative |= {number.removeprefix("+") for number in self.numbers.values()}

    async def open_pages(self) -> None:
        """The customer's operator page and the operator's console, each with its socket."""
        await self.page.listen(f"/ws/me/?region={self._panel}&region=call-bar")
        await self.console.listen("/ws/operator/?" + "&".join(f"region={region}" for region in CONSOLE))
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
        return await self.system.carrier.wait_call(self.numbers[leg], timeout=seconds)

    def phone(self, leg: Leg) -> Phone:
        """The phone of this side, which has rung."""
        phone = self.system.carrier.phone(self.numbers[leg])
        assert phone is not None, f"the {leg}'s phone was never rung"
        return phone

    async def joined(self, seconds: float = 60) -> float:
        """When both were joined, epoch seconds, as soon as Asterisk has written it."""
        return await self.system.record.until_joined(self.call_id, seconds)

    async def call_and_join(self) -> float:
        """Click Call and wait until both talk."""
        answer = await self.call()
        assert answer.status == 200, answer.text
        return await self.joined()

    async def talk_until(self, seconds: float, joined_at: float) -> None:
        """Return that many seconds after joining."""
        await asyncio.sleep(max(0.0, joined_at + seconds - time.time()))

    async def told_over(self, seconds: float = 60) -> dict[str, Any]:
        """The snapshot of the call, as soon as the customer's page was shown that it is over."""
        await self.page.hears(self._shows_the_end, seconds)
        return dict((await self.page.get(f"/api/calls/active/?call_id={self.call_id}")).json["call"])

    def _shows_the_end(self, message: dict[str, Any]) -> bool:
        state = re.search(r'data-state="([a-z]+)"', message.get("html", ""))
        is_about_it = message.get("region") == self._panel and message["object"] == f"call.{self.call_id}"
        return is_about_it and state is not None and state[1] in OVER

    async def accounts(self) -> CallAccounts:
        return await ask(accounts_of, self.call_id)

    async def until_over(self, seconds: float = 60) -> CallAccounts:
        """The books, once the call is over in them. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (accounts := await self.accounts()).is_over:
                await asyncio.sleep(0.25)
        return accounts

    async def phones_ended(self, seconds: float = 30) -> None:
        """Wait until every phone of this line that rang is on the hook."""
        async with asyncio.timeout(seconds):
            for leg in Leg:
                if phone := self.system.carrier.phone(self.numbers[leg]):
                    await phone.ended.wait()

    def talk(self) -> cel.Joined | None:
        """What Asterisk's record says."""
        return self.system.record.joined(self.call_id)
