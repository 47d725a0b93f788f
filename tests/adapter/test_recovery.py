"""Deaths and returns: of the adapter, of the switch, of Django, of the connection between them."""

import asyncio
from pathlib import Path
from typing import Any, Self

import pytest

from telephony.adapter.config import AdapterConfig
from telephony.adapter.journal import Journal, JournalBusy, encode, read
from telephony.adapter.main import AdapterProcess
from telephony.adapter.switch import SwitchUnavailable
from telephony.states import Leg
from tests.adapter.rig import Rig, phone


async def test_an_unjoined_stray_is_hung_up_at_the_start(rig: Rig) -> None:
    call_id = await rig.originate(operator=phone(8), operator__ring_seconds=60)
    await rig.django.wait(call_id, "answered")
    await rig.kill()
    await rig.start(journal=rig.directory / "another journal")
    assert await rig.is_gone(call_id)


async def test_joined_strays_are_left_to_their_limit_and_known_from_the_record(rig: Rig) -> None:
    call_id, begun = await rig.joined(granted_seconds=60, final=True), rig.loop.time()
    await rig.kill()
    await rig.start(journal=rig.directory / "another journal")
    assert await rig.talks_on(call_id)
    status, seen = await rig.get(f"/call/{call_id}")
    assert (status, seen["state"]) == (200, "joined")
    assert seen["elapsed_ms"] == pytest.approx((rig.loop.time() - begun) * 1000, abs=300)
    await rig.cut()
    await asyncio.sleep(2)
    await rig.mend()
    await rig.until_ready()
    assert await rig.talks_on(call_id)
    await asyncio.sleep(60)
    assert not [name for name in rig.switch.channels if name.startswith(call_id)]
    status, seen = await rig.get(f"/call/{call_id}")
    assert (status, seen["state"], seen["ending"]) == (200, "over", None)
    assert seen["elapsed_ms"] == pytest.approx(63_000, abs=300)


async def test_the_same_word_from_the_journal_after_a_restart(rig: Rig) -> None:
    plan = rig.plan()
    await rig.post("/call/originate", plan)
    await rig.django.wait(plan["call_id"], "started")
    await rig.kill()
    await rig.start()
    plan["not_after"] = rig.wall() - 60
    assert (await rig.post("/call/originate", plan))[0] == 202, "a repeat of a live call is the same call"
    await rig.ask_hangup(plan["call_id"], "customer")
    ending = await rig.django.ending(plan["call_id"])
    await rig.kill()
    await rig.start()
    assert await rig.post("/call/originate", plan) == (409, {"ok": False, "error": "over"})
    status, seen = await rig.get(f"/call/{plan['call_id']}")
    assert (status, seen["state"]) == (200, "over")
    assert seen["ending"]["event_id"] == ending.event_id
    assert str(seen["elapsed_ms"]) == ending.metadata["joined_ms"]


async def test_questions_and_facts_of_two_lives_never_share_a_sequence_number(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=95)
    await asyncio.sleep(30)
    await rig.kill()
    await rig.start()
    await rig.ask_hangup(call_id, "customer")
    await rig.django.ending(call_id)
    numbers = [event.sequence for event in rig.django.of(call_id)]
    assert numbers == sorted(set(numbers))


async def test_a_hang_up_asked_for_just_before_death_is_carried_out_afterwards(rig: Rig) -> None:
    call_id = await rig.joined()
    assert rig.running is not None
    rig.running.adapter.calls[call_id].deliver = lambda message: None  # type: ignore[method-assign]
    await rig.ask_hangup(call_id, "operator")
    await asyncio.sleep(0.2)
    await rig.kill()
    await rig.start()
    ending = await rig.django.ending(call_id)
    assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")


@pytest.mark.parametrize("away", [2.6, 4.6, 7.6])
async def test_a_hang_up_asked_for_after_the_switch_died_charges_no_time_until_it_is_back(
    rig: Rig, away: float
) -> None:
    call_id = await rig.joined(granted_seconds=180, final=True)
    await asyncio.sleep(90.1)  # just after a heartbeat, not at the same instant
    rig.switch.crash()
    await asyncio.sleep(0.5)
    await rig.ask_hangup(call_id, "customer")
    await asyncio.sleep(away)
    rig.switch.boot()
    ended = await rig.django.ending(call_id)
    assert int(ended.metadata["joined_ms"]) == pytest.approx(90_000, abs=300)


async def test_a_hang_up_that_only_the_events_are_lost_of_is_charged_as_recorded(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=180, final=True)
    await asyncio.sleep(90)
    rig.switch.disconnect()
    await rig.ask_hangup(call_id, "customer")
    ended = await rig.django.ending(call_id)
    assert int(ended.metadata["joined_ms"]) == pytest.approx(90_000, abs=50)
    assert (ended.metadata["why"], ended.metadata["ended_by"]) == ("hangup", "customer")


async def test_a_grant_is_remembered_over_death(rig: Rig) -> None:
    call_id = await rig.joined(granted_seconds=20, final=True)
    await rig.extend(call_id, 50, final=True)
    await asyncio.sleep(0.2)
    await rig.kill()
    await rig.start()
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == pytest.approx(50_000, abs=300)


async def test_the_adapter_stopped_in_order_leaves_joined_calls_and_ends_the_others(rig: Rig) -> None:
    joined, ringing = await rig.joined(), await rig.originate(operator=phone(8))
    async with asyncio.timeout(20):
        while len(rig.django.of(ringing, "ringing")) < 2:
            await asyncio.sleep(0.1)
    await rig.stop()
    assert f"{joined}-cust" in rig.switch.channels
    assert not [name for name in rig.switch.channels if name.startswith(ringing)]
    await rig.start()
    assert (await rig.get(f"/call/{joined}"))[1]["state"] == "joined"
    ending = await rig.django.ending(ringing)
    assert (ending.state, ending.metadata["why"]) == ("failed", "adapter_restarted")


async def test_events_are_delivered_two_hours_later_once_django_is_back(rig: Rig) -> None:
    call_id = await rig.originate(granted_seconds=30, final=True)
    port = rig.django.port
    await rig.django.stop()
    await asyncio.sleep(60)
    await rig.kill()
    await asyncio.sleep(7200)
    await rig.start()
    await rig.django.start(port)
    ending = await rig.django.ending(call_id)
    assert int(ending.metadata["joined_ms"]) == pytest.approx(30_000, abs=50)
    told = [event.state for event in rig.django.of(call_id)]
    assert told == ["ringing", "answered", "ringing", "answered", "started", "ended"]


async def test_a_call_ended_by_a_clock_stepped_switch_while_we_were_dead_is_bounded_by_our_own_clock(
    rig: Rig,
) -> None:
    call_id = await rig.joined(granted_seconds=180, final=True)
    await asyncio.sleep(30)
    await rig.kill()
    rig.switch_step = 3600
    await rig.hang_up(call_id, Leg.CUSTOMER)
    await asyncio.sleep(4)
    await rig.start()
    metadata = (await rig.django.ending(call_id)).metadata
    assert 28_000 <= int(metadata["joined_ms"]) <= 36_500
    assert int(metadata["clock_difference_ms"]) > 3_500_000


@pytest.mark.parametrize("off", [3600, 0, -3600])
async def test_a_call_joined_in_the_instant_of_death_counts_from_there_whatever_the_switch_takes_for_the_date(
    rig: Rig, off: float
) -> None:
    rig.switch_step = off
    call_id = await rig.joined(granted_seconds=60, final=True)
    await rig.kill()
    forget_joining(rig.directory / "journal/adapter.journal")
    await asyncio.sleep(20)
    await rig.start()
    seen = (await rig.get(f"/call/{call_id}"))[1]
    assert (seen["state"], seen["elapsed_ms"]) == ("joined", pytest.approx(20_000, abs=600))
    metadata = (await rig.django.ending(call_id)).metadata
    assert metadata["why"] == "credit_exhausted"
    assert int(metadata["joined_ms"]) == pytest.approx(60_000, abs=600)
    assert "clock_difference_ms" not in metadata


@pytest.mark.parametrize("off", [3600, -3600])
async def test_django_is_told_dates_of_its_own_whatever_the_switch_takes_for_the_date(
    rig: Rig, off: float
) -> None:
    rig.switch_step = off
    call_id = await rig.joined()
    joined_at = rig.wall()
    assert float((await rig.get(f"/call/{call_id}"))[1]["joined_at"]) == pytest.approx(joined_at, abs=1)
    await asyncio.sleep(10)
    await rig.kill()
    await rig.start()
    assert (await rig.get("/health"))[1]["switch_date_off_seconds"] == off
    await rig.hang_up(call_id, Leg.CUSTOMER)
    ending = await rig.django.ending(call_id)
    for told in (rig.django.of(call_id, "started")[0], ending):
        assert float(told.metadata["joined_at"]) == pytest.approx(joined_at, abs=1)
    assert float(ending.metadata["left_at"]) == pytest.approx(joined_at + 10, abs=2)
    assert ending.ts == float(ending.metadata["left_at"])
    assert int(ending.metadata["joined_ms"]) == pytest.approx(10_000, abs=600)


class Another:
    """A second adapter on the same switch, with a journal of its own."""

    def __init__(self, rig: Rig) -> None:
        settings = rig.settings() | {"journal": rig.directory / "another journal"}
        self._process = AdapterProcess(AdapterConfig(**settings), rig.switch, rig.wall)
        self._runs = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def begin(self) -> None:
        await self._process.start()
        self._runs = True

    async def kill(self) -> None:
        if self._runs:
            self._runs = False
            await self._process.kill()

    @property
    def readiness(self) -> str:
        return str(self._process.adapter.readiness)


def forget_joining(path: Path) -> None:
    """The journal of an adapter that died after the bridge was made and before it wrote so."""
    kept = [
        record
        for record in read(path)
        if record["t"] not in ("joined", "alive") and record.get("event", {}).get("state") != "started"
    ]
    path.write_bytes(b"".join(encode(record) for record in kept))


class TestTheSwitchDies:
    async def test_joined_calls_end_at_the_last_moment_they_were_known_to_be_joined(self, rig: Rig) -> None:
        call_id, begun = await rig.joined(), rig.loop.time()
        await asyncio.sleep(33)
        rig.switch.crash()
        ending = await rig.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("switch_lost", "network")
        assert int(ending.metadata["joined_ms"]) == pytest.approx(33_000, abs=300)
        assert rig.loop.time() - begun >= 183, "not before the limit of the switch itself has passed"
        assert (await rig.post("/call/originate", rig.plan())) == (503, {"ok": False, "error": "no_switch"})

    async def test_it_comes_back_at_once_and_new_calls_are_taken(self, rig: Rig) -> None:
        call_id = await rig.joined()
        await asyncio.sleep(12)
        rig.switch.crash()
        await asyncio.sleep(0.5)
        rig.switch.boot()
        ending = await rig.django.ending(call_id)
        assert ending.metadata["why"] == "switch_lost"
        assert int(ending.metadata["joined_ms"]) == pytest.approx(12_000, abs=300)
        await rig.until_ready()
        await rig.joined()

    async def test_both_die_and_the_heartbeat_is_what_is_charged(self, rig: Rig) -> None:
        call_id = await rig.joined()
        await asyncio.sleep(33)
        await rig.kill()
        rig.switch.crash()
        await asyncio.sleep(100)
        rig.switch.boot()
        await rig.start()
        ending = await rig.django.ending(call_id)
        assert ending.metadata["why"] == "switch_lost"
        assert 27_000 <= int(ending.metadata["joined_ms"]) <= 33_000

    async def test_unjoined_calls_fail_soon(self, rig: Rig) -> None:
        call_id = await rig.originate(operator=phone(8))
        await rig.django.wait(call_id, "answered")
        rig.switch.crash()
        ending = await rig.django.ending(call_id, 15)
        assert (ending.state, ending.metadata["why"]) == ("failed", "switch_lost")
        assert "joined_at" not in ending.metadata


class TestTheConnectionBreaks:
    async def test_a_joined_call_goes_on(self, rig: Rig) -> None:
        call_id = await rig.joined(granted_seconds=40, final=True)
        await asyncio.sleep(10)
        rig.switch.disconnect()
        await asyncio.sleep(1)
        await rig.until_ready()
        assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "joined"
        ending = await rig.django.ending(call_id)
        assert ending.metadata["why"] == "credit_exhausted"
        assert int(ending.metadata["joined_ms"]) == 40_000

    async def test_a_call_that_ended_unseen_is_closed_from_the_record(self, rig: Rig) -> None:
        call_id = await rig.joined()
        await asyncio.sleep(10)
        rig.switch.disconnect()
        await rig.hang_up(call_id, Leg.OPERATOR)
        ending = await rig.django.ending(call_id)
        assert (ending.metadata["why"], ending.metadata["ended_by"]) == ("hangup", "operator")
        assert int(ending.metadata["joined_ms"]) == pytest.approx(10_000, abs=300)

    @pytest.mark.parametrize("is_recorded", [True, False], ids=["by the record", "when it is back"])
    async def test_lost_in_the_instant_of_joining_it_is_a_joined_call(
        self, tmp_path: Path, is_recorded: bool
    ) -> None:
        async with Rig(tmp_path, **({} if is_recorded else {"cel_file": None})) as rig:
            await rig.start()
            at_once = {"customer": phone(0, ring=0), "operator": phone(0, ring=0)}
            add = rig.switch.add_to_bridge

            async def add_and_break(*names: Any) -> None:
                await add(*names)
                await rig.cut()
                raise SwitchUnavailable("the answer is lost")

            rig.switch.add_to_bridge = add_and_break
            call_id = await rig.originate(
                customer__confirm=False, operator__confirm=False, granted_seconds=60, final=True, **at_once
            )
            async with asyncio.timeout(20):
                while not rig.switch.is_down:
                    await asyncio.sleep(0.1)
            await asyncio.sleep(6)
            assert not rig.django.of(call_id, "failed", "ended")
            await rig.mend()
            await rig.until_ready()
            assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "joined"
            ending = await rig.django.ending(call_id)
            assert ending.metadata["why"] == "credit_exhausted"
            assert len(rig.django.of(call_id, "started")) == 1
            assert int(ending.metadata["joined_ms"]) == pytest.approx(
                60_000, abs=100 if is_recorded else 7000
            )

    async def test_a_party_whose_answer_was_not_heard_is_not_blamed(self, rig: Rig) -> None:
        call_id = await rig.originate(operator=phone(8), operator__ring_seconds=5)
        async with asyncio.timeout(20):
            while len(rig.django.of(call_id, "ringing")) < 2:
                await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        await rig.cut()
        ending = await rig.django.ending(call_id, 12)
        assert (ending.state, ending.metadata["why"]) == ("failed", "switch_lost")

    async def test_a_stream_that_went_dumb_proves_nothing_of_its_last_seconds(self, rig: Rig) -> None:
        call_id = await rig.joined()
        await asyncio.sleep(12)
        stream = rig.switch._stream

        async def no_answer() -> None:
            await asyncio.sleep(3)
            raise SwitchUnavailable("no answer")

        stream.ping = no_answer
        close = stream.close

        async def close_and_die() -> None:
            rig.switch.crash()
            await close()

        stream.close = close_and_die
        ending = await rig.django.ending(call_id)
        assert int(ending.metadata["joined_ms"]) <= 12_000


class TestAnotherAdapterTakesOver:
    async def test_the_first_stops_acting_and_says_so(self, rig: Rig) -> None:
        call_id = await rig.joined(granted_seconds=30, final=True)
        await rig.switch.connect()
        await asyncio.sleep(1)
        assert (await rig.get("/health"))[0] == 503
        assert await rig.get(f"/call/{call_id}") == (503, {"ok": False, "error": "replaced"})
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "replaced"})
        await asyncio.sleep(31)
        assert f"{call_id}-cust" in rig.switch.channels, "not ours to hang up any more"
        assert not rig.django.of(call_id, "ended")

    async def test_its_process_ends_and_the_next_one_stands_by(self, rig: Rig) -> None:
        joined = await rig.joined(granted_seconds=60, final=True)
        ringing = await rig.originate(operator=phone(8), operator__ring_seconds=60)
        await rig.django.wait(ringing, "answered")
        first = rig.running
        assert first is not None
        async with Another(rig) as second:
            await rig.switch.connect()  # as if the second had come while the first was paused
            await asyncio.wait_for(first.replaced(), 5)
            await rig.stop()
            assert await rig.talks_on(joined)
            await second.begin()
            await rig.start_unready()
            await asyncio.sleep(20)
            assert (await rig.get("/health"))[1]["error"] == "standby"
            assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "standby"})
            assert second.readiness == "ready"
            ending = await rig.django.ending(ringing, 1)
            assert (ending.state, "joined_at" in ending.metadata) == ("failed", False)
            ended = await rig.django.ending(joined, 60)
            assert ended.metadata["why"] == "safety_limit"
            assert int(ended.metadata["joined_ms"]) == pytest.approx(63_000, abs=300)
            await second.kill()
            await rig.until_ready()

    async def test_who_stands_by_hangs_up_its_earlier_calls_when_asked(self, rig: Rig) -> None:
        call_id = await rig.joined(granted_seconds=600, final=True)
        await asyncio.sleep(10)
        async with Another(rig) as second:
            await rig.kill()
            await second.begin()
            await asyncio.sleep(20)
            assert second.readiness == "ready"
            await rig.start_unready()
            await asyncio.sleep(5)
            assert (await rig.get("/health"))[1]["error"] == "standby"
            asked_at = rig.loop.time()
            assert (await rig.ask_hangup(call_id, "customer"))[0] == 202
            assert await rig.is_gone(call_id)
            ended = await rig.django.ending(call_id, 10)
            assert (ended.metadata["why"], ended.metadata["ended_by"]) == ("hangup", "customer")
            assert rig.loop.time() - asked_at < 5
            assert 34_000 < int(ended.metadata["joined_ms"]) < 38_000

    async def test_a_newcomer_waits_while_the_first_is_at_work(self, rig: Rig) -> None:
        call_id = await rig.joined()
        async with Another(rig) as second:
            await second.begin()
            await asyncio.sleep(60)
            assert second.readiness == "standby"
            assert (await rig.get(f"/call/{call_id}"))[1]["state"] == "joined"
            assert (await rig.get("/health"))[0] == 200
            await rig.stop()
            await asyncio.sleep(3)
            assert second.readiness == "ready", "who stops in order makes room at once"
            assert await rig.talks_on(call_id)

    async def test_cut_off_while_the_other_takes_over_it_stops_acting(self, rig: Rig) -> None:
        call_id = await rig.joined()
        await rig.cut()
        await asyncio.sleep(1)
        rig.switch.globals["AEIMS_ADAPTER"] = "another 1"
        await rig.mend()
        await asyncio.sleep(3)
        assert (await rig.get("/health"))[1]["error"] == "replaced"
        assert await rig.talks_on(call_id)
        assert not rig.django.of(call_id, "ended")

    async def test_one_journal_has_one_adapter(self, rig: Rig) -> None:
        with pytest.raises(JournalBusy):
            Journal(rig.directory / "journal").open()


class TestThePausedAdapter:
    """SIGSTOP: the loop does not run, then all timers are due at once and old events wait in the socket."""

    async def test_a_call_that_ended_meanwhile_is_told_with_its_own_times(self, rig: Rig) -> None:
        call_id = await rig.joined(granted_seconds=60, final=True)
        await asyncio.sleep(10)
        self.pause(rig, 5)
        rig.switch.party_hangs_up(f"{call_id}-cust")
        self.pause(rig, 100)
        metadata = (await rig.django.ending(call_id)).metadata
        assert (metadata["why"], metadata["ended_by"]) == ("hangup", "customer")
        assert int(metadata["joined_ms"]) == pytest.approx(15_000, abs=300)
        assert "clock_difference_ms" not in metadata

    async def test_a_timer_that_is_due_after_a_pause_waits_for_news_of_a_take_over(self, rig: Rig) -> None:
        call_id = await rig.joined(granted_seconds=60, final=True)
        await asyncio.sleep(10)
        await rig.switch.connect()
        self.pause(rig, 100)
        await asyncio.sleep(2)
        assert (await rig.get("/health"))[1]["error"] == "replaced"
        assert not rig.django.of(call_id, "ended")

    @staticmethod
    def pause(rig: Rig, seconds: float) -> None:
        rig.loop.clock += seconds  # type: ignore[attr-defined]
