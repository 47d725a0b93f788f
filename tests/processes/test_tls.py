"""The adapter is asked, and asks, over TLS, and believes certificates of this installation alone."""

import asyncio
import ssl
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from aeims.serving.probe import adapter_status
from telephony import adapter_client
from telephony.adapter.config import AdapterConfig, ConfigError, config_from
from telephony.adapter.main import AdapterProcess
from telephony.adapter.simulator import SimulatedSwitch
from telephony.adapter.tls import connector, server_context
from tools.environment import ROOT


def made(place: Path) -> Path:
    subprocess.run(["sh", str(ROOT / "deploy/containers/make_certificates.sh"), str(place)], check=True)
    return place


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("others"))


@pytest.fixture
def config(tmp_path: Path, ours: Path) -> AdapterConfig:
    return config_from(
        {
            "AEIMS_API_KEY": "of-no-installation", "ADAPTER_LISTEN": "127.0.0.1:0", "ADAPTER_JOURNAL": str(tmp_path / "journal"),
            "ADAPTER_TLS_CERTIFICATE": str(ours / "adapter_tls_certificate"), "ADAPTER_TLS_KEY": str(ours / "adapter_tls_key"),
            "AEIMS_INTERNAL_CA": str(ours / "internal_ca"),
        }
    )  # fmt: skip


def close_kept_connection() -> None:
    """The adapter's end of it would outlive the loop of its test."""
    adapter_client._kept.session.close()


async def test_web_asks_over_tls_and_only_an_adapter_of_this_installation(
    config: AdapterConfig, ours: Path, others: Path, settings: Any
) -> None:
    running = AdapterProcess(config, SimulatedSwitch())
    await running.start()
    try:
        settings.AEIMS_API_KEY = config.api_key
        settings.ASTERISK_ADAPTER_URL = f"https://localhost:{running.port}"
        settings.INTERNAL_CA = str(ours / "internal_ca")
        assert (await asyncio.to_thread(adapter_client.health)).status in (200, 503)
        for stranger in (str(others / "internal_ca"), ""):
            settings.INTERNAL_CA = stranger
            with pytest.raises((adapter_client.Unknown, adapter_client.Refused)):
                await asyncio.to_thread(adapter_client.health)
        settings.ASTERISK_ADAPTER_URL = f"http://localhost:{running.port}"
        with pytest.raises((adapter_client.Unknown, adapter_client.Refused)):
            await asyncio.to_thread(adapter_client.health)
    finally:
        await asyncio.to_thread(close_kept_connection)
        await running.stop()


async def test_the_adapter_believes_web_and_ari_of_this_installation_alone(ours: Path, others: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(ours / "web_tls_certificate", ours / "web_tls_key")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    url = f"https://localhost:{runner.addresses[0][1]}/"
    try:
        async with (
            aiohttp.ClientSession(connector=connector(ours / "internal_ca")) as http,
            http.get(url) as answer,
        ):
            assert answer.status == 404
        for stranger in (others / "internal_ca", None):
            async with aiohttp.ClientSession(connector=connector(stranger)) as http:
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await http.get(url)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("missing", ["ADAPTER_TLS_KEY", "ADAPTER_TLS_CERTIFICATE"])
async def test_half_a_pair_or_a_wrong_one_stops_the_start(ours: Path, missing: str) -> None:
    values = {
        "AEIMS_API_KEY": "x",
        "ADAPTER_TLS_CERTIFICATE": str(ours / "adapter_tls_certificate"),
        "ADAPTER_TLS_KEY": str(ours / "web_tls_key"),
    }
    with pytest.raises(ConfigError, match="ADAPTER_TLS_CERTIFICATE: SSLError"):
        server_context(config_from(values))
    with pytest.raises(ConfigError, match="both or none"):
        server_context(config_from(values | {missing: ""}))


async def test_the_health_check_of_the_adapter_asks_over_tls_as_others_do(
    config: AdapterConfig, ours: Path, others: Path
) -> None:
    running = AdapterProcess(config, SimulatedSwitch())
    await running.start()
    environment = {"ADAPTER_LISTEN": f"0.0.0.0:{running.port}", "ADAPTER_TLS_CERTIFICATE": "of compose.yaml"}
    try:
        for authority, status in ((ours, 200), (others, 0)):
            trusting = environment | {"AEIMS_INTERNAL_CA": str(authority / "internal_ca")}
            assert await asyncio.to_thread(adapter_status, trusting) == status
        assert await asyncio.to_thread(adapter_status, {"ADAPTER_LISTEN": f"0.0.0.0:{running.port}"}) == 0
    finally:
        await running.stop()
