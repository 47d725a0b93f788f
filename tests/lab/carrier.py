"""A carrier in Python: SIP over UDP on the loopback, PCMU, no authentication. For a handful of phones.

    async with Carrier(port=15270) as carrier:
        phone = await carrier.wait_call(number)      # Asterisk rings it
        await phone.answered.wait()
        await phone.hears(lambda heard: tone_of(other) in heard.tones)
        phone.press("1"); phone.hangup(); phone.end_reason

Phones behave by their number (`numbers.parse_number`); `behaviour` may be any other function of the number.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Self

from tests.lab import sip
from tests.lab.numbers import Behaviour, parse_number
from tests.lab.phone import Phone


def digits_of(number: str) -> str:
    """A number without its plus sign."""
    return number.removeprefix("+")


class Carrier(asyncio.DatagramProtocol):
    """All phones of the outside world. `phones` in the order they were called, `messages` everything that passed."""

    def __init__(
        self,
        *,
        port: int,
        host: str = "127.0.0.1",
        behaviour: Callable[[str], Behaviour] = parse_number,
    ) -> None:
        self.host, self.port = host, port
        self.behaviour = behaviour
        self.messages: list[sip.Captured] = []
        self._phones: dict[str, Phone] = {}
        self._answers: dict[str, asyncio.Future[int]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, self.port)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        for phone in self._phones.values():
            phone.hangup()
            phone.close()
        if self._transport:
            self._transport.close()
        await asyncio.sleep(0)

    @property
    def phones(self) -> list[Phone]:
        return list(self._phones.values())

    def phone(self, number: str) -> Phone | None:
        """The latest call to (or from) a number."""
        wanted = digits_of(number)
        return next((phone for phone in reversed(self.phones) if digits_of(phone.number) == wanted), None)

    async def wait_call(self, number: str, *, timeout: float = 10) -> Phone:
        """Wait until Asterisk rings this number. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if phone := self.phone(number):
                return phone
            await asyncio.sleep(0.01)
        raise TimeoutError(f"no call to {number}; called: {[phone.number for phone in self.phones]}")

    async def dial(
        self, to: str, caller: str, *, sip_port: int, timeout: float = 10, replaces: Phone | None = None
    ) -> Phone:
        """An outside phone calls the platform; returns when that was answered or refused. `replaces`: it asks to take this
        phone's place in its call (RFC 3891).
        """
        phone = Phone(self, secrets.token_hex(8), caller, calling=True)
        phone.address, phone.target, phone.caller = (
            (self.host, sip_port),
            f"sip:{to}@{self.host}:{sip_port}",
            to,
        )
        lines = [
            f"INVITE {phone.target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={sip.branch()};rport",
            f"From: <sip:{caller}@{self.host}>;tag={phone.tag}",
            f"To: <{phone.target}>",
            f"Call-ID: {phone.call_id}",
            "CSeq: 1 INVITE",
            "Max-Forwards: 70",
            f"Contact: <sip:{caller}@{self.host}:{self.port}>",
            "Content-Type: application/sdp",
        ]
        if replaces is not None:
            theirs = sip.header(replaces.invite, "From").rpartition(";tag=")[2]
            lines.append(f"Replaces: {replaces.call_id};to-tag={theirs};from-tag={replaces.tag}")
        phone.invite = sip.message(lines, sip.offer(self.host, phone.media.port))
        self._phones[phone.call_id] = phone
        self.send(phone.invite, phone.address, phone)
        waiting = [asyncio.create_task(phone.answered.wait()), asyncio.create_task(phone.ended.wait())]
        done, pending = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if not done:
            raise TimeoutError(f"no final answer to a call to {to}")
        return phone

    async def ask(
        self, method: str, to: str, *, sip_port: int, extra: Sequence[str] = (), body: str = ""
    ) -> int:
        """Send a request that belongs to no call; the code of its final answer. Raises TimeoutError."""
        call_id = secrets.token_hex(8)
        lines = [
            f"{method} sip:{to}@{self.host}:{sip_port} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={sip.branch()};rport",
            f"From: <sip:stranger@{self.host}>;tag={secrets.token_hex(4)}",
            f"To: <sip:{to}@{self.host}>",
            f"Call-ID: {call_id}",
            f"CSeq: 1 {method}",
            "Max-Forwards: 70",
            f"Contact: <sip:stranger@{self.host}:{self.port}>",
            *extra,
        ]
        self._answers[call_id] = asyncio.get_running_loop().create_future()
        self.send(sip.message(lines, body), (self.host, sip_port), None)
        async with asyncio.timeout(3):
            return await self._answers[call_id]

    def send(self, text: str, address: tuple[str, int], phone: Phone | None) -> None:
        self._keep(text, phone, from_asterisk=False)
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(text.encode(), address)

    def _keep(self, text: str, phone: Phone | None, *, from_asterisk: bool) -> None:
        captured = sip.Captured(time.time(), from_asterisk, text)
        self.messages.append(captured)
        if phone:
            phone.messages.append(captured)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode(errors="replace")
        if len(text) < 20:  # keep-alive
            return None
        first = text.split("\r\n", 1)[0]
        phone = self._phones.get(sip.header(text, "Call-ID"))
        if first.startswith("INVITE ") and phone is None:
            return self._rung(text, first, addr)
        self._keep(text, phone, from_asterisk=True)
        if first.startswith("OPTIONS ") and phone is None:
            return self._answer_ping(text, addr)
        if phone is None:
            answer = self._answers.get(sip.header(text, "Call-ID"))
            if answer is not None and not answer.done() and first.startswith("SIP/2.0 "):
                answer.set_result(int(first.split()[1]))
            return None
        if first.startswith("SIP/2.0 "):
            return self._response(phone, text, int(first.split()[1]))
        return self._request(phone, first.split()[0], text, addr)

    def _rung(self, invite: str, first: str, addr: tuple[str, int]) -> None:
        call_id = sip.header(invite, "Call-ID")
        phone = self._phones[call_id] = Phone(self, call_id, sip.uri_user(first, "unknown"))
        self._keep(invite, phone, from_asterisk=True)
        phone.address, phone.invite = addr, invite
        phone.caller = sip.uri_user(sip.header(invite, "From"), "anonymous")
        phone.target = sip.contact_uri(invite, f"sip:{addr[0]}:{addr[1]}")
        phone.media.peer = sip.media_address(invite)
        phone.ring(self.behaviour(phone.number))

    def _request(self, phone: Phone, method: str, text: str, addr: tuple[str, int]) -> None:
        phone.address = addr
        if method == "INVITE":
            if phone.state == "answered" and ";tag=" in sip.header(text, "To"):
                phone.media.peer = sip.media_address(text) or phone.media.peer
                phone.reply(text, 200, "OK", with_sdp=True)
            else:
                phone.repeat_reply()
        elif method == "CANCEL":
            phone.reply(text, 200, "OK")
            if phone.state in ("new", "ringing", "early"):
                phone.reply(phone.invite, 487, "Request Terminated")
                phone.finish("cancelled")
        elif method == "BYE":
            phone.reply(text, 200, "OK")
            phone.finish(f"remote_bye {sip.header(text, 'Reason')}".strip())
        elif method in ("INFO", "UPDATE", "OPTIONS"):
            phone.reply(text, 200, "OK")

    def _response(self, phone: Phone, text: str, code: int) -> None:
        if not sip.header(text, "CSeq").endswith("INVITE"):
            return
        if not phone.calling:
            phone.offer_answered(text, code)
            return
        phone.remote_to = sip.header(text, "To")
        phone.target = sip.contact_uri(text, phone.target)
        phone.media.peer = sip.media_address(text) or phone.media.peer
        if code < 200:
            return
        # The ACK of a refusal belongs to the INVITE's transaction, that of a 200 is one of its own (RFC 3261, 17.1.1.3).
        via = sip.header(phone.invite, "Via")
        if code < 300:
            via = f"SIP/2.0/UDP {self.host}:{self.port};branch={sip.branch()};rport"
        lines = [
            f"ACK {phone.target} SIP/2.0",
            f"Via: {via}",
            f"From: {sip.header(phone.invite, 'From')}",
            f"To: {phone.remote_to}",
            f"Call-ID: {phone.call_id}",
            "CSeq: 1 ACK",
            "Max-Forwards: 70",
        ]
        self.send(sip.message(lines), phone.address, phone)
        if code >= 300:
            phone.finish(f"rejected {code}")
        elif phone.state != "answered":
            phone.joined()

    def _answer_ping(self, text: str, addr: tuple[str, int]) -> None:
        lines = ["SIP/2.0 200 OK", *(line for name in ("Via", "From", "To", "Call-ID", "CSeq")
                 for line in sip.header_lines(text, name))]  # fmt: skip
        self.send(sip.message(lines), addr, None)
