"""A journal that the adapter of commit f886ab5 left behind, read by today's while its calls go on (`tests/data/README.md`)."""

from pathlib import Path

import pytest

from telephony.adapter.ids import bridge_id, channel_id
from telephony.adapter.simulated_channel import Channel
from telephony.states import Leg
from tests.adapter.rig import EPOCH, Rig
from tests.upgrade.installation import JOURNAL
from tests.upgrade.test_upgrade import END_IN_OUTBOX, JOINED, RINGING

JOINED_AT, JOINED_MONO = 1_795_874_924.378, 2849.293_854
NOW_MONO = 2960.0


async def test_a_joined_call_of_an_older_adapter_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "journal/adapter.journal"
    journal.parent.mkdir()
    journal.write_bytes(JOURNAL.read_bytes())
    async with Rig(tmp_path) as rig:
        rig.loop.clock = NOW_MONO  # type: ignore[attr-defined]
        rig.clock_step = rig.switch_step = JOINED_AT - JOINED_MONO - EPOCH
        rig.django.grant = (300, True)
        await bridge_both_legs(rig, JOINED)
        await rig.start()
        call = (await rig.get(f"/call/{JOINED}"))[1]
        assert (call["state"], call["granted_seconds"]) == ("joined", 240)
        assert call["elapsed_ms"] == pytest.approx(1000 * (NOW_MONO - JOINED_MONO), abs=500)
        ending = await rig.django.ending(JOINED)
        assert ending.metadata["why"] == "credit_exhausted"
        assert int(ending.metadata["joined_ms"]) == pytest.approx(300_000, abs=100)
        assert float(ending.metadata["joined_at"]) == pytest.approx(JOINED_AT, abs=0.01)
        assert (await rig.django.ending(END_IN_OUTBOX)).metadata["joined_ms"] == "102396"
        assert (await rig.django.ending(RINGING)).metadata["why"] == "adapter_restarted"


async def bridge_both_legs(rig: Rig, call_id: str) -> None:
    """The switch has kept the call while no adapter ran."""
    legs = [channel_id(call_id, leg) for leg in Leg]
    for number, name in enumerate(legs):
        rig.switch.channels[name] = Channel(name, f"PJSIP/carrier-{number:08x}")
    await rig.switch.create_bridge(bridge_id(call_id))
    await rig.switch.add_to_bridge(bridge_id(call_id), legs)
