"""What staff are asked before deeds that cannot be undone: the person, the amount, and the effect in figures."""

from datetime import date

from billing.earnings import held_minor
from billing.ledger.models import Transaction
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.selectors import payable_minor, wallet_of
from billing.services.refund import Refund
from core import clock
from core.confirm import Confirmation
from core.money import format_money
from operators.models import Operator
from telephony.models import Call, Correction
from telephony.snapshots import board_row
from web.templatetags.ui import in_seconds


def refund_question(sale: Transaction, expected: Refund, back: str) -> Confirmation:
    """`expected`: what the refund service says that it would do."""
    assert sale.customer is not None, "a customer paid for every sale"
    amount = format_money(expected.amount_minor, sale.currency)
    before = wallet_of(sale.customer.pk).balance_minor
    operator = sale.operator.stage_name if sale.operator else "the operator"
    tax_minor = expected.amount_minor - expected.operator_minor - expected.platform_minor
    tax = (("Tax that is no longer owed", format_money(tax_minor, sale.currency)),) if tax_minor else ()
    facts = (
        ("Customer", sale.customer.alias),
        (
            "For",
            f"{sale.get_kind_display()} {sale.reference}, {format_money(sale.amount_minor, sale.currency)}",
        ),
        ("Refund", amount),
        (f"Taken back from {operator}", format_money(expected.operator_minor, sale.currency)),
        ("Paid by the platform", format_money(expected.platform_minor, sale.currency)),
        *tax,
        ("Balance", f"{format_money(before)} → {format_money(before + expected.amount_minor)}"),
    )
    effect = "The money can be spent right away. The customer gets an email with the amount."
    return Confirmation(f"Refund {amount} to {sale.customer.alias}?", facts, effect, "Refund", back)


def payout_question(
    person: Operator, amount_minor: int, back: str, *, paid_on: date | None, is_early: bool
) -> Confirmation:
    """A payout that was made outside. `paid_on` None: today."""
    day = books_day(clock.now())
    amount, owed = format_money(amount_minor), payable_minor(person.pk)
    facts = (
        ("Operator", f"{person.stage_name}, {person.user.email}"),
        ("Payout", amount),
        ("Owed", f"{format_money(owed)} → {format_money(owed - amount_minor)}"),
        ("Payable", format_money(balance_of(person.pk, day).payable_minor)),
        ("Held, not paid out", format_money(held_minor(person.pk))),
        ("Paid on", f"{paid_on or day:%Y-%m-%d}"),
    )
    effect = (
        "This moves no money: pay it first. What is owed is lowered for good, and it counts in that tax year."
    )
    label = "Payment, like “Check 1042” (the operator reads it)"
    if is_early:
        label = "Payment, and why it came before it was payable (the operator reads it)"
    title = f"Record a payout of {amount} to {person.stage_name}?"
    return Confirmation(title, facts, effect, "Record payout", back, reason_label=label)


def suspension_question(person: Operator, back: str) -> Confirmation:
    """Taking an operator off all sites."""
    call = Call.objects.filter(operator=person, ended_at=None).first()
    facts = (
        ("Operator", f"{person.stage_name}, {person.user.email}"),
        ("On a call now", "yes, but with no more time than already granted" if call else "no"),
        ("Owed to them", f"{format_money(payable_minor(person.pk))}, stays theirs"),
    )
    effect = (
        "They go offline on every site, and nobody can call or text them. They get an email with your reason."
    )
    label = "Reason (the operator reads it)"
    return Confirmation(f"Suspend {person.stage_name}?", facts, effect, "Suspend", back, reason_label=label)


def hang_up_question(call: Call, back: str) -> Confirmation:
    """Ending a running call. Figures are of this moment."""
    row = board_row(call)
    minutes, seconds = divmod(row["duration_seconds"], 60)
    cost = format_money(row["cost_minor"], row["currency"])
    facts = (
        ("Customer", row["customer"]),
        ("Operator", row["operator"]),
        ("Site", row["brand"]),
        ("Status", row["status"]),
        ("Talk so far", f"{minutes}:{seconds:02}"),
        ("Cost so far", cost),
    )
    effect = (
        f"Both phones are hung up right away. The customer is charged for the talk so far: {cost} by now."
    )
    return Confirmation(
        f"Hang up on {row['customer']} and {row['operator']}?", facts, effect, "Hang up", back
    )


def approval_question(correction: Correction, balance_after_minor: int, back: str) -> Confirmation:
    """Charging a call by Asterisk's record. `balance_after_minor`: what the service says that is left then."""
    customer = correction.call.customer
    before = wallet_of(customer.pk).balance_minor
    change = balance_after_minor - before
    amount = format_money(abs(change))
    facts = (
        *_correction_facts(correction),
        ("Charged more" if change < 0 else "Refunded", amount),
        ("Balance", f"{format_money(before)} → {format_money(balance_after_minor)}"),
    )
    title = (
        f"Charge {customer.alias} {amount} more?" if change < 0 else f"Refund {amount} to {customer.alias}?"
    )
    effect = "The charge and the operator's share follow the record, for good: a call can be corrected once."
    return Confirmation(title, facts, effect, "Charge as recorded", back)


def leave_question(correction: Correction, back: str) -> Confirmation:
    """Leaving a charge that differs from Asterisk's record."""
    customer = correction.call.customer
    balance = format_money(wallet_of(customer.pk).balance_minor)
    amount = format_money(abs(correction.change_minor))
    change = f"{amount} more" if correction.change_minor > 0 else f"{amount} back"
    facts = (
        *_correction_facts(correction),
        ("By the record", f"{change}, which is not done"),
        ("Balance", f"stays at {balance}"),
    )
    effect = "The charge stays as it is, for good, even though the record differs."
    return Confirmation(
        f"Leave the charge of {customer.alias} as it is?", facts, effect, "Leave as it is", back
    )


def _correction_facts(correction: Correction) -> tuple[tuple[str, str], ...]:
    booked = correction.booked_ms
    return (
        ("Customer", correction.call.customer.alias),
        ("Operator", correction.call.operator.stage_name),
        ("Call", correction.call.call_id),
        ("Recorded", in_seconds(correction.recorded_ms) if correction.recorded_ms else "never connected"),
        ("Charged for", "nothing, as never connected" if booked is None else in_seconds(booked)),
    )
