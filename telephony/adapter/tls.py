"""TLS between web, adapter, and ARI: what the adapter listens with, and whom it believes."""

import ssl
from pathlib import Path

import aiohttp

from telephony.adapter.config import AdapterConfig, ConfigError


def server_context(config: AdapterConfig) -> ssl.SSLContext | None:
    """For listening; None: plain HTTP. Raises ConfigError where certificate and key are not both there, or do not fit."""
    if config.tls_certificate is None and config.tls_key is None:
        return None
    if config.tls_certificate is None or config.tls_key is None:
        raise ConfigError("ADAPTER_TLS_CERTIFICATE and ADAPTER_TLS_KEY: both or none")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ADAPTER_TLS_CERTIFICATE: {type(error).__name__}") from None
    return context


def connector(internal_ca: Path | None, *, limit: int = 100) -> aiohttp.TCPConnector:
    """For a client's session: https is believed if this authority signed it, or else one that the system knows."""
    if internal_ca is None:
        return aiohttp.TCPConnector(limit=limit)
    return aiohttp.TCPConnector(limit=limit, ssl=ssl.create_default_context(cafile=internal_ca))
