"""What a page says of a call that is on hold: who holds, and what comes of it. Pure."""

from collections.abc import Mapping
from typing import Any


def customer_hold_words(call: Mapping[str, Any]) -> str:
    """For the customer, out of their snapshot; empty while nobody holds."""
    limits = call["hold_limit_seconds"]
    if "operator" in call["held_by"]:
        limit = limits["operator"]
        return f"{call['operator']} put you on hold. After {limit} seconds we end the call, and you don't pay for the hold."
    if call["held_by"]:
        return f"You put the call on hold. You pay for this time, and after {limits['customer']} seconds the call ends."
    return ""


def operator_hold_words(call: Mapping[str, Any]) -> str:
    """For the operator, out of theirs; empty while nobody holds."""
    limits = call["hold_limit_seconds"]
    if "operator" in call["held_by"]:
        return f"You put the call on hold. Come back within {limits['operator']} seconds, or it ends and the hold isn't paid."
    if call["held_by"]:
        return f"The caller put you on hold. You're paid for this time. The call ends after {limits['customer']} seconds."
    return ""
