"""What a page says of a call that is on hold: who holds, and what comes of it. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def customer_hold_words(call: Mapping[str, Any]) -> str:
    """For the customer, out of their snapshot; empty while nobody holds."""
    limits = call["hold_limit_seconds"]
    if "operator" in call["held_by"]:
        limit = limits["operator"]
        return _(
            "%(operator)s put you on hold. After %(seconds)s seconds we end the call, and you don’t "
            "pay for the hold."
        ) % {"operator": call["operator"], "seconds": limit}
    if call["held_by"]:
        return _(
            "You put the call on hold. You pay for this time, and after %(seconds)s seconds the call ends."
        ) % {"seconds": limits["customer"]}
    return ""


def operator_hold_words(call: Mapping[str, Any]) -> str:
    """For the operator, out of theirs; empty while nobody holds."""
    limits = call["hold_limit_seconds"]
    if "operator" in call["held_by"]:
        return _(
            "You put the call on hold. Come back within %(seconds)s seconds, or it ends and the hold "
            "isn’t paid."
        ) % {"seconds": limits["operator"]}
    if call["held_by"]:
        return _(
            "The caller put you on hold. You’re paid for this time. The call ends after %(seconds)s seconds."
        ) % {"seconds": limits["customer"]}
    return ""
