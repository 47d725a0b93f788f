"""A second Asterisk that plays the carrier: it knows its customer by a password or by an address, speaks TLS and SRTP, and
passes each call on to the lab's phones (`carrier.Carrier`) as PCMU, whatever the customer's codec.

The configuration is in `carrier_conf`, with the deployed files for all that does not make a carrier.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.lab.asterisk import Asterisk
from tests.lab.certificates import Authority
from tests.lab.ports import HOST, Ports, free_ports

CONF = Path(__file__).parent / "carrier_conf"
CUSTOMER, PASSWORD = "aeims-customer", "of-the-trunk"


@dataclass(frozen=True, slots=True)
class CarrierAsterisk:
    """`node` is not started. TLS ports beside `node.ports.sip` (UDP): the first has a certificate as it should be, the others
    have one for another name, and one of an authority that nobody knows.
    """

    node: Asterisk
    tls_port: int
    misnamed_port: int
    stranger_port: int


def carrier_asterisk(
    name: str, *, phones_port: int, authority: Authority, is_registrar: bool = False, srtp: bool = False
) -> CarrierAsterisk:
    """`is_registrar`: the customer is known by a password, and registers; else by its address. `srtp`: it takes no call whose
    sound is in the clear.
    """
    ports = free_ports()
    node = Asterisk(name, ports=Ports(ports.http, ports.sip, phones_port, ports.rtp_start), conf=CONF)
    place = node.places() / f"{name}-tls"
    place.mkdir(parents=True, exist_ok=True)
    signed = {
        "tls": (authority, HOST),
        "misnamed": (authority, "other.example"),
        "stranger": (Authority.make("x"), HOST),
    }
    for kind, (signer, host) in signed.items():
        signer.sign(host, certificate=place / f"{kind}.pem", key=place / f"{kind}.key")
    tls_ports = {kind: free_ports().http for kind in signed}
    node.values = {
        "ASTERISK_AMI_PORT": str(ports.carrier),
        "LAB_PHONES_PORT": str(phones_port),
        "LAB_TLS_PLACE": "/" + str(place.relative_to(node.root)),
        **{f"LAB_{kind.upper()}_PORT": str(port) for kind, port in tls_ports.items()},
        "LAB_ENDPOINT": CUSTOMER,
        "LAB_PASSWORD": PASSWORD if is_registrar else "",
        "LAB_ADDRESS": "" if is_registrar else HOST,
        "LAB_SRTP": "yes" if srtp else "",
        "KNOWS_BY": "auth_username" if is_registrar else "ip",
    }
    return CarrierAsterisk(node, tls_ports["tls"], tls_ports["misnamed"], tls_ports["stranger"])
