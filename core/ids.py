"""Public ids: readable, unguessable, sortable by eye (the seed's `call_1234567890_abc123`)."""

import secrets

from core import clock


def new_id(prefix: str) -> str:
    """`{prefix}_{unix seconds}_{32 hex digits}`; 128 random bits. Older ones have 16 digits."""
    return f"{prefix}_{int(clock.now().timestamp())}_{secrets.token_hex(16)}"
