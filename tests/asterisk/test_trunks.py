"""Several carriers on the real Asterisk: the contract, and what stands on the wire."""

import asyncio
from dataclasses import replace

import pytest

from telephony.states import Leg
from tests.adapter.contract_trunks import FIRST, SECOND, TrunkContract
from tests.adapter.rig import PLATFORM, phone
from tests.asterisk.trunk_fixtures import DOMAIN
from tests.asterisk.trunk_rig import TrunkRig
from tests.lab import sip
from tests.lab.audio import RING_BACK, tone_of
from tests.lab.leaks import mentions
from tests.lab.numbers import parse_number

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk, pytest.mark.xdist_group("trunks")]


class TestOnAsterisk(TrunkContract):
    @pytest.fixture
    def world(self, two_carriers: TrunkRig) -> TrunkRig:
        return two_carriers


async def test_the_customer_hears_ring_back_while_the_next_carrier_is_tried(two_carriers: TrunkRig) -> None:
    world = two_carriers
    world.trunk_is_silent(FIRST, Leg.OPERATOR)
    call_id = await world.joined(customer__prompts={}, operator=phone(1, ring=2), operator__confirm=True)
    customer, operator = world.phone(call_id, Leg.CUSTOMER), world.phone(call_id, Leg.OPERATOR)
    assert world.invites(FIRST, call_id, Leg.OPERATOR) == world.invites(SECOND, call_id, Leg.OPERATOR) == 1
    ringing_back = customer.media.heard(10)
    assert set(ringing_back.tones) <= {*RING_BACK, tone_of(operator.number)}
    await customer.hears(lambda heard: heard.tones == (tone_of(operator.number),))
    await operator.hears(lambda heard: heard.tones == (tone_of(customer.number),))
    for one, other in ((customer, operator), (operator, customer)):
        assert not [message for message in one.messages if mentions(message.text, other.number)]


async def test_a_carrier_that_took_the_call_and_fell_silent_is_told_that_it_is_off(
    two_carriers: TrunkRig,
) -> None:
    world = two_carriers
    world.carriers[FIRST].behaviour = lambda number: replace(parse_number(number), is_tried=True)
    call_id = await world.joined()
    assert await canceled(world, call_id)
    assert world.invites(SECOND, call_id, Leg.CUSTOMER) == 1


async def test_a_carrier_that_wakes_up_later_is_told_so_at_its_first_word(two_carriers: TrunkRig) -> None:
    """Asterisk sends its INVITE again for half a minute, and may not cancel what was not answered (RFC 3261, 9.1)."""
    world = two_carriers
    world.trunk_is_silent(FIRST)
    call_id = await world.joined()
    late = world.carriers[FIRST].phone(world.numbers[call_id, Leg.CUSTOMER])
    assert late is not None
    late.state = "ringing"
    late.reply(late.invite, 100, "Trying")
    assert await canceled(world, call_id)
    assert await world.talks_on(call_id)


async def canceled(world: TrunkRig, call_id: str) -> bool:
    """Whether the first carrier was told that the customer is not to be called."""
    phone = world.carriers[FIRST].phone(world.numbers[call_id, Leg.CUSTOMER])
    assert phone is not None
    async with asyncio.timeout(2):
        await phone.ended.wait()
    return phone.end_reason == "cancelled"


async def test_numbers_and_identity_are_written_as_the_carrier_wants(two_carriers: TrunkRig) -> None:
    world = two_carriers
    world.trunk_refuses(FIRST, 503)
    call_id = await world.joined()
    number = world.numbers[call_id, Leg.CUSTOMER]
    plus, digits = (carrier.phone(number) for carrier in world.carriers.values())
    assert plus is not None
    assert digits is not None
    assert (plus.number, plus.caller) == (number, PLATFORM)
    assert sip.header(plus.invite, "P-Asserted-Identity") == ""
    assert (digits.number, digits.caller) == (number[1:], PLATFORM[1:])
    assert sip.header(digits.invite, "P-Asserted-Identity") == f"<sip:{PLATFORM[1:]}@{DOMAIN}>"
    assert f"<sip:{PLATFORM[1:]}@{DOMAIN}>" in sip.header(digits.invite, "From")
    other = world.numbers[call_id, Leg.OPERATOR]
    assert not [message for message in digits.messages if mentions(message.text, other)]
    await world.hang_up(call_id, Leg.CUSTOMER)
    await world.django.wait(call_id, "ended")


async def test_a_stream_that_begins_anew_in_the_middle_of_a_call_is_heard(two_carriers: TrunkRig) -> None:
    """As after a transfer in the carrier's network. Where sound is converted Asterisk 22.10 would lose it."""
    world = two_carriers
    call_id = await world.joined()
    customer, operator = world.phone(call_id, Leg.CUSTOMER), world.phone(call_id, Leg.OPERATOR)
    await operator.hears(lambda heard: heard.frequency == tone_of(customer.number))
    customer.media.begin_anew()
    await asyncio.sleep(0.5)  # what is heard from now on came after it
    await operator.hears(lambda heard: heard.frequency == tone_of(customer.number))
    await customer.hears(lambda heard: heard.frequency == tone_of(operator.number))
