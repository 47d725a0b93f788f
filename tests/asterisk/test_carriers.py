"""A second Asterisk as the carrier: registration and digest, by address, TLS and SRTP, every codec, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.adapter.trunk import TrunkState
from telephony.states import Leg
from tests.adapter.contract_steps import JOINED
from tests.adapter.contract_trunks import FIRST
from tests.adapter.rig import LAST_DIGIT, PLATFORM, SUFFIX, phone
from tests.asterisk.trunk_fixtures import TrunkNode
from tests.asterisk.trunk_rig import TrunkRig
from tests.lab.ari import Ari
from tests.lab.audio import tone_of
from tests.lab.carrier import Carrier
from tests.lab.leaks import mentions
from tests.lab.numbers import Behaviour, Kind, parse_number

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk, pytest.mark.xdist_group("trunks")]

TOLD = {
    "carrier": TrunkState.UNKNOWN,
    "carrier3": TrunkState.REGISTERED,
    "carrier5": TrunkState.REACHABLE,
    "carrier8": TrunkState.REJECTED,
}


@pytest_asyncio.fixture
async def ari(trunk_node: TrunkNode) -> AsyncIterator[Ari]:
    async with Ari(trunk_node.node, app="plain") as client:
        yield client


async def until(world: TrunkRig, trunk: str, state: TrunkState, seconds: float = 15) -> None:
    """Wait until Asterisk says this of a trunk."""
    states: dict[str, TrunkState] = {}
    try:
        async with asyncio.timeout(seconds):
            while (states := await world.switch.trunk_states()).get(trunk) is not state:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{trunk} is not {state}: {states}") from None


@pytest.mark.parametrize(
    ("trunk", "state", "codec", "is_secure"),
    [
        ("carrier3", TrunkState.REGISTERED, "opus", False),
        ("carrier4", TrunkState.REACHABLE, "alaw", False),
        ("carrier5", TrunkState.REACHABLE, "g722", True),
    ],
    ids=["digest and registration, opus", "by address, alaw", "TLS and SRTP, g722"],
)
async def test_both_hear_each_other(
    tmp_path: Path,
    trunk_node: TrunkNode,
    dialed_out: Carrier,
    ari: Ari,
    trunk: str,
    state: TrunkState,
    codec: str,
    is_secure: bool,
) -> None:
    async with first_trunk(tmp_path, trunk_node, dialed_out, trunk) as world:
        await until(world, trunk, state)
        call_id = await world.joined()
        customer, operator = world.phone(call_id, Leg.CUSTOMER), world.phone(call_id, Leg.OPERATOR)
        await customer.hears(lambda heard: heard.frequency == tone_of(operator.number))
        await operator.hears(lambda heard: heard.frequency == tone_of(customer.number))
        channel = f"channels/{call_id}-{SUFFIX[Leg.OPERATOR]}"
        assert (await ari.get(channel))["name"].startswith(f"PJSIP/{trunk}-")
        said = await ari.get(f"{channel}/variable", variable="CHANNEL(audionativeformat)")
        assert said["value"] == f"({codec})"
        said = await ari.get(f"{channel}/variable", variable="CHANNEL(pjsip,secure)")
        assert said["value"] == str(int(is_secure))
        assert (customer.caller, operator.caller) == (PLATFORM, PLATFORM), "by the brand's number"
        for own, stranger in ((customer, operator), (operator, customer)):
            assert not [message for message in own.messages if mentions(message.text, stranger.number)]
        await world.hang_up(call_id, Leg.OPERATOR)
        assert (await world.django.ending(call_id)).metadata["ended_by"] == "operator"


@asynccontextmanager
async def first_trunk(
    tmp_path: Path, trunk_node: TrunkNode, dialed_out: Carrier, trunk: str
) -> AsyncIterator[TrunkRig]:
    """The customer is called by the lab's carrier in PCMU, the operator by the other trunk, for the first one refuses."""
    async with Carrier(port=trunk_node.node.ports.carrier) as first:
        refuse = Behaviour(Kind.ANSWER, refuses_with=503)
        operators = LAST_DIGIT[Leg.OPERATOR]
        first.behaviour = lambda number: refuse if number.endswith(operators) else parse_number(number)
        async with TrunkRig(tmp_path, trunk_node.node, {FIRST: first, trunk: dialed_out}) as world:
            await world.start()
            yield world


async def test_a_carrier_whose_certificate_is_wrong_gets_no_call(
    trunk_node: TrunkNode, dialed_out: Carrier, ari: Ari
) -> None:
    for trunk in ("carrier6", "carrier7"):
        plan = {"endpoint": f"PJSIP/+19990000000@{trunk}", "app": ari.app, "callerId": PLATFORM}
        await ari.post(f"channels/{trunk}", json=plan)
        end = await ari.wait("ChannelDestroyed", channel=trunk)
        assert end["tech_cause"] == 503, "as a carrier that is away: the next one may be tried"
    said = trunk_node.node.output.read_text()
    assert "server identity does not match" in said
    assert "certificate is untrusted" in said
    assert not dialed_out.phones


async def test_a_carrier_that_wants_sound_encrypted_takes_none_in_the_clear(
    dialed_out: Carrier, ari: Ari
) -> None:
    """So what was heard by carrier5, which is the same one, was encrypted."""
    plan = {"endpoint": "PJSIP/+19990000000@carrier9", "app": ari.app, "callerId": PLATFORM}
    await ari.post("channels/clear", json=plan)
    assert (await ari.wait("ChannelDestroyed", channel="clear"))["tech_cause"] == 488
    assert not dialed_out.phones


@pytest.mark.parametrize(
    "trunk",
    ["carrier3", *(pytest.param(name, marks=pytest.mark.long) for name in ("carrier4", "carrier5"))],
)
async def test_prompts_and_keys_pass_in_every_codec(
    tmp_path: Path, trunk_node: TrunkNode, dialed_out: Carrier, trunk: str
) -> None:
    async with TrunkRig(tmp_path, trunk_node.node, {trunk: dialed_out}) as world:
        await world.start()
        call_id = await world.originate(operator=phone(0, ring=0), operator__confirm=False)
        customer = await world.rung(call_id, Leg.CUSTOMER)
        await customer.hears(lambda heard: heard.level > 300 and not heard.tones, timeout=6)
        await world.django.wait(call_id, JOINED)
        await world.hang_up(call_id, Leg.CUSTOMER)
        await world.django.ending(call_id)


async def test_the_state_of_each_trunk_is_told(
    tmp_path: Path, trunk_node: TrunkNode, dialed_out: Carrier
) -> None:
    async with TrunkRig(tmp_path, trunk_node.node, {"carrier3": dialed_out}, *TOLD) as world:
        await world.start()
        for trunk, state in TOLD.items():
            await until(world, trunk, state)
        await asyncio.sleep(0)
        trunks = (await world.get("/health"))[1]["trunks"]
        assert [one["name"] for one in trunks] == list(TOLD)


async def test_calls_by_a_rejected_trunk_go_by_the_next_one(
    tmp_path: Path, trunk_node: TrunkNode, dialed_out: Carrier
) -> None:
    async with TrunkRig(
        tmp_path, trunk_node.node, {"carrier3": dialed_out}, "carrier8", "carrier6", "carrier3"
    ) as world:
        await world.start()
        call_id = await world.joined()
        assert len([one for one in dialed_out.phones if one.number in world.numbers.values()]) == 2
        trunks = {one["name"]: one for one in (await world.get("/health"))[1]["trunks"]}
        assert trunks["carrier8"]["last_refusal"] in ("SIP 401", "SIP 403")
        assert (trunks["carrier6"]["last_refusal"], trunks["carrier3"]["refused"]) == ("SIP 503", 0)
        await world.hang_up(call_id, Leg.OPERATOR)
        await world.django.ending(call_id)
