"""One phone of the fake carrier: its side of one call."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.lab import sip
from tests.lab.audio import Heard, tone_of
from tests.lab.media import Media
from tests.lab.numbers import Behaviour, Kind

if TYPE_CHECKING:
    from tests.lab.carrier import Carrier

_REFUSALS = {
    Kind.BUSY: (486, "Busy Here"),
    Kind.DECLINE: (603, "Decline"),
    Kind.UNAVAILABLE: (503, "Service Unavailable"),
}


PRESS_AGAIN_SECONDS = 0.5


class Phone:
    """A phone in a call, rung by Asterisk or (`Carrier.dial`) calling it.

    Read `number`, `caller` (the caller id it is shown), `state`, `messages` (every SIP message of its side),
    `keys`, `received`; await `answered` and `ended`, then read `end_reason`: "local_bye", "remote_bye …",
    "cancelled", "rejected CODE", or the behaviour that refused. Act with `answer`, `press`, `hangup`, `hold`, `resume`,
    `media.speaking = False`; ask `heard`.
    """

    def __init__(self, carrier: "Carrier", call_id: str, number: str, *, calling: bool = False) -> None:
        self.carrier, self.call_id, self.number, self.calling = carrier, call_id, number, calling
        self.caller = ""
        self.state = "new"  # ringing | early | answered | ended
        self.messages: list[sip.Captured] = []
        self.answered, self.ended = asyncio.Event(), asyncio.Event()
        self.answered_at: float | None = None  # epoch seconds
        self.ended_at: float | None = None
        self.end_reason = ""
        self.media = Media(carrier.host, tone_of(number))
        self.tag = secrets.token_hex(4)
        self.address: tuple[str, int] = ("", 0)  # where Asterisk's SIP is
        self.target = ""  # its contact
        self.invite = ""
        self.remote_to = ""
        self._sequence = 100
        self._version = 1  # of what we offered
        self._offers: list[str] = []  # directions of hold and resume, the first one unanswered
        self._offered = 0  # the CSeq of the last offer
        self._last_reply = ""
        self._script: asyncio.Task[None] | None = None

    @property
    def keys(self) -> str:
        """The keys this phone heard the other side press."""
        return "".join(key for _, key in self.media.keys)

    @property
    def received(self) -> int:
        return self.media.received

    def heard(self, seconds: float = 0.5) -> Heard:
        """What arrived in the last `seconds` (at most ten), counted back from the end once it is on the hook."""
        return self.media.heard(seconds, self.ended_at)

    async def hears(
        self, wanted: Callable[[Heard], bool], *, timeout: float = 5, seconds: float = 0.3
    ) -> Heard:
        """Wait until the last `seconds` sound as wanted. Raises TimeoutError, saying what was heard instead."""
        deadline = time.monotonic() + timeout
        while True:
            heard = self.heard(seconds)
            if wanted(heard):
                return heard
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.number} heard {heard}")
            await asyncio.sleep(0.05)

    def press(self, keys: str) -> None:
        """Press keys, in the media."""
        self.media.press(keys)

    def press_by_info(self, key: str) -> None:
        """Press a key, by SIP INFO."""
        self._request("INFO", f"Signal={key}\r\nDuration=160\r\n", "application/dtmf-relay")

    def transfer(self, to: str) -> None:
        """Ask Asterisk to call `to` (a SIP URI) in this phone's place (REFER)."""
        self._request("REFER", extra=f"Refer-To: <{to}>\r\n{self._contact}")

    def hold(self) -> None:
        """Put the call on hold (re-INVITE): this phone sends no more voice and wants none."""
        self.media.speaking = False
        self._offer_again("sendonly")

    def resume(self) -> None:
        """Take the call off hold."""
        self.media.speaking = True
        self._offer_again("sendrecv")

    def send_message(self, text: str) -> None:
        """Send a text within the call (MESSAGE)."""
        self._request("MESSAGE", text, "text/plain")

    def answer(self) -> None:
        """Pick up, if it still rings."""
        if self.state not in ("ringing", "early"):
            return
        self.reply(self.invite, 200, "OK", with_sdp=True)
        self.joined()

    def hangup(self) -> None:
        """Hang up, if in a call."""
        if self.state == "answered":
            self._request("BYE")
            self.finish("local_bye")

    # What follows is the carrier's side of it.

    def joined(self) -> None:
        """The call is answered: sound flows."""
        self.state, self.answered_at = "answered", time.time()
        self.media.start()
        self.answered.set()

    def finish(self, reason: str) -> None:
        if self.ended.is_set():
            return
        self.state, self.end_reason, self.ended_at = "ended", reason, time.time()
        self.close()
        self.ended.set()

    def close(self) -> None:
        self.media.close()
        if self._script and self._script is not asyncio.current_task():
            self._script.cancel()

    def ring(self, behaviour: Behaviour) -> None:
        """Begin to behave so."""
        self.media.packet_seconds = behaviour.packet_seconds
        self._script = asyncio.create_task(self._behave(behaviour))

    async def _behave(self, behaviour: Behaviour) -> None:
        if behaviour.redirect_to:
            self.reply(self.invite, 302, "Moved Temporarily", contact=behaviour.redirect_to)
            return self.finish("redirected")
        if behaviour.is_mute:
            return None
        if behaviour.is_tried:
            self.state = "ringing"  # it can be canceled
            return self.reply(self.invite, 100, "Trying")
        if behaviour.refuses_with:
            if behaviour.rings_first:
                self.reply(self.invite, 180, "Ringing")
                await asyncio.sleep(0.2)
            self.reply(self.invite, behaviour.refuses_with, "Refused")
            return self.finish(f"refused {behaviour.refuses_with}")
        if refusal := _REFUSALS.get(behaviour.kind):
            self.reply(self.invite, *refusal)
            return self.finish(behaviour.kind)
        if behaviour.kind is Kind.EARLY:
            self.state = "early"
            self.reply(self.invite, 183, "Session Progress", with_sdp=True)
            self.media.start()
        else:
            self.state = "ringing"
            self.reply(self.invite, 180, "Ringing")
        if behaviour.kind is Kind.NO_ANSWER:
            return None
        await asyncio.sleep(behaviour.ring_seconds)
        self.answer()
        await asyncio.gather(self._press_as(behaviour), self._hang_up_after(behaviour.talk_seconds))
        return None

    async def _press_as(self, behaviour: Behaviour) -> None:
        if behaviour.kind not in (Kind.ACCEPT, Kind.ACCEPT_INFO, Kind.WRONG_KEY):
            return
        await asyncio.sleep(behaviour.press_after_seconds)
        if behaviour.kind is Kind.WRONG_KEY:
            self.press("9")
            return
        for _ in range(2):  # the second time as an operator who accepts; a customer's does nothing
            if behaviour.kind is Kind.ACCEPT_INFO:
                self.press_by_info("1")
            else:
                self.press("1")
            await asyncio.sleep(PRESS_AGAIN_SECONDS)

    async def _hang_up_after(self, talk_seconds: float) -> None:
        if talk_seconds:
            await asyncio.sleep(talk_seconds)
            self.hangup()

    def reply(
        self, request: str, code: int, reason: str, *, with_sdp: bool = False, contact: str = ""
    ) -> None:
        """Answer a request of this dialog. `contact`: a URI instead of this phone's own."""
        to = sip.header_lines(request, "To")[0]
        if ";tag=" not in to:
            to += f";tag={self.tag}"
        lines = [
            f"SIP/2.0 {code} {reason}",
            *sip.header_lines(request, "Via"),
            sip.header_lines(request, "From")[0],
            to,
            sip.header_lines(request, "Call-ID")[0],
            sip.header_lines(request, "CSeq")[0],
            f"Contact: <{contact or f'sip:phone@{self.carrier.host}:{self.carrier.port}'}>",
        ]
        if with_sdp:
            lines.append("Content-Type: application/sdp")
        body = sip.offer(self.carrier.host, self.media.port) if with_sdp else ""
        self._last_reply = sip.message(lines, body)
        self.carrier.send(self._last_reply, self.address, self)

    def repeat_reply(self) -> None:
        """Asterisk sent its INVITE again: our last answer got lost or was late."""
        if self._last_reply:
            self.carrier.send(self._last_reply, self.address, self)

    def offer_answered(self, response: str, code: int) -> None:
        """Asterisk accepted our offer of hold or resume, or refused it: then it is made again."""
        if code < 200:
            return
        sequence = int(sip.header(response, "CSeq").split()[0])
        self._request("ACK", sequence=sequence)
        if sequence != self._offered or not self._offers:
            return  # an answer sent again
        if code < 300:
            del self._offers[0]
        if self._offers:
            asyncio.get_running_loop().call_later(0 if code < 300 else 0.2, self._send_offer)

    @property
    def _contact(self) -> str:
        return f"Contact: <sip:phone@{self.carrier.host}:{self.carrier.port}>"

    def _offer_again(self, direction: str) -> None:
        self._offers.append(direction)
        if len(self._offers) == 1:  # nobody may offer while an offer is unanswered (RFC 3261, 14.1)
            self._send_offer()

    def _send_offer(self) -> None:
        if self.ended.is_set():
            return
        self._version += 1
        body = sip.offer(self.carrier.host, self.media.port, version=self._version, direction=self._offers[0])
        self._request("INVITE", body, "application/sdp", self._contact)
        self._offered = self._sequence

    def _request(
        self,
        method: str,
        body: str = "",
        content_type: str = "",
        extra: str = "",
        sequence: int | None = None,
    ) -> None:
        if sequence is None:
            self._sequence += 1
        if self.calling:
            ours, theirs = sip.header(self.invite, "From"), self.remote_to
        else:
            ours, theirs = f"{sip.header(self.invite, 'To')};tag={self.tag}", sip.header(self.invite, "From")
        lines = [
            f"{method} {self.target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.carrier.host}:{self.carrier.port};branch={sip.branch()};rport",
            f"From: {ours}",
            f"To: {theirs}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {sequence or self._sequence} {method}",
            "Max-Forwards: 70",
        ]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        if extra:
            lines.append(extra)
        self.carrier.send(sip.message(lines, body), self.address, self)
