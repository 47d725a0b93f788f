"""What customers are asked before a break, self-exclusion, and closing: none can be taken back."""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from billing.selectors import wallet_of
from core.confirm import Confirmation
from core.days import write_date, write_time
from core.money import format_money
from customers.exclusion import FOR_GOOD, is_for_good
from customers.models import Customer

EXCLUSION_WORDS = {
    "6-months": gettext_lazy("for 6 months"),
    "1-year": gettext_lazy("for 1 year"),
    "5-years": gettext_lazy("for 5 years"),
    "for-good": gettext_lazy("for good"),
}
_REASON = gettext_noop("Want to tell us why? (optional)")


def break_question(row: Customer, *, length: str, back: str) -> Confirmation:
    """`row`: the customer as the break would leave them; `length`: in words."""
    assert row.paused_until is not None, "a break has an end"
    wallet = wallet_of(row.pk)
    facts = (
        (_("Account"), row.user.email),
        (_("Break"), length),
        (_("Ends"), write_time(row.paused_until, row.user.time_zone)),
        (
            _("Balance"),
            _("%(amount)s, stays yours") % {"amount": format_money(wallet.balance_minor, wallet.currency)},
        ),
    )
    effect = _("You can’t call or text until then. It can’t be shortened, even by us.")
    return Confirmation(
        _("Take a break for %(length)s?") % {"length": length},
        facts,
        effect,
        _("Start the break"),
        back,
        _(_REASON),
        is_reason_needed=False,
    )


def excluded_words(row: Customer) -> str:
    """Until when: "until Mar 3, 2027", "for good"."""
    assert row.excluded_until is not None, "self-excluded"
    if is_for_good(row.excluded_until):
        return _("for good")
    until = row.excluded_until.astimezone(ZoneInfo(row.user.time_zone))
    return _("until %(date)s") % {"date": write_date(until)}


def exclusion_question(row: Customer, *, length: str, back: str) -> Confirmation:
    """`row`: the customer as self-exclusion would leave them; `length`: in words."""
    wallet = wallet_of(row.pk)
    facts = (
        (_("Account"), row.user.email),
        (_("Self-exclusion"), excluded_words(row)),
        (_("Off"), _("Calls, texts, tips, adding funds, and offers")),
        (_("Applies to"), _("All accounts with your phone or this browser, including new ones")),
        (_("You can get back"), format_money(max(0, wallet.paid_minor), wallet.currency)),
    )
    effect = (
        _("No one can shorten it, not even our staff. It ends on its own.")
        if not is_for_good(row.excluded_until or FOR_GOOD)
        else _("It never ends, and no one can undo it, not even our staff.")
    )
    return Confirmation(
        _("Exclude yourself %(length)s?") % {"length": length},
        facts,
        effect,
        _("Exclude me"),
        back,
        _(_REASON),
        is_reason_needed=False,
    )


def closing_question(customer: Customer, *, back: str) -> Confirmation:
    """Closing the account."""
    wallet = wallet_of(customer.pk)
    paid, promo = (
        format_money(minor, wallet.currency) for minor in (max(0, wallet.paid_minor), wallet.promo_minor)
    )
    facts = [
        (_("Account"), customer.user.email),
        (_("Balance"), format_money(wallet.balance_minor, wallet.currency)),
    ]
    effect = _("You’ll be logged out and won’t be able to call or text.")
    if wallet.paid_minor > 0:
        facts.append((_("We’ll pay back"), paid))
        effect += " " + _("We’ll pay back the %(paid)s you paid and email you.") % {"paid": paid}
    if wallet.promo_minor:
        facts.append((_("Promotional credit you lose"), promo))
        effect += " " + _("Your %(promo)s of promotional credit ends: it can’t be paid out.") % {
            "promo": promo
        }
    return Confirmation(
        _("Close your account?"),
        tuple(facts),
        effect,
        _("Close account"),
        back,
        _(_REASON),
        is_reason_needed=False,
    )
