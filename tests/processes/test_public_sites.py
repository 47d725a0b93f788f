"""The proxy as in production: HTTPS for hosts of the product alone, with a certificate that it gets when it is asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.full_stack.caller import BRAND_HOST, PORTAL_HOST
from tests.full_stack.database import ask
from tests.full_stack.http_client import CSRF
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


@asynccontextmanager
async def public(directory: Path, database_url: str) -> AsyncIterator[tuple[int, int, Path]]:
    """Within: the servers as in production; the ports for HTTP and HTTPS, and the authority that signs for the hosts."""
    http, https = free_ports().http, free_ports().http
    settings = {
        "PROXY_SITES": "public", "PROXY_HTTP_PORT": str(http), "PROXY_HTTPS_PORT": str(https),
        "PROXY_ASK_PORT": str(free_ports().http), "PROXY_ISSUER": "internal",
    }  # fmt: skip
    async with stack(directory, database_url, **settings):
        yield http, https, directory / "caddy/caddy/pki/authorities/local/root.crt"


async def test_only_hosts_of_the_product_are_served_and_only_over_https(
    tmp_path: Path, system_database: str
) -> None:
    await ask(People().pair)  # with a brand
    async with public(tmp_path, system_database) as (http, https, authority):
        moved = await head(http, BRAND_HOST, "/people/?q=x", tls=None)
        assert moved[0].split()[1] == "308"
        assert f"Location: https://{BRAND_HOST}/people/?q=x" in moved
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with pytest.raises(ssl.SSLError):
            await head(https, STRANGER, tls=anybody)
        trusting = ssl.create_default_context(cafile=authority)
        for host in (BRAND_HOST, PORTAL_HOST):
            answer = await head(https, host, "/accounts/login/", tls=trusting)
            assert answer[0].split()[1] == "200", host
            assert "Strict-Transport-Security: max-age=31536000; includeSubDomains" in answer
        with pytest.raises(ssl.SSLError):
            await head(https, STRANGER, tls=trusting)


async def test_http_2_goes_through_with_pages_forms_and_bounds(tmp_path: Path, system_database: str) -> None:
    pair = await ask(People().pair)
    (tmp_path / "too-large").write_bytes(b"x" * 3_000_000)
    async with public(tmp_path, system_database) as (_, https, authority):

        async def curl(*arguments: str) -> list[str]:
            """Of each answer: version of HTTP, status, new connections."""
            process = await asyncio.create_subprocess_exec(
                "curl", "--silent", "--http2", "--cacert", str(authority), "--resolve", f"{BRAND_HOST}:{https}:{HOST}",
                "--cookie", f"sessionid={pair.customer_person.session_key}; csrftoken={CSRF}", "--header", f"X-CSRFToken: {CSRF}",
                "--referer", f"https://{BRAND_HOST}:{https}/", "--write-out", "%{http_version} %{http_code} %{num_connects}\\n",
                *arguments, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await process.communicate()
            return [line for line in output.decode().splitlines() if line.startswith(("2 ", "1.1 "))]

        base = f"https://{BRAND_HOST}:{https}"
        paths = ("/operators/", "/dashboard/", "/activity/", "/help/")
        pages = [part for path in paths for part in ("--output", "/dev/null", base + path)]
        answers = await curl(*pages)
        assert [answer.split()[:2] for answer in answers] == [["2", "200"]] * len(paths)
        assert sum(int(answer.split()[2]) for answer in answers) == 1  # one connection for all of them
        body = ["--header", "Content-Type: application/json", "--data", '{"operator_id": 999999}']
        assert (await curl(*body, "--output", "/dev/null", f"{base}/api/calls/initiate/"))[0].startswith(
            "2 404 "
        )
        large = ["--data-binary", f"@{tmp_path / 'too-large'}", "--output", "/dev/null"]
        assert (await curl(*large, f"{base}/api/calls/initiate/"))[0].startswith("2 413 ")
