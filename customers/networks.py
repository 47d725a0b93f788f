"""Which network addresses are one connection. Pure."""

import ipaddress

_IPV6_BITS = 64  # what a provider gives one household (RFC 6177)


def network_of(address: str) -> str | None:
    """What of an address is one connection: all of an IPv4 one, the first 64 bits of an IPv6 one.

    None for what can't be read, and for addresses that are not on the public internet: they are ours, or a proxy's.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is None:
            return str(ipaddress.ip_network((parsed, _IPV6_BITS), strict=False)) if parsed.is_global else None
        parsed = mapped
    return str(parsed) if parsed.is_global else None
