"""The customer's wallet on open pages: pushed when it changes."""

from typing import Any

from billing.selectors import free_seconds_of, wallet_of
from core import clock, push
from customers.groups import customer_group


def wallet_message(customer_id: int) -> dict[str, Any]:
    """What pages show of a wallet: cents that can be spent, free seconds.

    `sequence` orders messages: it is taken before reading, so that a later one never knows less.
    """
    at = clock.now()
    wallet = wallet_of(customer_id)
    return {
        "type": "wallet",
        "sequence": int(at.timestamp() * 1000),
        "balance_minor": wallet.available_minor,
        "held_minor": wallet.held_minor,
        "currency": wallet.currency,
        "free_seconds": free_seconds_of(customer_id, at),
    }


def push_wallet(customer_id: int) -> None:
    """After commit, tell the customer's pages that the wallet changed."""
    push.hint_after_commit([customer_group(customer_id)], f"wallet.{customer_id}")
