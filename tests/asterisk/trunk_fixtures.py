"""A node with nine trunks: two to carriers of the lab, the others to Asterisks that play carriers.

carrier    the lab's first carrier, numbers with plus, µ-law
carrier2   the lab's second: numbers without plus, P-Asserted-Identity, µ-law
carrier3   digest and registration, UDP, Opus
carrier4   by our address, UDP, A-law
carrier5   by our address, TLS and SRTP, G.722
carrier6   its certificate is for another name
carrier7   its certificate is of an authority that we don't know
carrier8   our password is wrong
carrier9   wants SRTP, which this trunk does not have
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.asterisk.trunk_rig import TrunkRig
from tests.lab.asterisk import Asterisk
from tests.lab.carrier import Carrier
from tests.lab.carrier_asterisk import CUSTOMER, PASSWORD, carrier_asterisk
from tests.lab.certificates import Authority
from tests.lab.fixtures import RTP_TIMEOUT_SECONDS, end_all_calls
from tests.lab.ports import HOST, free_ports

__all__ = ["dialed_out", "trunk_node", "two_carriers"]

DOMAIN = "sip.example.net"


@dataclass(frozen=True, slots=True)
class TrunkNode:
    """Our node, and the ports of the lab's carriers: of the two trunks, and of the phones behind the other Asterisks."""

    node: Asterisk
    second_port: int
    phones_port: int


def _trunk(number: int, **values: object) -> dict[str, str]:
    return {f"TRUNK{number}_{name}": str(value) for name, value in ({"HOST": HOST} | values).items()}


@pytest.fixture(scope="session")
def trunk_node() -> Iterator[TrunkNode]:
    """Everything that runs, for all tests of trunks."""
    ours = Authority.make("ours")
    phones, second = free_ports().carrier, free_ports().carrier
    name = f"test-{os.getpid()}"
    registrar = carrier_asterisk(f"{name}-registrar", phones_port=phones, authority=ours, is_registrar=True)
    plain = carrier_asterisk(f"{name}-plain", phones_port=phones, authority=ours)
    secure = carrier_asterisk(f"{name}-secure", phones_port=phones, authority=ours, srtp=True)
    node = Asterisk(f"{name}-trunks", ports=free_ports())
    place = node.places() / f"{name}-node-tls"
    place.mkdir(parents=True, exist_ok=True)
    ours.write(place / "authority.pem")
    ours.sign(HOST, certificate=place / "node.pem", key=place / "node.key")
    seen_as = "/" + str(place.relative_to(node.root))
    login = {"USERNAME": CUSTOMER, "PASSWORD": PASSWORD, "REGISTER": "yes"}
    node.values = {
        "RTP_TIMEOUT": str(RTP_TIMEOUT_SECONDS),
        "SIP_TLS_CA": f"{seen_as}/authority.pem",
        "SIP_TLS_CERTIFICATE": f"{seen_as}/node.pem",
        "SIP_TLS_KEY": f"{seen_as}/node.key",
        "SIP_TLS_PORT": str(free_ports().http),
        **_trunk(2, PORT=second, NUMBERS="digits", ASSERTED_IDENTITY="yes", DOMAIN=DOMAIN, QUALIFY_SECONDS=0),
        **_trunk(3, PORT=registrar.node.ports.sip, CODECS="opus", **login),
        **_trunk(4, PORT=plain.node.ports.sip, CODECS="alaw", QUALIFY_SECONDS=1),
        **_trunk(5, PORT=secure.tls_port, TRANSPORT="tls", SRTP="yes", CODECS="g722", QUALIFY_SECONDS=1),
        **_trunk(6, PORT=secure.misnamed_port, TRANSPORT="tls", QUALIFY_SECONDS=0),
        **_trunk(7, PORT=secure.stranger_port, TRANSPORT="tls", QUALIFY_SECONDS=0),
        **_trunk(8, PORT=registrar.node.ports.sip, **login | {"PASSWORD": "wrong"}),
        **_trunk(9, PORT=secure.node.ports.sip, QUALIFY_SECONDS=0),
    }  # fmt: skip
    try:
        with ExitStack() as running:
            for one in (*(other.node for other in (registrar, plain, secure)), node):
                running.enter_context(one)
            yield TrunkNode(node, second, phones)
    finally:
        for made in node.places().glob(f"{name}-*"):
            shutil.rmtree(made, ignore_errors=True)


@pytest_asyncio.fixture
async def two_carriers(tmp_path: Path, trunk_node: TrunkNode) -> AsyncIterator[TrunkRig]:
    """An adapter with the first two trunks."""
    node = trunk_node.node
    async with Carrier(port=node.ports.carrier) as first, Carrier(port=trunk_node.second_port) as second:
        carriers = {"carrier": first, "carrier2": second}
        async with TrunkRig(tmp_path, node, carriers, ringing_within_seconds=1) as rig:
            await rig.start()
            yield rig
    await asyncio.to_thread(end_all_calls, node)


@pytest_asyncio.fixture
async def dialed_out(trunk_node: TrunkNode) -> AsyncIterator[Any]:
    """The phones behind the Asterisks that play carriers."""
    async with Carrier(port=trunk_node.phones_port) as phones:
        yield phones
    await asyncio.to_thread(end_all_calls, trunk_node.node)
