"""The unguessable part of the address of a processor's webhook: derived from the hash keys, so it is no setting of its own.

Whoever knows it can have us ask the processor about a payment, and nothing else: what was paid, the processor says.
"""

import hmac

from core.encryption import hashes

_PURPOSE = "payment notices"
_LENGTH = 40  # of 64 hex digits


def secret_path(gateway_name: str) -> str:
    """What stands in the address that the processor is to be given: by the key in use."""
    return _paths(gateway_name)[0]


def is_secret_path(gateway_name: str, given: str) -> bool:
    """Whether `given` is that path, by the key in use or one that is still understood."""
    matches = [hmac.compare_digest(path.encode(), given.encode()) for path in _paths(gateway_name)]
    return any(matches)


def _paths(gateway_name: str) -> list[str]:
    return [digest.hex()[:_LENGTH] for digest in hashes(gateway_name, _PURPOSE)]
