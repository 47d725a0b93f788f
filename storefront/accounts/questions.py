"""What customers are asked before a break, self-exclusion, and closing: none can be taken back."""

from zoneinfo import ZoneInfo

from billing.selectors import wallet_of
from core.confirm import Confirmation
from core.days import write_date, write_time
from core.money import format_money
from customers.exclusion import FOR_GOOD, is_for_good
from customers.models import Customer

EXCLUSION_WORDS = {
    "6-months": "for 6 months",
    "1-year": "for 1 year",
    "5-years": "for 5 years",
    "for-good": "for good",
}
_REASON = "Want to tell us why? (optional)"


def break_question(row: Customer, *, length: str, back: str) -> Confirmation:
    """`row`: the customer as the break would leave them; `length`: in words."""
    assert row.paused_until is not None, "a break has an end"
    wallet = wallet_of(row.pk)
    facts = (
        ("Account", row.user.email),
        ("Break", length),
        ("Ends", write_time(row.paused_until, row.user.time_zone)),
        ("Balance", f"{format_money(wallet.balance_minor, wallet.currency)}, stays yours"),
    )
    effect = "You can’t call or text until then. It can’t be shortened, even by us."
    return Confirmation(
        f"Take a break for {length}?", facts, effect, "Start the break", back, _REASON, is_reason_needed=False
    )


def excluded_words(row: Customer) -> str:
    """Until when: "until Mar 3, 2027", "for good"."""
    assert row.excluded_until is not None, "self-excluded"
    if is_for_good(row.excluded_until):
        return "for good"
    until = row.excluded_until.astimezone(ZoneInfo(row.user.time_zone))
    return f"until {write_date(until)}"


def exclusion_question(row: Customer, *, length: str, back: str) -> Confirmation:
    """`row`: the customer as self-exclusion would leave them; `length`: in words."""
    wallet = wallet_of(row.pk)
    facts = (
        ("Account", row.user.email),
        ("Self-exclusion", excluded_words(row)),
        ("Off", "Calls, texts, tips, adding funds, and offers"),
        ("Applies to", "All accounts with your phone or this browser, including new ones"),
        ("You can get back", format_money(max(0, wallet.paid_minor), wallet.currency)),
    )
    effect = (
        "No one can shorten it, not even our staff. It ends on its own."
        if not is_for_good(row.excluded_until or FOR_GOOD)
        else "It never ends, and no one can undo it, not even our staff."
    )
    return Confirmation(
        f"Exclude yourself {length}?", facts, effect, "Exclude me", back, _REASON, is_reason_needed=False
    )


def closing_question(customer: Customer, *, back: str) -> Confirmation:
    """Closing the account."""
    wallet = wallet_of(customer.pk)
    paid, promo = (
        format_money(minor, wallet.currency) for minor in (max(0, wallet.paid_minor), wallet.promo_minor)
    )
    facts = [
        ("Account", customer.user.email),
        ("Balance", format_money(wallet.balance_minor, wallet.currency)),
    ]
    effect = "You’ll be logged out and won’t be able to call or text."
    if wallet.paid_minor > 0:
        facts.append(("We’ll pay back", paid))
        effect += f" We’ll pay back the {paid} you paid and email you."
    if wallet.promo_minor:
        facts.append(("Promotional credit you lose", promo))
        effect += f" Your {promo} of promotional credit ends: it can’t be paid out."
    return Confirmation(
        "Close your account?", tuple(facts), effect, "Close account", back, _REASON, is_reason_needed=False
    )
