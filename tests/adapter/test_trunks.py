"""Several carriers on the simulated switch: the contract, and what only needs one of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.adapter.ami import state_of
from telephony.adapter.switch import Dial, Kind, SwitchSilent
from telephony.adapter.trunk import Trunk, by_template, parse_trunk, trunk_of
from telephony.adapter.trunks import REST_SECONDS
from telephony.states import Leg
from tests.adapter.contract_trunks import FIRST, RINGING_WITHIN, SECOND, TrunkContract
from tests.adapter.rig import ACCEPTS, PLATFORM, Rig

TWO = (Trunk(), Trunk(name=SECOND, template="PJSIP/{number}@carrier2"))


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Rig]:
    """An adapter whose switch has two trunks."""
    async with Rig(tmp_path, ringing_within_seconds=RINGING_WITHIN) as rig:
        rig.switch.trunk_list = TWO
        await rig.start()
        yield rig


class TestOnTheSimulator(TrunkContract):
    @pytest.fixture
    def world(self, two: Rig) -> Rig:
        return two


async def test_a_trunk_that_asterisk_knows_to_be_away_costs_no_time(two: Rig) -> None:
    two.switch.unreachable = {FIRST}
    began = two.loop.time()
    call_id = await two.joined()
    assert two.invites(SECOND, call_id, Leg.CUSTOMER) == 1
    assert two.loop.time() - began < RINGING_WITHIN


async def test_no_answer_moves_a_trunk_to_the_end_for_a_while(two: Rig) -> None:
    two.trunk_is_silent(FIRST)
    await two.joined()
    two.switch.silent.clear()
    second = await two.joined()
    assert two.invites(FIRST, second, Leg.CUSTOMER) == 0
    await asyncio.sleep(REST_SECONDS)
    third = await two.joined()
    assert two.invites(FIRST, third, Leg.CUSTOMER) == 1


async def test_a_trunk_at_rest_is_still_tried_last(two: Rig) -> None:
    two.trunk_is_silent(FIRST)
    await two.joined()
    two.switch.silent.clear()
    two.trunk_refuses(SECOND, 503)
    call_id = await two.joined()
    assert two.invites(FIRST, call_id, Leg.CUSTOMER) == 1


async def test_a_phone_that_rings_as_its_call_is_taken_back_has_had_it(two: Rig) -> None:
    two.trunk_is_silent(FIRST)
    plan = two.plan()
    channel = f"{plan['call_id']}-cust"
    hang_up = two.switch.hangup

    async def ring_first(channel_id: str) -> None:
        if channel_id == channel and channel_id in two.switch.channels:
            two.switch._emit(Kind.RINGING, two.switch.channels[channel])
        await hang_up(channel_id)

    two.switch.hangup = ring_first
    await two.post("/call/originate", plan)
    ending = await two.django.ending(plan["call_id"])
    assert (ending.state, ending.metadata["why"]) == ("failed", "carrier_fault")
    assert two.invites(SECOND, plan["call_id"], Leg.CUSTOMER) == 0


async def test_a_request_that_may_have_been_carried_out_is_not_made_again(two: Rig) -> None:
    asked = []

    async def say_nothing(dial: Dial) -> None:
        asked.append(dial.trunk.name)
        await originate(dial)
        raise SwitchSilent("POST: no answer")

    originate, two.switch.originate = two.switch.originate, say_nothing
    call_id = await two.originate()
    ending = await two.django.ending(call_id)
    assert ending.metadata["why"] == "customer_unreachable"
    assert asked == [FIRST]
    assert await two.is_gone(call_id)


async def test_a_full_trunk_is_passed_over_and_two_full_ones_refuse_the_call(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        rig.switch.trunk_list = tuple(replace(trunk, max_channels=2) for trunk in TWO)
        await rig.start()
        first, second = await rig.joined(), await rig.joined()
        assert [rig.invites(FIRST, first, leg) for leg in Leg] == [1, 1]
        assert [rig.invites(SECOND, second, leg) for leg in Leg] == [1, 1]
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "full"})
        await rig.kill()
        await rig.start()
        assert await rig.post("/call/originate", rig.plan()) == (503, {"ok": False, "error": "full"}), (
            "counted again by what lives in the switch"
        )
        await rig.hang_up(first, Leg.CUSTOMER)
        await rig.django.ending(first)
        third = await rig.joined()
        assert [rig.invites(FIRST, third, leg) for leg in Leg] == [1, 1]


async def test_a_trunk_gets_no_more_calls_a_second_than_it_takes(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        rig.switch.trunk_list = (Trunk(per_second=2),)
        await rig.start()
        began = rig.loop.time()
        for _ in range(3):
            await rig.joined()
        assert rig.loop.time() - began >= 2, "six legs, two a second"


async def test_a_code_is_spoken_by_the_next_carrier(two: Rig) -> None:
    for name, spoil in {
        "refused": lambda: two.trunk_refuses(FIRST, 503),
        "silent": lambda: two.trunk_is_silent(FIRST),
    }.items():
        two.switch.refusing.clear()
        spoil()
        reference = f"verify_1750000000_{name}"
        status, _ = await two.post(
            "/verification",
            {
                "verification_id": reference,
                "number": ACCEPTS + "1",
                "caller_id": PLATFORM,
                "sounds": ["common/code"],
                "not_after": two.django.wall() + 10,
            },
        )
        assert status == 202
        await asyncio.sleep(RINGING_WITHIN + 10)
        assert (await two.get(f"/verification/{reference}"))[1]["state"] == "spoken", name
        assert two.switch.dialled_by[-1] == (SECOND, reference)


async def test_health_says_how_each_trunk_is(two: Rig) -> None:
    two.switch.unreachable = {SECOND}
    await asyncio.sleep(15)
    trunks = (await two.get("/health"))[1]["trunks"]
    assert [(one["name"], one["state"]) for one in trunks] == [(FIRST, "reachable"), (SECOND, "unreachable")]


def test_a_trunk_is_what_the_node_says() -> None:
    trunk = parse_trunk(
        "name=carrier2 numbers=digits calls=30 calls_per_second=5 identity=sip.example.net new=1"
    )
    assert trunk is not None
    assert (trunk.name, trunk.max_channels, trunk.per_second) == (SECOND, 30, 5)
    assert trunk.endpoint("+12125550123") == "PJSIP/12125550123@carrier2"
    assert trunk.caller(PLATFORM) == "18005550100"
    header = {"PJSIP_HEADER(add,P-Asserted-Identity)": "<sip:18005550100@sip.example.net>"}
    assert trunk.variables(PLATFORM) == header


def test_with_plus_is_how_numbers_are_written_unless_the_node_says_otherwise() -> None:
    trunk = parse_trunk("name=carrier numbers=plus calls=0 calls_per_second=0")
    assert trunk == Trunk()
    assert (trunk.endpoint("+12125550123"), trunk.caller(PLATFORM)) == (
        "PJSIP/+12125550123@carrier",
        PLATFORM,
    )
    assert trunk.variables(PLATFORM) == {}


@pytest.mark.parametrize("text", ["", "numbers=plus", "name=../x"])
def test_what_is_no_trunk_is_none(text: str) -> None:
    assert parse_trunk(text) is None


def test_a_template_is_a_trunk_that_writes_our_number_as_before() -> None:
    trunk = by_template("PJSIP/{digits}@other")
    assert (trunk.name, trunk.endpoint("+1212")) == ("other", "PJSIP/1212@other")
    assert trunk.caller(PLATFORM) == PLATFORM


def test_the_trunk_of_a_channel_is_in_its_name() -> None:
    assert trunk_of("PJSIP/carrier2-0000001f") == "carrier2"
    assert trunk_of("Local/s@aeims-record-00000001;1") == ""


@pytest.mark.parametrize(
    ("registration", "contact", "state"),
    [
        ("Registered", "Reachable", "registered"), ("Registered", "Unreachable", "unreachable"),
        ("Rejected", "Reachable", "rejected"), ("Unregistered", "NonQualified", "not_registered"),
        ("", "Reachable", "reachable"), ("", "NonQualified", "unknown"), ("Registered", "", "registered"),
    ],
)  # fmt: skip
def test_one_word_for_registration_and_reach(registration: str, contact: str, state: str) -> None:
    assert state_of(registration, contact) == state
