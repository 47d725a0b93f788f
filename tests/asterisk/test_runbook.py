"""The runbook's entry about Asterisk itself, followed on the real one: killed in a call, looked at, started again."""

import asyncio
from pathlib import Path

import pytest

from tests.adapter.test_metrics import KEY, read, value
from tests.asterisk.adapter_rig import AsteriskRig
from tests.lab.asterisk import Asterisk
from tests.lab.carrier import Carrier
from tests.watching.rules import fires

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]


async def test_asterisk_is_looked_at_and_started_again(
    tmp_path: Path, asterisk: Asterisk, carrier: Carrier
) -> None:
    async with AsteriskRig(tmp_path, asterisk, carrier) as rig:
        await rig.start(metrics_key=KEY)
        before = await read(rig)
        assert "System uptime" in asterisk.cli("core show uptime")
        call_id = await rig.joined()
        await asyncio.sleep(3)
        asterisk.kill()
        await asyncio.sleep(5)
        after = await read(rig)
        assert value(after, "aeims_adapter_state", state="no_switch") == 1
        assert "Unable to connect to remote asterisk" in asterisk.cli("core show uptime")
        asterisk.up(fresh=False)
        assert "System uptime" in asterisk.cli("core show uptime")
        ending = await rig.django.ending(call_id, 20)
        assert ending.metadata["why"] == "switch_lost"
        assert 2_900 <= int(ending.metadata["joined_ms"]) < 4_500, (
            "to the last moment it was known to be joined"
        )
        await rig.until_ready()
        cured = await read(rig)
        assert fires("AsteriskDown", before, after, cured)
        assert fires("AdapterNotReady", before, after, cured)
