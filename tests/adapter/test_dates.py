"""Dates that differ: Django's, the adapter's own. Deadlines are Django's, and its date is learned from what it says."""

import asyncio

import pytest

from tests.adapter.rig import PLATFORM, Rig, phone


class TestDatesThatDiffer:
    """Django's clock, or the adapter's, is off by seconds or by an hour: no click is refused, none comes too late."""

    @pytest.mark.parametrize("off", [12, -12, 3600, -3600])
    async def test_a_click_is_a_call_and_a_late_one_is_not(self, rig: Rig, off: float) -> None:
        rig.django.wall = lambda: rig.wall() + off
        call_id = await rig.originate()
        await rig.django.wait(call_id, "started")
        late = rig.plan(not_after=rig.django.wall() - 1)
        assert await rig.post("/call/originate", late) == (409, {"ok": False, "error": "expired"})
        assert (await rig.get("/health"))[1]["django_date_off_seconds"] == pytest.approx(off, abs=0.2)
        assert rig.told_date == pytest.approx(rig.django.wall(), abs=0.2), "who asks may have another clock"

    @pytest.mark.parametrize("off", [12, -12, 3600, -3600])
    async def test_a_clock_stepped_in_mid_call_and_back_again_stops_no_call(
        self, rig: Rig, off: float
    ) -> None:
        step = 0.0
        rig.django.wall = lambda: rig.wall() + step
        first = await rig.joined()
        step = off
        second = await rig.joined()
        step = 0.0
        third = await rig.joined()
        assert (await rig.get("/health"))[1]["django_date_off_seconds"] == pytest.approx(0, abs=0.2)
        for call_id in (first, second, third):
            await rig.ask_hangup(call_id, "customer")
            await rig.django.ending(call_id)

    @pytest.mark.parametrize("off", [3600, -3600])
    async def test_the_adapters_own_clock_is_stepped(self, rig: Rig, off: float) -> None:
        rig.django.wall = lambda: rig.wall() - rig.clock_step
        await rig.joined()
        rig.clock_step = off
        await rig.joined()
        late = rig.plan(not_after=rig.django.wall() - 1)
        assert (await rig.post("/call/originate", late))[0] == 409

    async def test_a_request_that_waited_for_a_paused_adapter_is_late(self, rig: Rig) -> None:
        assert rig.running is not None
        told = rig.django.wall()
        await asyncio.sleep(20)
        assert await rig.running.adapter.dates.is_past(told + 10, told)
        assert not await rig.running.adapter.dates.is_past(told + 30, told)

    async def test_an_answer_that_waited_for_a_paused_adapter_teaches_no_wrong_date(self, rig: Rig) -> None:
        assert rig.running is not None
        reporter = rig.running.adapter.reporter
        told, asked = rig.django.wall(), rig.loop.time()
        await asyncio.sleep(5)
        reporter._take_time(f"{told:.3f}", asked)
        assert reporter.offset == 0
        reporter._take_time(f"{told - 12:.3f}", asked)
        assert reporter.offset == pytest.approx(-14.5, abs=0.1), "this one no waiting explains"

    async def test_a_django_of_an_earlier_version_tells_no_dates(self, rig: Rig) -> None:
        rig.django.is_dated = False
        call_id = await rig.originate()
        await rig.django.wait(call_id, "started")

    async def test_a_code_is_spoken_whatever_the_date(self, rig: Rig) -> None:
        rig.django.wall = lambda: rig.wall() - 12
        request = {
            "verification_id": "verify_1750000000_abc123", "number": phone(0, ring=0) + "1", "caller_id": PLATFORM,
            "sounds": ["numbers/7"], "not_after": rig.django.wall() + 10,
        }  # fmt: skip
        assert (await rig.post("/verification", request))[0] == 202
