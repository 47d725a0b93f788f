"""The hash under which an encrypted value is found again: HMAC-SHA256 with a key that is outside the database. Pure.

Without the key nobody can try values, however few there are of them; a plain hash of a phone number is undone in seconds.
"""

import hashlib
import hmac

BYTES = 32


def keyed_hash(value: str, *, key: str, purpose: str) -> bytes:
    """32 bytes, always the same for the same value, key, and purpose; equal values of two purposes do not look alike."""
    secret = hashlib.sha256(b"aeims keyed hash\0" + key.encode()).digest()
    return hmac.new(secret, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()
