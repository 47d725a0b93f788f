"""Google's push service on the loopback, as Chromium speaks with it: check-in, registration, the line that messages come by.

The product reaches it through a proxy (`HTTPS_PROXY`) under its real names, by TLS with a certificate of its own.
"""

import asyncio
import secrets
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
PUSH_HOSTS = ("fcm.googleapis.com", "jmt17.google.com")  # of Chrome, and of Chromium as Debian builds it
_LOGIN, _PING, _PONG, _LOGIN_ANSWER, _DATA = 2, 0, 1, 3, 8  # kinds of MCS messages
_MCS_VERSION = 41


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _fixed(field: int, value: int) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<Q", value)


def _text(field: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _pair(name: str, value: str) -> bytes:
    return _text(7, _text(1, name) + _text(2, value))


class PushService:
    """Runs in a thread of its own. `pushed`: the bodies that the product handed over."""

    def __init__(self, directory: Path) -> None:
        self.certificate = directory / "push.pem"
        _make_certificate(self.certificate)
        self.pushed: list[bytes] = []
        self._tokens: dict[str, dict[str, str]] = {}
        self._line: asyncio.StreamWriter | None = None
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    @property
    def chromium_flags(self) -> list[str]:
        browsers, line = (server.sockets[0].getsockname()[1] for server in self._servers[:2])
        return [
            f"--gcm-checkin-url=http://{HOST}:{browsers}/checkin",
            f"--gcm-registration-url=http://{HOST}:{browsers}/register3",
            f"--gcm-mcs-endpoint=https://localhost:{line}",
            "--ignore-certificate-errors",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
            "--disable-component-update",
            "--no-first-run",
            "--disable-sync",
        ]

    @property
    def environment(self) -> dict[str, str]:
        """What has the product reach it."""
        port = self._servers[2].sockets[0].getsockname()[1]
        return {"HTTPS_PROXY": f"http://{HOST}:{port}", "REQUESTS_CA_BUNDLE": str(self.certificate)}

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        """Close what listens, and the lines that are still open."""
        for server in self._servers:
            server.close()
        lines = asyncio.all_tasks() - {asyncio.current_task()}
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _start(self) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate)
        self._servers = [
            await asyncio.start_server(_quietly(self._browser), HOST, 0),
            await asyncio.start_server(_quietly(self._mcs), HOST, 0, ssl=self._tls),
            await asyncio.start_server(_quietly(self._proxy), HOST, 0),
        ]

    async def _browser(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path, _, body = await _request(reader)
            if path.startswith("/checkin"):
                kind = "application/x-protobuffer"
                out = (
                    _number(1, 1)
                    + _number(3, int(time.time() * 1000))
                    + _fixed(7, 1)
                    + _fixed(8, 2)
                    + _text(11, "1")
                )
            else:
                token = secrets.token_urlsafe(30)
                self._tokens[token] = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                kind, out = "text/plain", f"token={token}".encode()
            await _answer(writer, "200 OK", out, kind)

    async def _proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target, _, _ = await _request(reader)
        assert target in {f"{host}:443" for host in PUSH_HOSTS}, target
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._tls)
        path, _, body = await _request(reader)
        self.pushed.append(body)
        self._push(self._tokens[path.rpartition("/")[2]], body)
        await _answer(writer, "201 Created", b"", "text/plain")

    def _push(self, registration: dict[str, str], body: bytes) -> None:
        subtype = registration.get("X-subtype", "")
        message = (
            _text(2, secrets.token_hex(4)) + _text(3, registration.get("sender", "?")) + _text(5, subtype)
            + _pair("subtype", subtype) + _pair("content-encoding", "aes128gcm") + _text(9, secrets.token_hex(4))
            + _number(17, 86_400) + _number(18, int(time.time() * 1000)) + _text(21, body)
        )  # fmt: skip
        assert self._line is not None, "no browser is on the line"
        self._line.write(bytes([_DATA]) + _varint(len(message)) + message)

    async def _mcs(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.write(bytes([_MCS_VERSION]))
        self._line = writer
        while True:
            kind, size, shift = (await reader.readexactly(1))[0], 0, 0
            while (byte := (await reader.readexactly(1))[0]) & 128:
                size |= (byte & 127) << shift
                shift += 7
            await reader.readexactly(size | byte << shift)
            if kind == _LOGIN:
                answer = _text(1, "chrome-1") + _number(8, int(time.time() * 1000))
                writer.write(bytes([_LOGIN_ANSWER]) + _varint(len(answer)) + answer)
            elif kind == _PING:
                writer.write(bytes([_PONG, 0]))
            await writer.drain()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def _quietly(serve: Serve) -> Serve:
    """Until the other side hangs up."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await serve(reader, writer)

    return served


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Target, headers, body of an HTTP request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return head[0].split(" ")[1], headers, body


async def _answer(writer: asyncio.StreamWriter, status: str, body: bytes, kind: str) -> None:
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )
    await writer.drain()


def _make_certificate(file: Path) -> None:
    """Key and certificate for the two names, signed by itself."""
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "push service of the tests")])
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in (*PUSH_HOSTS, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=1))
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
