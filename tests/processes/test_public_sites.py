"""The proxy as in production: HTTPS for hosts of the product alone, with a certificate that it gets when it is asked."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST
from tests.full_stack.database import ask
from tests.full_stack.people import People
from tests.lab.ports import HOST, free_ports
from tests.processes.web import stack

pytestmark = pytest.mark.slow
STRANGER = "nobody.localhost"


async def head(port: int, host: str, path: str = "/", *, tls: ssl.SSLContext | None) -> list[str]:
    """The lines of an answer's head, over TLS with the host's name."""
    name = host if tls else None
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(HOST, port, ssl=tls, server_hostname=name)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
    return answer.splitlines()


async def test_only_hosts_of_the_product_are_served_and_only_over_https(
    tmp_path: Path, system_database: str
) -> None:
    await ask(People().pair)  # with a brand
    http, https = free_ports().http, free_ports().http
    settings = {
        "PROXY_SITES": "public", "PROXY_HTTP_PORT": str(http), "PROXY_HTTPS_PORT": str(https),
        "PROXY_ASK_PORT": str(free_ports().http), "PROXY_ISSUER": "internal",
    }  # fmt: skip
    async with stack(tmp_path, system_database, **settings):
        moved = await head(http, BRAND_HOST, "/people/?q=x", tls=None)
        assert moved[0].split()[1] == "308"
        assert f"Location: https://{BRAND_HOST}/people/?q=x" in moved
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with pytest.raises(ssl.SSLError):
            await head(https, STRANGER, tls=anybody)
        authority = tmp_path / "caddy/caddy/pki/authorities/local/root.crt"
        trusting = ssl.create_default_context(cafile=authority)
        for host in (BRAND_HOST, PORTAL_HOST):
            answer = await head(https, host, "/accounts/login/", tls=trusting)
            assert answer[0].split()[1] == "200", host
            assert "Strict-Transport-Security: max-age=31536000; includeSubDomains" in answer
        with pytest.raises(ssl.SSLError):
            await head(https, STRANGER, tls=trusting)
