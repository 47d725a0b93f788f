"""Breaks a system on purpose, again and again, while people talk; and afterwards counts the money.

A round makes calls in every phase, kills something, brings it back, and lets the calls come to their end. What must
hold at the end is one sentence: joined calls by Asterisk's own record = calls settled in the ledger, each at the
price of the second model, and no hold is left (`Verdict`).
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from telephony.models import Call
from telephony.states import Leg
from tests.full_stack.call_accounts import CallAccounts, accounts_of, money_held
from tests.full_stack.caller import Caller
from tests.full_stack.database import Server, ask
from tests.full_stack.dependencies import Dependencies
from tests.full_stack.people import Manner
from tests.full_stack.system import System
from tests.lab.numbers import Kind
from tests.scenario import assert_books_are_whole

# Grants in small steps, so that the adapter asks for more every five seconds and a kill meets a grant under way.
WEB = {
    "AEIMS_GRACE_SECONDS": "0",  # so that every joined call leaves its trace in the ledger
    "AEIMS_FIRST_INCREMENT_SECONDS": "30",
    "AEIMS_NEXT_INCREMENT_SECONDS": "10",
    "AEIMS_GRANT_STEP_SECONDS": "20",
    "AEIMS_ASK_AHEAD_SECONDS": "10",
    "AEIMS_CUSTOMER_RING_SECONDS": "20",
    "AEIMS_OPERATOR_RING_SECONDS": "20",
}
ASKS_EVERY = 5.0
RECOVERY_SECONDS = 60.0
NOT_DISCONNECTED = (aiohttp.ClientError, TimeoutError, OSError, AssertionError)
RINGS, ASKED = Manner(Kind.NO_ANSWER), Manner(Kind.ANSWER)


@dataclass
class Verdict:
    """What was found when all was over. `wrong` names every difference."""

    kills: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    joined: int = 0
    settled: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds_to_recover: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{what} {count}" for what, count in sorted(self.kills.items()))
        told = (
            f"killed: {kills}\n{self.calls} calls, {self.joined} joined by Asterisk's record, {self.settled} settled "
            f"in the ledger; everything released {self.seconds_to_recover:.1f} s after the last call"
        )
        return "\n".join([told, *self.wrong])


class Chaos:
    """One system, the server of its database, and what has been done to them. `keep_journal` False: each adapter forgets."""

    def __init__(
        self,
        system: System,
        server: Server | None = None,
        beside: Dependencies | None = None,
        *,
        seed: int = 0,
        keep_journal: bool = True,
    ) -> None:
        self.system, self.server, self.beside, self.keep_journal = system, server, beside, keep_journal
        self.chance = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.callers: list[Caller] = []
        self.troubles: list[str] = []  # what did not come back, or did not say that it was away
        self.lost: dict[str, float] = {}  # call → when Asterisk was killed under it

    # -- what happens

    async def kill_adapter(self) -> None:
        """Calls that ring, are asked, talk, get a grant, and have just ended: the adapter dies in all of them at once."""
        ringing, asked, stays, leaves, granted, parting = await self.callers_of(
            [RINGS, ASKED, Manner(), Manner(), Manner(), Manner()]
        )
        talking = [stays, leaves, granted, parting]
        await asyncio.gather(*(caller.call() for caller in (ringing, asked)))
        joined = await asyncio.gather(*(caller.call_and_join() for caller in talking))
        await ringing.rung(Leg.OPERATOR)
        await (await asked.rung(Leg.OPERATOR)).answered.wait()
        at = joined[talking.index(granted)]
        rounds = int((time.time() - at) / ASKS_EVERY) + 1
        await granted.talk_until(rounds * ASKS_EVERY - 0.4, at)
        self.system.web.pause()  # the question is asked and not answered, the end told and not acknowledged
        parting.phone(self._leg()).hangup()
        await asyncio.sleep(self.chance.uniform(0.3, 0.9))
        await self.system.adapter.kill()
        self.system.web.go_on()
        for phase in ("ringing", "screening", "joined", "during a grant", "before acknowledgement"):
            self.kills[f"adapter {phase}"] += 1
        leaves.phone(self._leg()).hangup()
        await asyncio.sleep(self.chance.uniform(0, 2))
        await self.start_adapter()
        await asyncio.sleep(self.chance.uniform(0, 1))
        await self.hang_up(stays, granted)
        await self.until_over(ringing, asked, *talking)

    async def kill_web(self, times: int = 3) -> None:
        """The web process dies while calls talk, end, and are being clicked."""
        callers = await self.callers_of([Manner()] * (times + 2))
        await asyncio.gather(*(caller.call_and_join() for caller in callers[:-1]))
        clicked = asyncio.create_task(self.click(callers[-1]))
        for caller in callers[:times]:
            await asyncio.sleep(self.chance.uniform(0, 0.3))
            await self.system.web.kill()
            self.kills["web"] += 1
            caller.phone(self._leg()).hangup()
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            await self.system.web.start()
            await asyncio.sleep(self.chance.uniform(0, 0.5))
        await clicked
        await self.hang_up(*callers[times:])
        await self.until_over(*callers)

    async def kill_postgres(self) -> None:
        """The database server dies under load: some talk, one ends, two are being clicked, none of them may be lost."""
        assert self.server is not None
        stays, parting, *clicked = await self.callers_of([Manner()] * 4)
        await asyncio.gather(stays.call_and_join(), parting.call_and_join())
        clicks = [asyncio.create_task(self.click(caller)) for caller in clicked]
        await asyncio.sleep(self.chance.uniform(0, 0.2))
        self.server.kill()
        self.kills["postgres"] += 1
        parting.phone(self._leg()).hangup()
        await asyncio.sleep(self.chance.uniform(0.2, 1.5))
        await asyncio.to_thread(self.server.start)
        await asyncio.gather(*clicks)
        await self.hang_up(stays, *clicked)
        await self.until_over(stays, parting, *clicked)

    async def kill_asterisk(self) -> None:
        """The switch dies: no phone gets a BYE, no end is recorded."""
        ringing, *talking = await self.callers_of([RINGS, Manner(), Manner()])
        await ringing.call()
        joined = await asyncio.gather(*(caller.call_and_join() for caller in talking))
        await ringing.rung(Leg.OPERATOR)
        await talking[0].talk_until(self.chance.uniform(0.5, 6), max(joined))
        await asyncio.to_thread(self.system.node.kill)
        self.kills["asterisk"] += 1
        self.lost |= {caller.call_id: time.time() for caller in (ringing, *talking)}
        await asyncio.sleep(self.chance.uniform(0, 4))
        await asyncio.to_thread(self.system.node.up, fresh=False)
        await self.system.adapter.until_ready()
        for caller in (ringing, *talking):
            self.put_down(caller)
        await self.until_over(ringing, *talking)

    async def start_adapter(self) -> None:
        """The adapter comes back, with its journal or with neither that nor Asterisk's record, which would make up for it."""
        blind = {"ADAPTER_JOURNAL": self._empty_journal(), "ASTERISK_CEL_FILE": ""}
        forgetful = {} if self.keep_journal else blind
        await self.system.adapter.start(**forgetful)

    # -- what must be so

    async def verdict(self) -> Verdict:
        """Wait until everything is released, at most a minute, and compare every call."""
        began, found = time.monotonic(), Verdict(self.kills)
        pairs = [caller.pair for caller in self.callers]
        while (held := await ask(money_held, pairs)) and time.monotonic() - began < RECOVERY_SECONDS:
            await self._sweep()
            await asyncio.sleep(1)
        found.seconds_to_recover = time.monotonic() - began
        found.wrong += self.troubles
        found.wrong += [f"still held: {whose}: {how_much}" for whose, how_much in held.items()]
        try:
            await ask(assert_books_are_whole)
        except AssertionError:
            found.wrong.append("the books do not sum up")
        known = await ask(self._calls)
        joined = set(self.system.record.joined_calls())
        found.calls, found.joined = len(known), len(joined)
        for call_id in sorted(known | joined):
            accounts = await ask(accounts_of, call_id)
            found.settled += "connect_fee" in accounts.ledger
            found.wrong += [
                f"{call_id}: {what}" for what in self._differences(call_id, accounts, call_id in joined)
            ]
        return found

    def _differences(self, call_id: str, accounts: CallAccounts, was_joined: bool) -> list[str]:
        """What is wrong about one call, in words; nothing if it is right."""
        if not accounts.is_over:
            return [f"is still {accounts.status}"]
        bill = accounts.by_the_rules(accounts.joined_ms)
        told = (accounts.charged, accounts.posted, accounts.posted_operator)
        wrong = [] if told == (bill.cost, bill.cost, bill.operator) else [f"{told} is not the rule {bill}"]
        if was_joined != (accounts.joined_ms is not None):
            return [*wrong, f"joined by the record: {was_joined}; by the books: {accounts.joined_ms} ms"]
        talk = self.system.record.joined(call_id)
        if talk and talk.microseconds is not None and accounts.joined_ms is not None:
            if abs(talk.microseconds / 1000 - accounts.joined_ms) > 2:
                wrong.append(f"{talk.microseconds} µs by the record, {accounts.joined_ms} ms by the books")
        elif talk and accounts.joined_ms is not None:
            wrong += self._differences_of_a_lost_one(call_id, talk.joined_at.timestamp(), accounts.joined_ms)
        return wrong

    def _differences_of_a_lost_one(self, call_id: str, joined_at: float, joined_ms: int) -> list[str]:
        """A call without a recorded end: charged to the last second it was known to be joined, at most 6 s too few."""
        if call_id not in self.lost:
            return ["has no recorded end"]
        lived = self.lost[call_id] - joined_at
        if max(0.0, lived - 6) <= joined_ms / 1000 <= lived + 1:
            return []
        return [f"lived {lived:.1f} s by our watch, {joined_ms} ms by the books"]

    # -- what rounds are made of

    async def callers_of(self, operators: list[Manner]) -> list[Caller]:
        callers = [await self.system.caller(operator_phone=manner) for manner in operators]
        self.callers += callers
        return callers

    def _leg(self) -> Leg:
        return self.chance.choice(list(Leg))

    async def click(self, caller: Caller) -> None:
        """A click that may find nobody: what came of it the books will say."""
        await asyncio.sleep(self.chance.uniform(0, 0.2))
        with suppress(*NOT_DISCONNECTED):
            await caller.call()
        if not caller.call_id:
            caller.call_id = await self._call_of(caller)

    async def _call_of(self, caller: Caller) -> str:
        """The call that a click made although its answer was lost; empty if it made none."""

        def newest() -> str:
            found = Call.objects.filter(customer=caller.pair.customer).values_list("call_id", flat=True)
            return found.last() or ""

        while True:
            try:
                return await ask(newest)
            except Exception:  # the server is on its way back
                await asyncio.sleep(0.2)

    async def hang_up(self, *callers: Caller) -> None:
        """Somebody on each line puts the phone down, once it talks; a call that never gets there ends by itself."""
        for caller in callers:
            if caller.call_id:
                with suppress(TimeoutError):
                    await caller.joined(8)
                self.put_down(caller)

    def put_down(self, caller: Caller) -> None:
        legs = list(Leg)
        self.chance.shuffle(legs)
        for leg in legs:
            phone = self.system.carrier.phone(caller.numbers[leg])
            if phone is not None:
                phone.hangup()
                if caller.call_id not in self.lost:
                    break

    async def until_over(self, *callers: Caller) -> None:
        """Until Django knows that they are over, or a minute has passed: the verdict names those that are not. What an adapter
        has forgotten is not waited for as long.
        """
        seconds = RECOVERY_SECONDS if self.keep_journal else RECOVERY_SECONDS / 4
        waiting = [caller.until_over(seconds) for caller in callers if caller.call_id]
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, TimeoutError):
                raise outcome

    async def _sweep(self) -> None:
        """What the worker does every minute."""
        await self.system.manage("sweep_calls")

    def _calls(self) -> set[str]:
        """Every call of these people in the database."""
        customers = [caller.pair.customer for caller in self.callers]
        return set(Call.objects.filter(customer__in=customers).values_list("call_id", flat=True))

    def _empty_journal(self) -> str:
        return str(self.system.directory / f"journal-{self.system.adapter.starts}")


ROUNDS: dict[str, Callable[[Chaos], Awaitable[None]]] = {
    "adapter": Chaos.kill_adapter,
    "web": Chaos.kill_web,
    "postgres": Chaos.kill_postgres,
    "asterisk": Chaos.kill_asterisk,
}
