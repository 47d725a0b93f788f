"""What customers are asked before a break and before closing: neither can be taken back."""

from zoneinfo import ZoneInfo

from billing.selectors import wallet_of
from core.confirm import Confirmation
from core.money import format_money
from customers.models import Customer

_REASON = "Want to tell us why? (optional)"


def break_question(row: Customer, *, length: str, back: str) -> Confirmation:
    """`row`: the customer as the break would leave them; `length`: in words."""
    assert row.paused_until is not None, "a break has an end"
    until = row.paused_until.astimezone(ZoneInfo(row.user.time_zone))
    wallet = wallet_of(row.pk)
    facts = (
        ("Account", row.user.email),
        ("Break", length),
        ("Ends", f"{until:%B} {until.day}, {until.year}, {until:%I:%M %p}".replace(", 0", ", ")),
        ("Balance", f"{format_money(wallet.balance_minor, wallet.currency)}, stays yours"),
    )
    effect = "You can't call or text until then. It can't be shortened, even by us."
    return Confirmation(
        f"Take a break for {length}?", facts, effect, "Start the break", back, _REASON, is_reason_needed=False
    )


def closing_question(customer: Customer, *, back: str) -> Confirmation:
    """Closing the account."""
    wallet = wallet_of(customer.pk)
    left = format_money(wallet.balance_minor, wallet.currency)
    returned = f" We'll pay back the {left} on your balance and email you." if wallet.balance_minor else ""
    facts = (("Account", customer.user.email), ("Balance", left))
    effect = f"You're logged out and can't call or text anymore.{returned}"
    return Confirmation(
        "Close your account?", facts, effect, "Close account", back, _REASON, is_reason_needed=False
    )
