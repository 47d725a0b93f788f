"""From joining to parting: grants, questions, warnings, and the end at the paid-for second (docs/design.md sections 4 and 5).

The timer is ours, on the monotonic clock; behind it stands Asterisk's own limit on both legs, which is moved with
every grant before the timer is. Helpers (moving limits, asking, warning) run beside this loop, so nothing delays it.
"""

import asyncio
import logging
from typing import NoReturn

from telephony.adapter import end_reasons, ids
from telephony.adapter.call import Call, CallEnded
from telephony.adapter.call_setup import LIMIT, JoinedAt
from telephony.adapter.end_reasons import Ending
from telephony.adapter.grants import LIMIT_MARGIN_SECONDS, DueAction, DueKind
from telephony.adapter.hold_watch import HoldWatch
from telephony.adapter.holds import DueHold
from telephony.adapter.joined_time import measure_joined_time, reconstruct
from telephony.adapter.messages import HangupRequested, LegsGone, SayToCustomer, TimersChanged
from telephony.adapter.packet_watch import PacketWatch
from telephony.adapter.switch import Kind, SwitchError, SwitchEvent
from telephony.adapter.whispers import Whispers
from telephony.events import Progress
from telephony.states import EndReason, Leg

log = logging.getLogger(__name__)

BOTH_LEGS = (Leg.CUSTOMER, Leg.OPERATOR)
HANGUP_WAIT_SECONDS = 2.0  # from our hang-up to Asterisk's word on who left when
CAUSE_SECONDS = 1.0  # from a leg's exit to the cause of its end
LIMIT_RETRY_SECONDS = 1.0


class JoinedCall:
    """The joined part of one call. `run` never returns: it raises CallEnded with the ending and the joined time."""

    def __init__(self, call: Call, start: JoinedAt) -> None:
        self._call = call
        self._start = start
        # Who hung up while both were being put into the bridge: its request came before the entry, and none comes after.
        self._hangup_requested: set[Leg] = {call.hung_up_by} if call.hung_up_by else set()
        self._limit_task: asyncio.Task[None] | None = None
        self._ask_task: asyncio.Task[None] | None = None
        self._whispers = Whispers(call)
        self._holds = HoldWatch(call)
        self._packets = PacketWatch(call, lambda: call.services.media.is_alone(call.call_id))
        applied = call.grants.applied
        self._limit_at: float | None = applied + LIMIT_MARGIN_SECONDS if applied else None

    async def run(self) -> None:
        call = self._call
        call.on_grant = self._take_grant
        call.joined_date = call.services.django_time(self._start.at, self._start.mono)
        call.follow_end()
        call.services.media.enter(call.call_id, self._is_heard)
        call.spawn(self._packets.run)
        self._holds.begin_before(self._start.at, self._start.mono)
        if call.grants.total != call.grants.applied or self._holds.holds.held_by:
            self.move_limits()
        if call.plan is None:  # adopted: nobody has seen the events of the time before
            call.spawn(self._look_at_holds)
        while True:
            moment, hold = call.grants.next(), self._holds.holds.due()
            ends_at = self._start.mono + moment.at
            message = await call.next(ends_at if hold is None else min(ends_at, hold.mono))
            if message is None:
                await (self._act_on_hold(hold) if hold and hold.mono <= ends_at else self._act(moment))
            elif isinstance(message, HangupRequested):
                await self.hang_up_both(
                    end_reasons.hangup_requested_while_joined(message.ended_by, message.why)
                )
            elif isinstance(message, LegsGone):
                self._reconstruct(message)
            elif isinstance(message, SayToCustomer):
                call.spawn(self._whispers.say, message.sounds)
            elif isinstance(message, SwitchEvent):
                await self._on_event(message)

    def _is_heard(self) -> bool:
        """Whether the switch would have ended this call by now, had it been silent for as long as it lets pass."""
        return not self._holds.holds.held_by and self._call.elapsed > self._call.record.silence

    def _take_grant(self) -> None:
        self._whispers.stop_warning()
        self.move_limits()

    def move_limits(self) -> None:
        """Bring Asterisk's own limits to the grant, beside the loop; our old timer stays armed meanwhile."""
        if self._limit_task is None or self._limit_task.done():
            self._limit_task = self._call.spawn(self._move_limits)

    async def hang_up_both(self, ending: Ending) -> None:
        """Hang up both and wait for Asterisk's word on when the first of them left. Raises CallEnded.

        Where they cannot be reached they talk on: tried again until Asterisk's own limit has passed. That a leg is not
        there once the switch is back says nothing of when it left: the reconciliation does, by the record.
        """
        call = self._call
        await call.release(*BOTH_LEGS)
        until = call.now() + HANGUP_WAIT_SECONDS
        while True:
            message = await call.next(until)
            if isinstance(message, LegsGone):
                self._reconstruct(message)
            if isinstance(message, SwitchEvent) and self._left(message) is not None:
                await self._end(ending, message.at, message.received_mono)
            if message is not None:
                continue
            if not call.dialled and call.services.is_connected() and call.inbox.empty():
                break
            if call.elapsed > call.limit_at:
                self._reconstruct(LegsGone(None))
            await call.release(*BOTH_LEGS)
            until = call.now() + HANGUP_WAIT_SECONDS
        await self._end(ending, self._start.at + call.elapsed, call.now())

    async def _end(self, ending: Ending, left_at: float, left_mono: float) -> NoReturn:
        """Raises CallEnded: the first party left then, and what was no talk before that is not charged."""
        elapsed_ms = round((left_mono - self._start.mono) * 1000)
        joined = measure_joined_time(self._start.at, left_at, elapsed_ms, elapsed_ms)
        unpaid_ms = self._holds.unpaid_ms(left_at, left_mono, ending.why)
        await self._holds.written()
        raise CallEnded(ending, joined.without(unpaid_ms))

    async def _act_on_hold(self, due: DueHold) -> None:
        if await self._holds.is_over(due):
            await self.hang_up_both(end_reasons.held_too_long(due.leg))
        self.move_limits()

    async def _look_at_holds(self) -> None:
        if await self._holds.look():
            self.move_limits()
            self._call.deliver(TimersChanged())

    async def _act(self, moment: DueAction) -> None:
        call = self._call
        if moment.what is DueKind.END:
            await self.hang_up_both(end_reasons.time_is_up(is_final=call.grants.is_closed))
        call.grants.done(moment, call.elapsed)
        if moment.what is DueKind.WARN:
            asking = self._ask_task if self._whispers.may_offer(moment.mark) else None
            self._whispers.warn(moment.mark, asking)
        elif self._ask_task is None or self._ask_task.done():
            self._ask_task = call.spawn(self._ask, self._whispers.may_offer(moment.mark))

    async def _on_event(self, event: SwitchEvent) -> None:
        leg = ids.leg_of(event.channel_id)
        if event.kind is Kind.HANGUP_REQUEST and leg is not None:
            self._note_request(event, leg)
        elif leg is not None and self._holds.take(event, leg):
            self.move_limits()
        elif (lost := self._left(event)) is not None:
            await self._on_left(event, lost)

    def _note_request(self, event: SwitchEvent, leg: Leg) -> None:
        """Somebody else than we asked for the end of this leg."""
        if event.cause != end_reasons.CAUSE_OUR_REQUEST:
            self._hangup_requested.add(leg)

    def _left(self, event: SwitchEvent) -> Leg | None:
        """The leg that this event takes out of the talk, if it does."""
        leg = ids.leg_of(event.channel_id)
        if event.kind is Kind.LEFT_BRIDGE and event.bridge_id == ids.bridge_id(self._call.call_id):
            return leg
        return leg if event.kind is Kind.DESTROYED else None

    async def _on_left(self, event: SwitchEvent, leg: Leg) -> None:
        """One party is out: the other goes too; then learn from the cause why."""
        call = self._call
        other = Leg.OPERATOR if leg is Leg.CUSTOMER else Leg.CUSTOMER
        releasing = call.spawn(call.release, other)
        cause = event.cause if event.kind is Kind.DESTROYED else await self._cause_of(leg)
        await asyncio.wait({releasing}, timeout=CAUSE_SECONDS)
        requested = leg in self._hangup_requested
        ending = end_reasons.left_while_joined(leg, cause=cause, requested=requested)
        if ending.why is EndReason.MEDIA_LOST:
            is_held = bool(self._holds.holds.held_by)  # who holds sends nothing
            are_both = not is_held and self._packets.are_both_silent(leg, event.received_mono)
            if await call.services.media.is_node_fault(call.call_id, are_both_legs_silent=are_both):
                ending = end_reasons.node_silent()
        holder = self._holds.holds.overdue(event.received_mono)
        if ending.why is EndReason.SAFETY_LIMIT and holder is not None:
            ending = end_reasons.held_too_long(holder)
        await self._end(ending, event.at, event.received_mono)

    async def _cause_of(self, leg: Leg) -> int | None:
        until = self._call.now() + CAUSE_SECONDS
        while (message := await self._call.next(until)) is not None:
            if not isinstance(message, SwitchEvent) or ids.leg_of(message.channel_id) is not leg:
                continue
            if message.kind is Kind.HANGUP_REQUEST:
                self._note_request(message, leg)
            if message.kind is Kind.DESTROYED:
                return message.cause
        return None

    def _reconstruct(self, lost: LegsGone) -> None:
        call = self._call
        duration, ending = reconstruct(call.record, lost.talk, call.now(), call.services.boot)
        raise CallEnded(ending, duration)

    async def _move_limits(self) -> None:
        """To the end of the grant or, if that is sooner, to the chosen end or that of a hold; all a little later than our own timer."""
        call, switch = self._call, self._call.services.switch
        while True:
            target, hold_ends = call.grants.total, self._holds.holds.ends_at()
            end = call.grants.end
            ends_at = end if hold_ends is None else min(end, hold_ends - self._start.mono)
            if call.grants.applied == target and self._limit_at == ends_at + LIMIT_MARGIN_SECONDS:
                return
            rest = max(1, round(ends_at + LIMIT_MARGIN_SECONDS - call.elapsed))
            try:
                await asyncio.gather(
                    *(switch.set_variable(call.channel(leg), LIMIT, str(rest)) for leg in BOTH_LEGS)
                )
            except SwitchError as error:
                log.warning("%s: moving the limit failed, tried again: %s", call.call_id, error)
                await asyncio.sleep(LIMIT_RETRY_SECONDS)
                continue
            self._limit_at, call.grants.applied = ends_at + LIMIT_MARGIN_SECONDS, target
            call.deliver(TimersChanged())

    async def _ask(self, may_offer: bool) -> None:
        """Ask Django for more time, or whether the call is still wanted; and what it has to offer."""
        call = self._call
        call.spawn(self._look_at_holds)  # one may have begun while the switch was away
        asked = Progress(round(call.elapsed * 1000), self._holds.holds.held_by, may_offer=may_offer)
        begun, reply = call.now(), await call.services.reporter.ask(call.event(asked))
        call.services.metrics.asked(call.now() - begun, is_answered=reply is not None)
        if reply:
            if may_offer:
                self._whispers.take_offer(reply[1])
            call.take_answer(*reply)
