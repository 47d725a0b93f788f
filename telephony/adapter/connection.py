"""Keeps the adapter connected to its switch, and makes the three memories agree after every interruption.

Connect, reconcile (journal, survey, CEL: `recovery`), serve events until the stream ends, again. Nothing is ever
replayed by the switch, so each connection begins with the question what became of the calls. While the switch is away
nothing is known of them, and they stay as they are (`absence`). While another adapter is at work this one stands by;
when another takes over, it stops acting for good.
"""

import asyncio
import logging
from dataclasses import replace

from telephony.adapter import recovery
from telephony.adapter.absence import Absence
from telephony.adapter.adapter import Adapter
from telephony.adapter.call import Call
from telephony.adapter.call_store import CallRecord, alive_record
from telephony.adapter.cel import RecordedTalk, load
from telephony.adapter.ids import bridge_id, channel_id
from telephony.adapter.ownership import Ownership
from telephony.adapter.readiness import Readiness
from telephony.adapter.settling import fail_unjoined, settle_by_record
from telephony.adapter.switch import EventStream, StreamReplaced, SwitchError
from telephony.states import Leg

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
TRUNKS_SECONDS = 10.0
TICK_SECONDS = 0.25
LOOK_SECONDS = 1.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0)
RECORD_TRIES = 4  # the CEL may be written a moment after the survey
RECORD_PAUSE_SECONDS = 0.5
VERIFY_SECONDS = 6.0


class Connection:
    """The adapter's tie to the switch; `run` lives as long as the process."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._stream: EventStream | None = None
        self._ready = asyncio.Event()
        self._absence = Absence(adapter)
        self._ownership = Ownership(adapter.switch, adapter.journal.book.adapter_id)
        self._is_mute = False  # the stream was given up because nothing came through it any more
        adapter.services.verify = self._verify

    async def run(self) -> None:
        """Connect, as soon as no other adapter is at work, and serve for ever; returns only when another took over."""
        adapter = self._adapter
        ticker = asyncio.create_task(self._tick())
        heartbeat = asyncio.create_task(self._beat())
        watcher = asyncio.create_task(self._watch_trunks())
        try:
            attempt = 0
            while adapter.readiness is not Readiness.REPLACED:
                try:
                    await self._stand_by()
                    self._stream = await adapter.switch.connect()
                except StreamReplaced:
                    self._stop_acting()
                    continue
                except SwitchError as error:
                    if attempt == 0:
                        log.warning("no switch: %s", error)
                    self._absence.begin()
                    await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                    attempt += 1
                    continue
                attempt = 0
                await self._serve(self._stream)
        finally:
            ticker.cancel()
            heartbeat.cancel()
            watcher.cancel()
            self._absence.end()

    async def release(self) -> None:
        """Tell a successor that it need not wait."""
        try:
            await self._ownership.release()
        except SwitchError as error:
            log.info("a successor will wait: %s", error)

    async def _stand_by(self) -> None:
        """Return once no other adapter is at work. Calls of an earlier life of ours are hung up when that is asked, and closed by
        Asterisk's record when they end. Raises StreamReplaced where we have calls in hand: the other took them.
        """
        adapter, looks = self._adapter, 0
        while await self._ownership.is_taken():
            if adapter.calls:
                raise StreamReplaced
            if adapter.readiness is not Readiness.STANDBY:
                log.warning("another adapter is at work; this one stands by")
                adapter.readiness = Readiness.STANDBY
            plan, live = await self._plan()
            looks = looks + 1 if plan.open_ended else 0
            await self._hang_up_as_asked(live)
            for record in live:
                if record.call_id not in plan.open_ended or looks > RECORD_TRIES:
                    self._settle(replace(plan, adopt={}), record)
            await asyncio.sleep(LOOK_SECONDS)

    async def _hang_up_as_asked(self, live: list[CallRecord]) -> None:
        """Carry out what was asked of calls that nobody has in hand: they are ours by the journal alone."""
        for record in live:
            if record.hangup_request() is not None and not record.is_over:
                for leg in Leg:
                    await self._adapter.switch.hangup(channel_id(record.call_id, leg))
                await self._adapter.switch.delete_bridge(bridge_id(record.call_id))

    async def _serve(self, stream: EventStream) -> None:
        """Reconcile, then pass events on until the stream ends. Calls that go on have their events and timers back
        before the record of those that are gone is waited for.
        """
        adapter = self._adapter
        adapter.readiness = Readiness.RECOVERING
        finishing = None
        try:
            adapter.capacity.trunks.learn(await adapter.switch.trunks())
            finishing = asyncio.create_task(self._finish_reconciling(await self._reconcile()))
            adapter.capacity.rtp_ports = await adapter.switch.rtp_ports()
            await adapter.greetings.delete_strays()
            async for event in stream:
                adapter.dispatch(event)
        except StreamReplaced:
            self._stop_acting()
            return
        except SwitchError as error:
            log.warning("the switch failed while reconciling: %s", error)
            await asyncio.sleep(RETRY_SECONDS[-1])
        except Exception:
            # A defect of ours: begin again from what journal, switch and record say.
            log.exception("serving the switch failed")
            await asyncio.sleep(RETRY_SECONDS[-1])
        finally:
            if finishing is not None:
                finishing.cancel()
            self._ready.clear()
            self._stream = None
            await stream.close()
        self._on_lost()

    def _stop_acting(self) -> None:
        """Another adapter has our application: its calls are not ours to touch any more, nor to report."""
        log.critical("another adapter took over; this one stops acting")
        self._adapter.readiness = Readiness.REPLACED
        self._adapter.abandon_calls()

    def _on_lost(self) -> None:
        """The stream ended; what the calls do from now on is unknown."""
        adapter = self._adapter
        adapter.readiness = Readiness.NO_SWITCH
        if self._absence.began_at is None:
            log.warning("connection to the switch lost, %d calls go on", len(adapter.calls))
            if not self._is_mute:
                self._note_alive(adapter.joined(), asyncio.get_running_loop().time())
        self._is_mute = False
        self._absence.begin()

    async def _reconcile(self) -> list[CallRecord]:
        """Settle what is certain and sweep the switch; returns the calls whose recorded end is still missing."""
        adapter = self._adapter
        await self._ownership.beat()
        plan, live = await self._plan()
        missing = [record for record in live if record.call_id in plan.open_ended]
        for record in live:
            if record not in missing and not record.is_over:
                self._settle(plan, record)
        for channel in plan.hangup:
            await adapter.switch.hangup(channel)
        for bridge in plan.delete_bridges:
            await adapter.switch.delete_bridge(bridge)
        go_on = len(plan.adopt) + len(plan.resume)
        log.info("%d calls go on, %d closed, %d failed", go_on, len(plan.close), len(plan.fail))
        return missing

    async def _plan(self) -> tuple[recovery.RecoveryPlan, list[CallRecord]]:
        """What journal, switch and record say together, and the live calls of the journal."""
        adapter, book = self._adapter, self._adapter.journal.book
        live = list(book.live())
        survey = await adapter.switch.survey()
        adapter.event_clock.place(survey.at, asyncio.get_running_loop().time())
        adapter.capacity.trunks.note_survey(survey.channels)
        plan = recovery.plan_recovery(
            live,
            survey,
            await self._recorded_talks([call.call_id for call in live]),
            {} if self._absence.is_long else self._waiting(),
            {call.call_id for call in book.calls.values() if call.is_over},
        )
        return plan, live

    def _waiting(self) -> dict[str, frozenset[str]]:
        """The calls of this process that are not joined yet, with the channels that they have."""
        calls = self._adapter.unjoined()
        return {call.call_id: frozenset(call.channel(leg) for leg in call.dialled) for call in calls}

    async def _finish_reconciling(self, missing: list[CallRecord]) -> None:
        """Close the calls whose end was not in the record yet, with or without it; then take new calls."""
        adapter = self._adapter
        plan = recovery.RecoveryPlan(close={record.call_id: None for record in missing})
        for _ in range(RECORD_TRIES):
            if not plan.open_ended or adapter.config.cel_file is None:
                break
            await asyncio.sleep(RECORD_PAUSE_SECONDS)
            plan.close |= await self._recorded_talks(plan.open_ended)
        for record in missing:
            if not record.is_over:
                self._settle(plan, record)
        adapter.readiness = Readiness.READY
        self._absence.end()
        self._ready.set()
        log.info("connected and reconciled, %d calls", len(adapter.calls))

    def _settle(self, plan: recovery.RecoveryPlan, record: CallRecord) -> None:
        """One call of the journal: a task of this process goes on with it, or it is taken up or closed here."""
        adapter, call_id = self._adapter, record.call_id
        if call_id in plan.adopt:
            if call_id not in {call.call_id for call in adapter.joined()}:
                adapter.adopt(record, plan.adopt[call_id])
        elif call_id in plan.close:
            settle_by_record(adapter, record, plan.close[call_id])
        elif call_id in plan.fail:
            fail_unjoined(adapter, record)

    async def _recorded_talks(self, call_ids: list[str]) -> dict[str, RecordedTalk]:
        return await asyncio.to_thread(load, self._adapter.config.cel_file, call_ids)

    async def _verify(self) -> None:
        """Return when everything that happened up to now has been delivered, or cannot be known soon."""
        stream = self._stream
        try:
            if stream is not None:
                return await stream.ping()
        except SwitchError:
            pass
        try:
            async with asyncio.timeout(VERIFY_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            log.warning("the switch is not back; timers act on what is known")

    async def _tick(self) -> None:
        while True:
            self._adapter.event_clock.tick(asyncio.get_running_loop().time())
            await asyncio.sleep(TICK_SECONDS)

    async def _beat(self) -> None:
        """Write down regularly that the joined calls still are; a dead connection is noticed here, too."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            stream, started = self._stream, asyncio.get_running_loop().time()
            joined = self._adapter.joined()
            if stream is None or not self._ready.is_set():
                continue  # a call that is not reconciled yet may be gone
            try:
                await stream.ping()
                if self._stream is stream:
                    await self._ownership.beat()
            except SwitchError as error:
                log.warning("the event stream does not answer: %s", error)
                self._is_mute = True
                await stream.close()
                continue
            self._note_alive([call for call in joined if call in self._adapter.joined()], started)

    async def _watch_trunks(self) -> None:
        """Ask the switch what it knows of its trunks."""
        adapter = self._adapter
        while True:
            await self._ready.wait()
            try:
                adapter.capacity.trunks.note_states(await adapter.switch.trunk_states())
            except SwitchError as error:
                log.info("the trunks could not be asked about: %s", error)
            await asyncio.sleep(TRUNKS_SECONDS)

    def _note_alive(self, calls: list[Call], mono: float) -> None:
        if calls:
            self._adapter.journal.append(
                alive_record({call.call_id: call.record.sequence for call in calls}, mono)
            )
