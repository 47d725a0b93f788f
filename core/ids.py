"""Public ids: readable, unguessable, sortable by eye (the seed's `call_1234567890_abc123`)."""

import secrets

from core import clock


def new_id(prefix: str) -> str:
    """`{prefix}_{unix seconds}_{16 hex digits}`; 64 random bits."""
    return f"{prefix}_{int(clock.now().timestamp())}_{secrets.token_hex(8)}"
