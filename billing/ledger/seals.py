"""How a seal is digested. Pure: the seals of an installation can be checked with this module and SHA-256 alone."""

import hashlib

NO_SEAL = bytes(32)  # what the first seal names as the one before it
FORMAT = 2  # 1, before entries said what of them was promotional money, is checked for ever


def digest_of(
    *, number: int, version: int, first_id: int, last_id: int, transactions: int, root: bytes, previous: bytes
) -> bytes:
    """The digest of a seal, 32 bytes: of its numbers as text (`version` is its format), the root of its transactions, and the digest before."""
    numbers = "|".join(map(str, (number, version, first_id, last_id, transactions)))
    return hashlib.sha256(numbers.encode() + root + previous).digest()
