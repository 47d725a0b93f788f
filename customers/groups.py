"""The websocket groups of people: whoever has news for their open pages sends it here."""

from collections.abc import Iterable

from core.push import after_commit


def customer_group(customer_id: int) -> str:
    """All open pages of one customer."""
    return f"customer.{customer_id}"


def person_group(user_id: int) -> str:
    """All sockets that this person has open, on whatever site."""
    return f"person.{user_id}"


def recheck_sockets(user_ids: Iterable[int]) -> None:
    """When the current transaction has committed, have these people's sockets ask anew whether they may stay open."""
    groups = [person_group(user_id) for user_id in user_ids]
    if groups:
        after_commit(groups, lambda: {"type": "recheck"})
