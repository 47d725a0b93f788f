"""The holds of one joined call as they come and go: remembered in the journal, written into the switch's record, told to
Django, which shows them, and ended at their limit.

An event may be missed while the connection to the switch is lost, so a hold is looked up in the switch before a call
ends for it. Asterisk's own limit on both legs is brought forward meanwhile (`in_call`): a hold ends without us, too.
"""

import asyncio
import logging

from telephony.adapter import cel, ids
from telephony.adapter.call import Call
from telephony.adapter.call_store import hold_record
from telephony.adapter.holds import DueHold, Hold, Holds
from telephony.adapter.joined_time import measure_joined_time
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent
from telephony.events import Progress
from telephony.states import EndReason, Leg

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
TELL_RETRY_SECONDS = 2.0
NOTE_WAIT_SECONDS = 1.0  # for a line of the record that is still being written when the call ends


class HoldWatch:
    """See the module. `take` what the switch tells, `look` where it may have told something unheard."""

    def __init__(self, call: Call) -> None:
        record, now = call.record, call.now()
        limits = {Leg.CUSTOMER: record.customer_hold, Leg.OPERATOR: record.operator_hold}
        # The monotonic clock of another boot may be ahead of ours.
        known = [Hold(Leg(leg), at, min(mono, now)) for leg, (at, mono) in record.holds.items()]
        self.holds = Holds(limits, known)
        self._call = call
        self._shown: tuple[Leg, ...] = ()  # the holds that Django knows of
        self._tell_task: asyncio.Task[None] | None = None
        self._notes: set[asyncio.Task[None]] = set()

    def begin_before(self, joined_at: float, mono: float) -> None:
        """Take holds that were on before both were joined: they count from the joining."""
        for leg in self._call.holding:
            self._begin(Hold(leg, joined_at, mono))

    def take(self, event: SwitchEvent, leg: Leg) -> bool:
        """Take a hold event of the switch; True if something changed."""
        if event.kind is Kind.HOLD:
            return self._begin(Hold(leg, event.at, event.received_mono))
        return event.kind is Kind.UNHOLD and self._end(leg, event.at)

    async def look(self) -> bool:
        """Ask the switch who holds, for a call whose events were missed; True if something changed."""
        changed = False
        for leg in Leg:
            is_holding = await self._call.services.switch.is_holding(self._call.channel(leg))
            now = self._call.now()
            if is_holding and self.holds.of(leg) is None:
                changed |= self._begin(Hold(leg, self._switch_time(now), now))
            elif not is_holding:
                changed |= self._end(leg, self._switch_time(now))
        if self.holds.held_by:
            self._tell()
        return changed

    async def is_over(self, due: DueHold) -> bool:
        """Whether the party whose hold is due does hold still."""
        call = self._call
        try:
            is_holding = await call.services.switch.is_holding(call.channel(due.leg))
        except SwitchError as error:
            log.warning("%s: whether it is on hold could not be asked: %s", call.call_id, error)
            self.holds.postpone(due.leg, call.now() + RETRY_SECONDS)
            return False
        if not is_holding:
            self._end(due.leg, self._switch_time(call.now()))
        return is_holding

    def unpaid_ms(self, left_at: float, left_mono: float, why: EndReason) -> int:
        """How much of the time before the exit was no talk: the operator's hold, or silence up to its limit."""
        held_ms = 0
        if hold := self.holds.of(Leg.OPERATOR):
            elapsed_ms = round((left_mono - hold.mono) * 1000)
            held_ms = measure_joined_time(hold.at, left_at, elapsed_ms, elapsed_ms).joined_ms
        is_silent = why in (EndReason.MEDIA_LOST, EndReason.NODE_SILENT) and self._can_be_silent(left_mono)
        return max(held_ms, self._call.record.silence * 1000 if is_silent else 0)

    def _can_be_silent(self, left_mono: float) -> bool:
        """Whether a leg has been up for as long as silence is let pass. If none was, the date of the switch jumped ahead, and
        its count of silent seconds with it. It counts in whole seconds.
        """
        answered_mono = self._call.answered_mono
        return answered_mono is None or left_mono - answered_mono > self._call.record.silence - 1

    async def written(self) -> None:
        """Return when the switch's record has every hold, or will not have it soon."""
        if self._notes:
            await asyncio.wait(self._notes, timeout=NOTE_WAIT_SECONDS)

    def _begin(self, hold: Hold) -> bool:
        if not self.holds.begin(hold):
            return False
        log.info("%s: on hold by the %s", self._call.call_id, hold.leg)
        self._note(hold.leg, cel.HOLD, hold.at, (hold.at, hold.mono))
        return True

    def _end(self, leg: Leg, at: float) -> bool:
        if not self.holds.end(leg):
            return False
        log.info("%s: off hold by the %s", self._call.call_id, leg)
        self._note(leg, cel.UNHOLD, at, None)
        return True

    def _note(self, leg: Leg, event: str, at: float, began: tuple[float, float] | None) -> None:
        call = self._call
        call.services.journal.append(hold_record(call.call_id, leg, began))
        task = call.spawn(self._write, event, cel.hold_details(leg, at))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)
        self._tell()

    async def _write(self, event: str, details: str) -> None:
        call = self._call
        name = ids.hold_note_id(call.call_id, call.next_serial())
        while True:
            try:
                return await call.services.switch.write_record(name, event, details)
            except SwitchError as error:
                log.warning("%s: a hold is not in the record yet: %s", call.call_id, error)
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self) -> None:
        if self._tell_task is None or self._tell_task.done():
            self._tell_task = self._call.spawn(self._tell_django)

    async def _tell_django(self) -> None:
        """Tell until Django has heard; an answer is one to a question, too."""
        call = self._call
        while self._shown != (held_by := self.holds.held_by):
            question = call.event(Progress(round(call.elapsed * 1000), held_by))
            reply = await call.services.reporter.ask(question)
            if reply is None or reply[0] >= 500:
                await asyncio.sleep(TELL_RETRY_SECONDS)
                continue
            self._shown = held_by
            call.take_answer(*reply)

    def _switch_time(self, mono: float) -> float:
        """The switch's own time at `mono`, reckoned from the joining."""
        call = self._call
        joined_at, joined_mono = call.record.joined_at, call.joined_mono
        if joined_at is None or joined_mono is None:
            return call.services.wall()
        return joined_at + (mono - joined_mono)
