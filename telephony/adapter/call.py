"""One call: its inbox, what is known of it, and its life from the first ring to the last report.

The life is one task. Whatever concerns the call (events of the switch, requests over HTTP, news of the connection)
arrives in one inbox and is handled in order; `joining` and `talking` read it. Anything unexpected ends the call.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any

from telephony.adapter import ids
from telephony.adapter.call_services import CallServices
from telephony.adapter.call_store import SEQUENCE_GAP, CallRecord, end_record, grant_record
from telephony.adapter.end_reasons import Ending
from telephony.adapter.grants import LIMIT_MARGIN_SECONDS, Grants
from telephony.adapter.joined_time import JoinedTime
from telephony.adapter.messages import HangupRequested, Message, SayToCustomer, TimersChanged
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent
from telephony.call_plan import Originate, sounds_in
from telephony.events import Ended, Fact, JoinedSpan
from telephony.states import EndedBy, EndReason, Leg
from telephony.wire import CallEvent, is_time

log = logging.getLogger(__name__)

DIRECTION = "outbound"
TIMER_LATE_SECONDS = 1.0  # a timer that fires later than this fired after a pause of the process
RELEASE_TRIES = 3
LIMIT_LATE_SECONDS = 5  # until Asterisk's own limit has struck and is in its record


class Phase(StrEnum):
    """How far a call is, by the words of `GET /call/{id}`."""

    DIALLING = "dialling"
    RINGING = "ringing"
    JOINED = "joined"
    OVER = "over"


class CallEnded(Exception):
    """The call ends now, in this way; `duration` once both parties were joined."""

    def __init__(self, ending: Ending, duration: JoinedTime | None = None) -> None:
        super().__init__(ending.why)
        self.ending = ending
        self.duration = duration


class Call:
    """A live call; `plan` is None for one adopted after a restart (its numbers are nowhere kept)."""

    def __init__(self, services: CallServices, record: CallRecord, plan: Originate | None) -> None:
        self.services = services
        self.record = record
        self.plan = plan
        self.phase = Phase.DIALLING
        self.grants = Grants(
            record.granted, record.final, ask_ahead=record.ask_ahead, warn_at=tuple(record.warn_at)
        )
        self.names: dict[Leg, str] = {}  # Asterisk's channel names of the legs that answered
        self.answered_mono: float | None = None  # when the first leg answered, as far as we saw it
        self.dialled: set[Leg] = set()
        self.rung: set[Leg] = set()  # whose phone rings or rang, or sounded: its party has heard of the call
        self.has_customer_confirmed = False  # pressed 1, or is not asked to
        self.is_accepted_on_page = False
        self.phone = ""  # the operator's phone that was rung last, by the plan's name for it
        self.hung_up_by: Leg | None = None  # who hung up first, before both were joined
        self.joined_mono: float | None = None
        self.joined_date: float | None = None  # by Django's date
        self.holding: set[Leg] = set()  # whose phone has the other side on hold, joined or not
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._expected: dict[tuple[Kind, str], asyncio.Future[SwitchEvent]] = {}
        self._helpers: set[asyncio.Task[None]] = set()
        self._serial = 0
        self.on_grant: Callable[[], None] = lambda: None

    # --- what is known

    @property
    def call_id(self) -> str:
        return self.record.call_id

    @property
    def elapsed(self) -> float:
        """Seconds both parties have been joined, by the monotonic clock; 0 before."""
        return 0.0 if self.joined_mono is None else max(0.0, self.now() - self.joined_mono)

    @property
    def may_be_joined(self) -> bool:
        """Whether both parties were put into the bridge, or may have been: the answer to that request can be lost."""
        return self.grants.applied > 0

    @property
    def limit_at(self) -> float:
        """Seconds after joining at which Asterisk's own limit has ended the call, whatever became of us."""
        return (self.grants.applied or self.grants.total) + LIMIT_MARGIN_SECONDS + LIMIT_LATE_SECONDS

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def channel(self, leg: Leg) -> str:
        return ids.channel_id(self.call_id, leg)

    def next_serial(self) -> int:
        self._serial += 1
        return self._serial

    def mark_adopted(self, joined_mono: float) -> None:
        """Note that the call was joined in an earlier life of the adapter: both legs are there, questions have been asked
        whose sequence numbers were not written down.
        """
        self.dialled = set(Leg)
        self.joined_mono, self.phase = joined_mono, Phase.JOINED
        self.record.sequence += SEQUENCE_GAP

    # --- what arrives

    def deliver(self, message: Message) -> None:
        """Hand the call a message; an event that a helper waits for goes to that helper alone."""
        if isinstance(message, SwitchEvent):
            self._note_hold(message)
            waiter = self._expected.pop((message.kind, message.playback_id or message.channel_id), None)
            if waiter is not None and not waiter.done():
                waiter.set_result(message)
                return
        self.inbox.put_nowait(message)

    def _note_hold(self, event: SwitchEvent) -> None:
        if (leg := ids.leg_of(event.channel_id)) and event.kind in (Kind.HOLD, Kind.UNHOLD):
            (self.holding.add if event.kind is Kind.HOLD else self.holding.discard)(leg)

    async def next(self, until: float | None) -> Message | None:
        """The next message, or None at `until` (monotonic seconds)."""
        while True:
            try:
                async with asyncio.timeout_at(until):
                    return await self.inbox.get()
            except TimeoutError:
                if until is not None and self.now() - until > TIMER_LATE_SECONDS:
                    # We were paused: the world may have moved on. Hear what happened before acting on an old timer.
                    await self.services.verify()
                    if not self.inbox.empty():
                        continue
                return None

    def expect(self, kind: Kind, name: str) -> asyncio.Future[SwitchEvent]:
        """A future for one event of this channel or playback; ask before causing it."""
        future: asyncio.Future[SwitchEvent] = asyncio.get_running_loop().create_future()
        self._expected[(kind, name)] = future
        return future

    def take_grant(self, total: int, final: bool) -> None:
        """Take a grant that Django told; the largest known holds."""
        if self.grants.take(total, final, self.elapsed):
            self.services.journal.append(grant_record(self.call_id, total, final))
            self.on_grant()
            self.deliver(TimersChanged())

    def take_end(self, ends_at: float | None) -> None:
        """Take an end time (epoch seconds, Django's date) that Django told, if any; the earliest known holds."""
        if ends_at is not None and (self.record.ends_at is None or ends_at < self.record.ends_at):
            self.services.journal.append(end_record(self.call_id, ends_at))
            self.follow_end()

    def follow_end(self) -> None:
        """End the joined call by the end time that is on record."""
        if self.record.ends_at is None or self.joined_date is None:
            return
        if self.grants.end_by(self.record.ends_at - self.joined_date, self.elapsed):
            self.on_grant()
            self.deliver(TimersChanged())

    def take_answer(self, status: int, answer: Mapping[str, Any]) -> None:
        """Take Django's answer to an event. Nothing granted, or a call unknown there: hang up. `say`: for the customer."""
        granted, ends_at = answer.get("granted_seconds"), answer.get("ends_at")
        if status == 404 or (200 <= status < 300 and granted == 0):
            self.deliver(HangupRequested(EndedBy.PLATFORM, EndReason.HANGUP))
        elif 200 <= status < 300 and type(granted) is int:
            self.take_end(float(ends_at) if is_time(ends_at) else None)
            self.take_grant(granted, answer.get("final") is True)
        if 200 <= status < 300 and (sounds := sounds_in(answer.get("say"))):
            self.deliver(SayToCustomer(tuple(sounds)))

    # --- what is told

    def event(self, fact: Fact, at: float | None = None) -> CallEvent:
        """The next event of this call, saying `fact`; `at` is its time, epoch seconds (None: now)."""
        self.record.sequence += 1
        return CallEvent(
            event_id=uuid.uuid4().hex,
            sequence=self.record.sequence,
            call_id=self.call_id,
            direction=DIRECTION,
            ts=round(self.services.wall() if at is None else at, 3),
            state=fact.state,
            account_id=self.record.account_id,
            operator_id=self.record.operator_id,
            metadata={"node": self.services.node, **fact.metadata()},
        )

    def report(self, fact: Fact, at: float | None = None) -> None:
        self.services.reporter.report(self.event(fact, at))

    def report_end(self, ending: Ending, duration: JoinedTime | None) -> None:
        """The last report of the call; a second one is never made."""
        if self.record.is_over:
            return
        self.phase = Phase.OVER
        self.services.metrics.ended(ending.why)
        span, at = JoinedSpan(), None
        if duration is not None:
            joined_at = self.services.django_time(duration.joined_at, self.services.joined_mono(self.record))
            at = joined_at + duration.joined_ms / 1000
            span = JoinedSpan(
                joined_at, at, duration.joined_ms, duration.clock_difference_ms, duration.unpaid_ms
            )
        phone = self.phone if ending.why is EndReason.OPERATOR_DO_NOT_CALL else ""
        self.report(Ended(ending.state, ending.why, ending.ended_by, ending.leg, span, phone), at)
        log.info("%s over: %s by %s", self.call_id, ending.why, ending.ended_by)

    def describe(self) -> dict[str, Any]:
        return describe(self.services, self.record, self.phase, round(self.elapsed * 1000))

    # --- what is done

    def spawn(self, work: Callable[..., Awaitable[None]], *args: object) -> asyncio.Task[None]:
        """Run a helper beside the call; it ends with the call and its failure never ends the call."""
        task = asyncio.create_task(self._guard(work, *args))
        self._helpers.add(task)
        task.add_done_callback(self._helpers.discard)
        return task

    def cancel_helpers(self) -> list[asyncio.Task[None]]:
        helpers = list(self._helpers)
        for helper in helpers:
            helper.cancel()
        return helpers

    async def dismiss_helpers(self) -> None:
        await asyncio.gather(*self.cancel_helpers(), return_exceptions=True)

    async def release(self, *legs: Leg) -> None:
        """Hang up these legs. What cannot be reached is left to Asterisk's own limit and to the next sweep."""
        await asyncio.gather(*(self._release(leg) for leg in legs if leg in self.dialled))

    async def _release(self, leg: Leg) -> None:
        for _ in range(RELEASE_TRIES):
            try:
                await self.services.switch.hangup(self.channel(leg))
                self.dialled.discard(leg)
                return
            except SwitchError as error:
                log.warning("%s: hanging up the %s failed: %s", self.call_id, leg, error)
                await asyncio.sleep(0.2)

    async def play_to_end(self, channel_id: str, media: list[str], seconds: float) -> None:
        """Play and wait until it is over, at most so long."""
        playback = ids.playback_id(self.call_id, self.next_serial())
        finished = self.expect(Kind.PLAYBACK_FINISHED, playback)
        await self.services.switch.play(channel_id, playback, media)
        try:
            async with asyncio.timeout(seconds):
                await finished
        except TimeoutError:
            log.warning("%s: a playback did not finish in %.0f s", self.call_id, seconds)

    async def _guard(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        try:
            await work(*args)
        except SwitchError as error:
            log.warning("%s: %s", self.call_id, error)
        except Exception:
            log.exception("%s: a helper failed", self.call_id)


def describe(services: CallServices, record: CallRecord, phase: Phase, elapsed_ms: int) -> dict[str, Any]:
    """A call as `GET /call/{id}` shows it; no number is in it."""
    joined_at = record.joined_at
    return {
        "call_id": record.call_id,
        "state": str(phase),
        "joined_at": None
        if joined_at is None
        else services.django_time(joined_at, services.joined_mono(record)),
        "elapsed_ms": elapsed_ms,
        "granted_seconds": record.granted,
        "final": record.final,
        "node": services.node,
        "ending": record.ending,
    }
