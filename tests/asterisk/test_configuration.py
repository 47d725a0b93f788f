"""The deployed configuration by itself: what Asterisk does for a call when nobody of ours is there to act."""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.lab import cel, sip
from tests.lab.ari import Ari
from tests.lab.asterisk import Asterisk
from tests.lab.audio import RING_BACK, WARNING, tone_of
from tests.lab.carrier import Carrier
from tests.lab.fixtures import RTP_TIMEOUT_SECONDS
from tests.lab.leaks import mentions
from tests.lab.numbers import Behaviour, Kind, number
from tests.lab.phone import Phone
from tests.lab.sipp import SippCarrier
from tests.lab.sounds import made_names

pytestmark = [pytest.mark.asyncio, pytest.mark.asterisk]

PLATFORM = "+18005550199"
CUSTOMER = number(Kind.ANSWER, suffix="1001")
OPERATOR = number(Kind.ANSWER, suffix="2002")


@dataclass
class Legs:
    """A joined call and its two phones."""

    bridge: str
    customer: Phone
    operator: Phone


async def ring(ari: Ari, carrier: Carrier, channel: str, to: str, *, caller: str = PLATFORM) -> Phone:
    """Ring a phone as the adapter does, with the hang-up handler; returns when it has answered."""
    variables = {"AEIMS_CALL": "call_1_proof", "CHANNEL(hangup_handler_push)": "aeims-hh,s,1"}
    plan = {"endpoint": f"PJSIP/{to}@carrier", "app": ari.app, "callerId": caller, "variables": variables}
    await ari.post(f"channels/{channel}", json=plan)
    await ari.wait("StasisStart", channel=channel)
    phone = await carrier.wait_call(to)
    await phone.answered.wait()
    return phone


async def join(ari: Ari, carrier: Carrier) -> Legs:
    """Two phones, in a bridge, talking."""
    customer = await ring(ari, carrier, "proof-cust", CUSTOMER)
    operator = await ring(ari, carrier, "proof-op", OPERATOR)
    names = {leg: (await ari.get(f"channels/{leg}"))["name"] for leg in ("proof-cust", "proof-op")}
    await ari.set_variable("proof-cust", "AEIMS_PEER", names["proof-op"])
    await ari.set_variable("proof-op", "AEIMS_PEER", names["proof-cust"])
    await ari.post("bridges/proof-br", type="mixing")
    await ari.post("bridges/proof-br/addChannel", channel="proof-cust,proof-op")
    await customer.hears(lambda heard: tone_of(OPERATOR) in heard.tones)
    await operator.hears(lambda heard: tone_of(CUSTOMER) in heard.tones)
    return Legs("proof-br", customer, operator)


async def ends_within(phone: Phone, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await phone.ended.wait()


async def test_the_other_phone_is_hung_up_although_no_controller_is_there(
    asterisk: Asterisk, carrier: Carrier, ari: Ari
) -> None:
    legs = await join(ari, carrier)
    await ari.disconnect()
    legs.customer.hangup()
    await ends_within(legs.operator, 1)
    assert legs.operator.end_reason.startswith("remote_bye")
    marks = [line for line in cel.read(asterisk.cel_file) if line.kind == "AEIMS_END"]
    assert marks, "the hang-up handler leaves its mark in the record"


async def test_the_limit_set_on_both_legs_ends_both_without_a_controller(carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    set_at = time.time()
    for leg in ("proof-cust", "proof-op"):
        await ari.set_variable(leg, "TIMEOUT(absolute)", "2")
    await ari.disconnect()
    for phone in (legs.customer, legs.operator):
        await ends_within(phone, 4)
        assert phone.ended_at is not None
        assert phone.ended_at - set_at == pytest.approx(2, abs=0.9)


async def test_the_limit_moves_while_the_call_is_joined(carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    for seconds in ("1", "3"):
        for leg in ("proof-cust", "proof-op"):
            await ari.set_variable(leg, "TIMEOUT(absolute)", seconds)
    moved_at = time.time()
    for phone in (legs.customer, legs.operator):
        await ends_within(phone, 5)
        assert phone.ended_at is not None
        assert phone.ended_at - moved_at == pytest.approx(3, abs=0.9)


async def test_a_phone_that_fell_silent_ends_the_call(carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    legs.operator.media.speaking = False
    silent_at = time.time()
    await ends_within(legs.operator, RTP_TIMEOUT_SECONDS + 4)
    await ends_within(legs.customer, 1)
    assert time.time() - silent_at >= RTP_TIMEOUT_SECONDS - 0.5
    destroyed = await ari.wait("ChannelDestroyed", channel="proof-op")
    assert destroyed["cause"] == 44, "requested channel not available: what Asterisk says of lost audio"


async def test_the_record_holds_joined_time_in_microseconds_and_utc(
    asterisk: Asterisk, carrier: Carrier, ari: Ari
) -> None:
    asterisk.cel_file.unlink(missing_ok=True)  # as a rotation does: the next event begins a new file
    legs = await join(ari, carrier)
    await asyncio.sleep(0.7)
    legs.operator.hangup()
    await ends_within(legs.customer, 1)
    left = await ari.wait("ChannelLeftBridge", channel="proof-op")
    entered = await ari.wait("ChannelEnteredBridge", channel="proof-op")
    await ari.wait("ChannelDestroyed", channel="proof-cust")
    joined = cel.joined(asterisk.cel_file, legs.bridge)
    assert joined is not None
    assert joined.microseconds is not None
    told = datetime.fromisoformat(left["timestamp"]) - datetime.fromisoformat(entered["timestamp"])
    assert abs(timedelta(microseconds=joined.microseconds) - told) < timedelta(milliseconds=10)
    assert abs(datetime.now(UTC) - joined.joined_at) < timedelta(seconds=30), "UTC whatever the host's zone"
    times = re.findall(r'"(\d{4}-\d\d-\d\d [\d:]{8}\.\d{6})"', asterisk.cel_file.read_text())
    assert any(not stamp.endswith("000") for stamp in times)


async def test_each_phone_sees_the_platform_and_nothing_of_the_other(carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    legs.customer.hangup()
    await ends_within(legs.operator, 1)
    for phone, other in ((legs.customer, OPERATOR), (legs.operator, CUSTOMER)):
        assert phone.caller == PLATFORM
        seen = [captured.text for captured in phone.messages]
        assert len(seen) >= 5, "INVITE, answers, ACK and BYE were captured"
        assert not [text for text in seen if mentions(text, other)]
        identity = re.compile(
            r"(?im)^(P-Asserted-Identity|P-Preferred-Identity|Remote-Party-ID|Diversion|History-Info)"
        )
        assert not [text for text in seen if identity.search(text)]


async def test_a_leaked_number_would_be_seen(carrier: Carrier, ari: Ari) -> None:
    """The proof above can fail: with the customer's number as caller id it does."""
    operator = await ring(ari, carrier, "proof-op", OPERATOR, caller=CUSTOMER)
    assert [captured for captured in operator.messages if mentions(captured.text, CUSTOMER)]


async def test_a_phone_cannot_make_the_platform_call_elsewhere(
    asterisk: Asterisk, carrier: Carrier, ari: Ari
) -> None:
    elsewhere = number(Kind.ANSWER, suffix="3003")
    address = f"sip:{elsewhere}@{carrier.host}:{carrier.port}"
    carrier.behaviour = lambda _number: Behaviour(Kind.ANSWER, redirect_to=address)
    plan = {"endpoint": f"PJSIP/{CUSTOMER}@carrier", "app": ari.app, "callerId": PLATFORM}
    await ari.post("channels/proof-cust", json=plan)
    destroyed = await ari.wait("ChannelDestroyed", channel="proof-cust")
    assert destroyed["cause"] != 16
    await asyncio.sleep(0.3)
    assert [phone.number for phone in carrier.phones] == [CUSTOMER]
    refused = await carrier.dial(PLATFORM, CUSTOMER, sip_port=asterisk.ports.sip)
    assert refused.end_reason == "rejected 401", "nobody calls in"


async def answer_to(method: str, phone: Phone) -> str:
    """The code of the final answer to what this phone asked within its call. Raises TimeoutError."""
    async with asyncio.timeout(3):
        while True:
            for captured in phone.messages:
                is_final = captured.from_asterisk and re.match(r"SIP/2.0 [2-6]", captured.text)
                if is_final and sip.header(captured.text, "CSeq").split()[-1] == method:
                    return captured.text.split()[1]
            await asyncio.sleep(0.02)


async def test_a_phone_cannot_transfer_its_call(asterisk: Asterisk, carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    elsewhere = number(Kind.ANSWER, suffix="3003")
    legs.operator.transfer(f"sip:{elsewhere}@{carrier.host}:{asterisk.ports.sip}")
    assert await answer_to("REFER", legs.operator) == "603"
    await asyncio.sleep(0.5)
    assert len(carrier.phones) == 2
    assert not legs.operator.ended.is_set()


@pytest.mark.parametrize("leg", ["customer", "operator"])
async def test_a_text_within_a_call_is_refused_and_not_passed_on(
    carrier: Carrier, ari: Ari, leg: str
) -> None:
    legs = await join(ari, carrier)
    writer, other = (legs.customer, legs.operator) if leg == "customer" else (legs.operator, legs.customer)
    writer.send_message("Call me at home")
    assert await answer_to("MESSAGE", writer) == "500"
    await asyncio.sleep(0.5)
    received = "".join(captured.text for captured in other.messages if captured.from_asterisk)
    assert "Call me at home" not in received
    assert "MESSAGE " not in received


async def test_after_a_refused_text_the_call_is_what_it_was(carrier: Carrier, ari: Ari) -> None:
    legs = await join(ari, carrier)
    legs.operator.send_message("Call me at home")
    assert await answer_to("MESSAGE", legs.operator) == "500"
    assert (await ari.get(f"bridges/{legs.bridge}"))["technology"] == "native_rtp"
    legs.operator.press("4")
    legs.customer.press_by_info("5")
    async with asyncio.timeout(5):
        while (legs.customer.keys, legs.operator.keys) != ("4", "5"):
            await asyncio.sleep(0.05)
    legs.operator.hold()
    legs.operator.resume()
    await ari.wait("ChannelHold", channel="proof-op")
    await ari.wait("ChannelUnhold", channel="proof-op")
    await legs.customer.hears(lambda heard: tone_of(OPERATOR) in heard.tones)
    legs.customer.hangup()
    await ends_within(legs.operator, 1)
    assert legs.operator.end_reason == "remote_bye Q.850;cause=16"


async def test_nobody_takes_a_phones_place_in_its_call(
    asterisk: Asterisk, carrier: Carrier, ari: Ari
) -> None:
    """The module that declines REFER heeds Replaces, so such a call must not get as far."""
    legs = await join(ari, carrier)
    thief = await carrier.dial(PLATFORM, CUSTOMER, sip_port=asterisk.ports.sip, replaces=legs.operator)
    assert thief.end_reason == "rejected 401"
    assert not legs.operator.ended.is_set()
    await legs.customer.hears(lambda heard: tone_of(OPERATOR) in heard.tones)


async def test_what_belongs_to_no_call_is_refused(asterisk: Asterisk, carrier: Carrier) -> None:
    elsewhere = f"Refer-To: <sip:{OPERATOR}@{carrier.host}:{carrier.port}>"
    sip_port = asterisk.ports.sip
    assert await carrier.ask("REFER", CUSTOMER, sip_port=sip_port, extra=[elsewhere]) == 401
    text = ["Content-Type: text/plain"]
    assert await carrier.ask("MESSAGE", CUSTOMER, sip_port=sip_port, extra=text, body="Call me") == 401
    assert await carrier.ask("SUBSCRIBE", CUSTOMER, sip_port=sip_port, extra=["Event: presence"]) == 401
    assert await carrier.ask("OPTIONS", CUSTOMER, sip_port=sip_port) == 200, (
        "the trunk may ask whether we are there"
    )
    assert carrier.phones == []


async def test_who_holds_is_sent_nothing_as_it_asked(carrier: Carrier, ari: Ari) -> None:
    """A phone that holds offers to send only (RFC 3264): what Asterisk may play to it does not go out."""
    legs = await join(ari, carrier)
    legs.operator.hold()
    await ari.wait("ChannelHold", channel="proof-op")
    await ari.post("channels/proof-op/snoop/proof-note", whisper="out", spy="none", app=ari.app)
    await ari.wait("StasisStart", channel="proof-note")
    await ari.post("channels/proof-note/play", media="tone:ring")
    await asyncio.sleep(1.5)
    assert legs.operator.heard(1).packets == 0


async def test_an_orphaned_leg_is_bounded_by_session_timers(carrier: Carrier, ari: Ari) -> None:
    customer = await ring(ari, carrier, "proof-cust", CUSTOMER)
    assert re.search(r"(?im)^Session-Expires:\s*180", customer.invite)


@pytest.mark.parametrize("kind", [Kind.ACCEPT, Kind.ACCEPT_INFO])
async def test_keys_arrive_both_ways_a_phone_may_send_them(carrier: Carrier, ari: Ari, kind: Kind) -> None:
    carrier.behaviour = lambda _number: Behaviour(kind, ring_seconds=0, press_after_seconds=0.2)
    await ring(ari, carrier, "proof-cust", CUSTOMER)
    pressed = await ari.wait("ChannelDtmfReceived", channel="proof-cust")
    assert pressed["digit"] == "1"


async def test_every_prompt_is_known_and_is_heard(carrier: Carrier, ari: Ari) -> None:
    known = {sound["id"] for sound in await ari.get("sounds")}
    assert {f"aeims/{name}" for name in made_names()} <= known
    customer = await ring(ari, carrier, "proof-cust", CUSTOMER)
    await customer.hears(lambda heard: heard.packets == 0)
    sounds = "sound:aeims/neutral/you-are-calling,sound:aeims/numbers/3,sound:aeims/common/dollars"
    await ari.post("channels/proof-cust/play/proof-ask", media=sounds)
    await customer.hears(lambda heard: heard.packets > 5 and heard.level > 500)
    await ari.wait("PlaybackFinished", where=lambda event: event["playback"]["state"] == "done")


async def test_the_customer_hears_ringing_until_the_operator_answers(carrier: Carrier, ari: Ari) -> None:
    customer = await ring(ari, carrier, "proof-cust", CUSTOMER)
    await ari.post("channels/proof-cust/ring")
    await customer.hears(lambda heard: set(RING_BACK) <= set(heard.tones))


async def test_a_whispered_warning_is_heard_by_the_customer_alone_and_cuts_nothing(
    carrier: Carrier, ari: Ari
) -> None:
    legs = await join(ari, carrier)
    whisper = {"whisper": "out", "spy": "none", "app": ari.app}
    await ari.post("channels/proof-cust/snoop/proof-warn", **whisper)
    await ari.wait("StasisStart", channel="proof-warn")
    await ari.post("channels/proof-warn/play", media="sound:aeims/common/warning-15")
    heard = await legs.customer.hears(lambda heard: WARNING in heard.tones)
    assert tone_of(OPERATOR) in heard.tones, "the talk goes on"
    began = time.monotonic()
    await ari.set_variable("proof-cust", "TIMEOUT(absolute)", "60")
    assert time.monotonic() - began < 0.3, "the limit can be moved meanwhile"
    await asyncio.sleep(0.5)
    heard = legs.operator.heard(0.5)
    assert heard.tones == (tone_of(CUSTOMER),)
    assert heard.packets >= 20


async def test_it_comes_up_without_a_complaint(asterisk: Asterisk) -> None:
    start, ready, _ = asterisk.output.read_text().partition("Asterisk Ready")
    assert ready
    assert not re.findall(r"(?m)^.*(?:WARNING|ERROR).*$", start)
    loaded = asterisk.cli("module show")
    for unwanted in (
        "res_pjsip_messaging",
        "res_pjsip_caller_id",
        "res_pjsip_logger",
        "res_pjsip_registrar",
        "app_mixmonitor",
    ):
        assert unwanted not in loaded


async def test_the_carrier_for_load_behaves_by_the_same_numbers(asterisk: Asterisk, ari: Ari) -> None:
    with SippCarrier(port=asterisk.ports.carrier) as load:
        called = {Kind.ACCEPT: "proof-cust", Kind.BUSY: "proof-op"}
        for kind, channel in called.items():
            endpoint = f"PJSIP/{number(kind)}@carrier"
            await ari.post(f"channels/{channel}", json={"endpoint": endpoint, "app": ari.app})
        pressed = await ari.wait("ChannelDtmfReceived", channel="proof-cust")
        refused = await ari.wait("ChannelDestroyed", channel="proof-op")
        assert (pressed["digit"], refused["cause"]) == ("1", 17)
        complaints = re.findall(r"(?m)^\d{4}-\d\d-\d\d\t.*", load.errors())
        assert not [said for said in complaints if " BYE " not in said], "an end may meet it still at its key"
        await ari.delete("channels/proof-cust")


async def test_no_number_stands_in_what_asterisk_writes(
    asterisk: Asterisk, carrier: Carrier, ari: Ari
) -> None:
    stranger = number(Kind.ANSWER, suffix="4004")
    refusing = [number(kind, suffix="5") for kind in (Kind.BUSY, Kind.DECLINE, Kind.UNAVAILABLE)]
    for i, called in enumerate(refusing):
        plan = {"endpoint": f"PJSIP/{called}@carrier", "app": ari.app, "callerId": PLATFORM}
        await ari.post(f"channels/proof-{i}", json=plan)
        await ari.wait("ChannelDestroyed", channel=f"proof-{i}")
    await carrier.dial("18005550000", stranger, sip_port=asterisk.ports.sip)
    written = [asterisk.output, *asterisk.cel_file.parent.iterdir()]
    for called in (CUSTOMER, OPERATOR, stranger, *refusing):
        assert not [file.name for file in written if mentions(file.read_bytes(), called)]
