"""The adapter itself: the calls it has, what may be asked of it, and how events find their call.

`connection.Connection` keeps it connected to the switch; `server` is its HTTP side. Everything runs in one event
loop, so between two awaits nothing changes under anybody's hands.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from core.dialing import may_dial
from telephony.adapter.call import Call, Phase, describe
from telephony.adapter.call_services import CallServices
from telephony.adapter.call_setup import JoinedAt
from telephony.adapter.call_store import CallRecord, asked_record, joined_record, news_records, plan_record
from telephony.adapter.capacity import Capacity
from telephony.adapter.config import AdapterConfig
from telephony.adapter.dates import Dates
from telephony.adapter.event_clock import EventClock
from telephony.adapter.greeting_calls import GreetingCalls
from telephony.adapter.ids import call_of
from telephony.adapter.journal import Journal, JournalError
from telephony.adapter.lifecycle import run_call, run_joined_call
from telephony.adapter.messages import AcceptedOnPage, HangupRequested
from telephony.adapter.prompts import Prompts
from telephony.adapter.readiness import Readiness, Refusal
from telephony.adapter.reporter import Answer, Reporter
from telephony.adapter.sound_files import SoundFiles
from telephony.adapter.switch import Kind, Switch, SwitchError, SwitchEvent
from telephony.adapter.verification import Verifications
from telephony.call_plan import Originate
from telephony.events import Started
from telephony.states import EndedBy, EndReason, Leg
from telephony.wire import CallEvent

log = logging.getLogger(__name__)


class Adapter:
    """One per Asterisk node. `wall` is the epoch clock; timers use the loop's monotonic one."""

    def __init__(
        self,
        config: AdapterConfig,
        switch: Switch,
        journal: Journal,
        *,
        wall: Callable[[], float] = time.time,
        boot: str = "",
    ) -> None:
        self.config, self.capacity = config, Capacity(config)
        self.switch, self.journal = switch, journal
        self.reporter = Reporter(
            config.webhook_url,
            config.api_key,
            journal,
            self._on_answer,
            batch_url=config.batches_url,
            clock=wall,
            ca=config.internal_ca,
        )
        self.event_clock = EventClock()
        self.dates = Dates(wall, self.event_clock, self.reporter)
        self.readiness = Readiness.NO_SWITCH
        self.calls: dict[str, Call] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stray_hangups, self._wall = set[asyncio.Task[None]](), wall
        self.sound_files = SoundFiles(
            config.sounds_url, config.api_key, config.sounds_dir, config.internal_ca
        )
        prompts, trunks = Prompts(switch), self.capacity.trunks
        self.verifications = Verifications(switch, prompts, trunks)
        self.greetings = GreetingCalls(switch, prompts, trunks, self.reporter, config.greeting_calls_url)
        self.services = CallServices(
            switch=switch,
            prompts=prompts,
            journal=journal,
            reporter=self.reporter,
            wall=wall,
            node=config.node,
            is_connected=lambda: self.readiness not in (Readiness.NO_SWITCH, Readiness.RECOVERING),
            django_time=self.dates.django_time,
            boot=boot,
            trunks=trunks,
        )

    # --- what may be asked (HTTP)

    async def originate(self, plan: Originate, told: float | None = None) -> None:
        """Start a call, durably noted before this returns. A repeat of a live call is the same call. `told`: Django's date
        as it came with the request (epoch seconds). Raises Refusal.
        """
        known = self.journal.book.calls
        is_late = plan.call_id not in known and await self.dates.is_past(plan.not_after, told)
        record = self.journal.book.calls.get(plan.call_id)
        if record is not None:
            if record.is_over:
                raise Refusal(409, "over")
            return
        self.require_readiness(is_late)
        self.require_dialable(*plan.customer.numbers, *plan.operator.numbers)
        self.capacity.take(len(self._tasks))
        self.journal.append(plan_record(plan, self._wall()))
        call = self._add(plan.call_id, plan)
        try:
            await self.journal.sync()
        except JournalError as error:
            del self.calls[plan.call_id]
            self.journal.book.calls.pop(plan.call_id, None)
            raise Refusal(503, "journal") from error
        self.sound_files.want(plan.customer, plan.operator)
        self._run(call, run_call(call, plan))

    async def hangup(self, call_id: str, ended_by: EndedBy, why: EndReason) -> bool:
        """Ask for the end of a call, remembered over a crash; False if it is over already. Raises Refusal (404)."""
        if self._record(call_id).is_over:
            return False
        self.journal.append(asked_record(call_id, ended_by, why))
        if call := self.calls.get(call_id):
            call.deliver(HangupRequested(ended_by, why))
        try:
            await self.journal.sync()
        except JournalError:
            log.warning("the request to end %s is not on the disk", call_id)
        return True

    def extend(self, call_id: str, granted_seconds: int, final: bool, ends_at: float | None) -> CallRecord:
        """Take a grant and an end time, if any: the largest and the earliest known hold. Raises Refusal (404, 409)."""
        record = self._record(call_id)
        if record.is_over:
            raise Refusal(409, "over")
        if call := self.calls.get(call_id):
            call.take_end(ends_at)
            call.take_grant(granted_seconds, final)
        else:  # known, but not taken up again yet: the adopted call will find it in the journal
            for news in news_records(record, granted_seconds, final, ends_at):
                self.journal.append(news)
        return record

    def accept(self, call_id: str) -> None:
        """The operator wants this call: one 1 on the phone is enough then. Raises Refusal (404; 409 unless it rings there)."""
        record, call = self._record(call_id), self.calls.get(call_id)
        if record.is_over or call is None or call.phase is Phase.JOINED or Leg.OPERATOR not in call.dialled:
            raise Refusal(409, "over" if record.is_over else "not_screening")
        call.deliver(AcceptedOnPage())

    def describe(self, call_id: str) -> dict[str, Any]:
        """What is known of a call, over or not. Raises Refusal (404; 503 while that is not known for sure)."""
        record = self.journal.book.calls.get(call_id)
        if record is None or not record.is_over:
            self._require_certainty(call_id)
        return self._describe(self._record(call_id))

    def describe_all(self) -> list[dict[str, Any]]:
        """The live calls. Raises Refusal (503) until they are known for sure."""
        self._require_certainty("")
        return [self._describe(record) for record in self.journal.book.live()]

    def health(self) -> dict[str, Any]:
        return {
            "node": self.config.node,
            "calls": len(self.calls),
            **self.capacity.health(),
            **self.services.media.health(),
            "undelivered_events": self.reporter.undelivered,
            "refused_events": len(self.journal.book.refused),
            "journal_ok": not self.journal.is_broken,
            "switch_date_off_seconds": self.dates.switch_date_off(),
            "django_date_off_seconds": round(self.reporter.offset, 1),
        }

    # --- what the connection tells

    def dispatch(self, event: SwitchEvent) -> None:
        """Give an event of the switch to its call; a channel that belongs to none is hung up."""
        now = asyncio.get_running_loop().time()
        timed = replace(event, received_mono=self.event_clock.place(event.at, now))
        self.capacity.trunks.note_event(event)
        call_id = call_of(event.playback_id or event.channel_id)
        if call_id is not None and (call := self.calls.get(call_id)):
            call.deliver(timed)
        elif self.verifications.deliver(timed) or self.greetings.deliver(timed):
            return
        elif event.kind is Kind.STASIS_START:
            log.warning("a channel of no call entered the application and is hung up")
            task = asyncio.create_task(self._hang_up_stray(event.channel_id))
            self._stray_hangups.add(task)
            task.add_done_callback(self._stray_hangups.discard)

    def adopt(self, record: CallRecord, joined_at: float | None) -> None:
        """Take a joined call up again after a restart: its timers run from its joining, not from now. `joined_at` is by
        the switch's clock, which may be hours off ours; None: nobody knows, it counts from now.
        """
        if call := self.calls.get(record.call_id):
            self.drop(call)  # it does not know yet that it is joined
        now = asyncio.get_running_loop().time()
        if joined_at is None:
            joined_at = self.dates.switch_now()
        mono, is_news = self.services.joined_mono(record), record.joined_at is None
        if is_news or mono is None:
            mono = self.event_clock.when(joined_at, now)
            self.journal.append(joined_record(record.call_id, joined_at, mono, self.services.boot))
        call = self._add(record.call_id, None)
        call.mark_adopted(mono)
        if is_news:
            begun = self.dates.django_time(joined_at, mono)
            call.report(Started(begun), begun)
        if request := record.hangup_request():
            call.deliver(HangupRequested(*request))
        self._run(call, run_joined_call(call, JoinedAt(joined_at, min(mono, now))))

    def drop(self, call: Call) -> None:
        """Take a call away from its task: what it comes to is decided elsewhere."""
        if task := self._tasks.pop(call.call_id, None):
            task.cancel()
        call.cancel_helpers()
        del self.calls[call.call_id]

    def abandon_calls(self) -> list[asyncio.Task[None]]:
        """Stop acting on every call and leave it to whoever comes: nothing is hung up, nothing reported."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        for call in self.calls.values():
            call.cancel_helpers()
        self.calls.clear()
        return tasks

    def joined(self) -> list[Call]:
        return [call for call in self.calls.values() if call.phase is Phase.JOINED]

    def unjoined(self) -> list[Call]:
        return [call for call in self.calls.values() if call.phase in (Phase.DIALLING, Phase.RINGING)]

    async def settled(self) -> None:
        """Return when every call's task has come to its end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()))

    # --- inside

    def require_readiness(self, is_late: bool) -> None:
        """Raises Refusal (503; 409 for what is asked too late)."""
        if self.readiness is not Readiness.READY:
            raise Refusal(503, str(self.readiness))
        if is_late:
            raise Refusal(409, "expired")

    def require_dialable(self, *numbers: str) -> None:
        """Raises Refusal (422) for a number that this installation doesn't dial."""
        for number in numbers:
            if not may_dial(number, self.config.allowed_prefixes, self.config.lab_prefixes):
                raise Refusal(422, "number_not_allowed")

    def _require_certainty(self, call_id: str) -> None:
        if self.readiness is not Readiness.READY and call_id not in self.calls:
            raise Refusal(503, str(self.readiness))

    def _record(self, call_id: str) -> CallRecord:
        record = self.journal.book.calls.get(call_id)
        if record is None:
            raise Refusal(404, "unknown call_id")
        return record

    def _describe(self, record: CallRecord) -> dict[str, Any]:
        if call := self.calls.get(record.call_id):
            return call.describe()
        elapsed = (record.ending or {}).get("metadata", {}).get("elapsed_ms", "0")
        return describe(self.services, record, Phase.OVER if record.is_over else Phase.RINGING, int(elapsed))

    def _add(self, call_id: str, plan: Originate | None) -> Call:
        call = Call(self.services, self.journal.book.calls[call_id], plan)
        self.calls[call_id] = call
        return call

    def _run(self, call: Call, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks[call.call_id] = task
        task.add_done_callback(lambda done: self._finished(call, done))

    def _finished(self, call: Call, task: asyncio.Task[None]) -> None:
        if self._tasks.get(call.call_id) is task:
            del self._tasks[call.call_id]
        if self.calls.get(call.call_id) is call:
            del self.calls[call.call_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("the end of %s failed", call.call_id, exc_info=error)

    def _on_answer(self, event: CallEvent, status: int, answer: Answer) -> None:
        if call := self.calls.get(event.call_id):
            call.take_answer(status, answer)

    async def _hang_up_stray(self, channel_id: str) -> None:
        try:
            await self.switch.hangup(channel_id)
        except SwitchError as error:
            log.warning("a stray channel stays until the next sweep: %s", error)
