"""As much of SIP (RFC 3261) as a fake carrier needs: reading headers, writing messages, keeping what passed. Pure."""

import re
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Captured:
    """One message as it passed between Asterisk and the carrier: epoch seconds, who sent it, the whole text."""

    at: float
    from_asterisk: bool
    text: str

    @property
    def first_line(self) -> str:
        return self.text.split("\r\n", 1)[0]


def header(message: str, name: str, default: str = "") -> str:
    """The value of the first header of that name."""
    found = re.search(rf"(?im)^{name}\s*:\s*(.*?)\r?$", message)
    return found[1] if found else default


def header_lines(message: str, name: str) -> list[str]:
    """Every header line of that name, whole."""
    return re.findall(rf"(?im)^({name}\s*:.*?)\r?$", message)


def uri_user(text: str, default: str) -> str:
    """The user part of the first SIP URI in `text`, as written."""
    found = re.search(r"sips?:([^@;>\s]+)@", text)
    return found[1] if found else default


def contact_uri(message: str, default: str) -> str:
    """The URI to send later requests of the dialog to."""
    found = re.search(r"<(sips?:[^>]+)>", header(message, "Contact"))
    return found[1] if found else default


def media_address(message: str) -> tuple[str, int] | None:
    """Where the other side wants its audio (from its SDP), if it says so."""
    port, host = re.search(r"(?m)^m=audio (\d+)", message), re.search(r"(?m)^c=IN IP4 (\S+)", message)
    return (host[1], int(port[1])) if port and host else None


def offer(host: str, port: int, *, version: int = 1, direction: str = "sendrecv") -> str:
    """An SDP body: PCMU and telephone-event, 20 ms. A `direction` of "sendonly" puts the other side on hold."""
    lines = [
        "v=0",
        f"o=phone 1 {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=ptime:20",
        f"a={direction}",
    ]
    return "\r\n".join(lines) + "\r\n"


def message(lines: list[str], body: str = "") -> str:
    """Header lines and body as one message, with its length."""
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])


def branch() -> str:
    """A fresh Via branch."""
    return f"z9hG4bK{secrets.token_hex(8)}"
