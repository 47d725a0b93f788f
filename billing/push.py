"""Money on open pages, pushed when it changes: the customer's wallet and payments, the operator's tips."""

from datetime import datetime
from typing import Any

from billing import conf
from billing.budget import Budget, read_budget
from billing.selectors import free_seconds_of
from core import clock, push
from customers.domain_events import spending_rules_changed
from customers.groups import customer_group
from operators.services.presence import operator_group


def wallet_message(
    customer_id: int,
    budget: Budget | None = None,
    *,
    free_seconds: int | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """What pages show of a wallet: cents available, cents that may be spent within the limit, free seconds.

    `sequence` orders messages: it is taken before reading, so that a later one never knows less. `budget` and
    `free_seconds`: as they were just read, for those who order them themselves; `at`: from before that.
    """
    at = at or clock.now()
    budget = budget or read_budget(customer_id)
    return {
        "type": "wallet",
        "sequence": int(at.timestamp() * 1000),
        "balance_minor": budget.available_minor,
        "held_minor": budget.held_minor,
        "spendable_minor": budget.spendable_minor,
        "currency": conf.currency(),
        "free_seconds": free_seconds_of(customer_id, at) if free_seconds is None else free_seconds,
    }


@spending_rules_changed.listener
def push_wallet(customer_id: int) -> None:
    """After commit, tell the customer's pages that the wallet changed."""
    push.hint_after_commit([customer_group(customer_id)], f"wallet.{customer_id}")


def push_payment(customer_id: int, payment_id: int) -> None:
    """After commit, tell the customer's pages that it stands elsewhere now."""
    push.hint_after_commit([customer_group(customer_id)], f"payment.{payment_id}")


def push_tip(operator_id: int) -> None:
    """After commit, tell the operator's pages that a tip came, or was refunded."""
    push.hint_after_commit([operator_group(operator_id)], f"tips.{operator_id}")
