"""What staff are asked before steps of payouts: how many, how much, who is left out, and what happens to the money."""

from collections.abc import Sequence
from datetime import date

from backoffice.payout_rows import account_words, obstacle_words
from billing.ledger.models import Transaction
from billing.payouts.models import PayoutFile, PayoutItem, PayoutRun
from billing.payouts.selectors import RunSums
from billing.payouts.services.approve_run import Approved
from billing.payouts.states import Method
from billing.selectors import payable_minor
from core.confirm import Confirmation
from core.money import format_money
from operators.models import Operator

Facts = tuple[tuple[str, str], ...]
NAMED = 20  # of those who are left out


def counted(count: int) -> str:
    """`1 payout`, `3 payouts`."""
    return f"{count:,} payout{'' if count == 1 else 's'}"


def prepare_question(sums: RunSums, back: str) -> Confirmation:
    """`sums`: of the run as it would be."""
    facts = (
        ("Payouts", f"{sums.count:,}"),
        ("Sum", format_money(sums.amount_minor)),
        ("Left out", f"{sums.left_out:,}"),
    )
    effect = "Nothing is debited yet. Someone else has to approve the run."
    title = f"Prepare a run of {counted(sums.count)}, {format_money(sums.amount_minor)}?"
    return Confirmation(title, facts, effect, "Prepare", back, is_reason_needed=False)


def approve_question(expected: Approved, back: str) -> Confirmation:
    """`expected`: what approving would do now."""
    run, count = expected.run, len(expected.debited)
    total = sum(item.amount_minor for item in expected.debited)
    withheld = sum(item.withheld_minor for item in expected.debited)
    fees = sum(item.fee_minor for item in expected.debited)
    facts = (
        ("Prepared by", str(run.prepared_by or "the weekly close")),
        ("Payouts", f"{count:,}"),
        ("Sum", format_money(total)),
        *_by_method(expected.debited),
        *((("Backup withholding", format_money(withheld)),) if withheld else ()),
        *((("Fees", format_money(fees)),) if fees else ()),
        *_left_out(expected.left_out),
    )
    effect = (
        f"{counted(count)}, {format_money(total)}, will be debited from the operators’ accounts right away and "
        "has to be sent then. Who is left out keeps their balance."
    )
    title = f"Approve run {run.pk}: {counted(count)}, {format_money(total)}?"
    return Confirmation(title, facts, effect, "Approve", back)


def cancel_question(run: PayoutRun, sums: RunSums, back: str) -> Confirmation:
    """Giving a run up that waits."""
    facts = (("Payouts", f"{sums.count:,}"), ("Sum", format_money(sums.amount_minor)))
    effect = "Nobody is paid by this run, and nothing was debited. You can prepare another one."
    return Confirmation(f"Cancel run {run.pk}?", facts, effect, "Cancel the run", back)


def export_question(expected: PayoutFile, left_out: int, back: str) -> Confirmation:
    """`expected`: the file as it would be; `left_out`: who was suspended since the run was approved."""
    label = expected.get_format_display()
    facts: Facts = (
        ("Run", str(expected.run_id)),
        ("Payouts", f"{expected.entries:,}"),
        ("Sum", format_money(expected.total_minor)),
    )
    if left_out:
        facts += (("Left out", f"{left_out:,} suspended since; their balance is restored"),)
    effect = (
        "The file is made once. Download it, and upload it at the bank; these payouts then wait for the bank."
    )
    return Confirmation(
        f"Make the {label} file of run {expected.run_id}?", facts, effect, "Make the file", back,
        is_reason_needed=False,
    )  # fmt: skip


def file_paid_question(
    file: PayoutFile, count: int, paid_on: date, reference: str, back: str
) -> Confirmation:
    """`count`: payouts of the file that are neither paid nor returned."""
    facts = (
        ("Run", str(file.run_id)),
        ("Payouts", f"{count:,} of {file.entries:,}"),
        ("Sum of the file", format_money(file.total_minor)),
        ("Bank’s date", f"{paid_on:%Y-%m-%d}"),
        ("Bank’s reference", reference),
    )
    effect = "They are booked as paid by the bank, and each operator hears of it."
    title = f"Has the bank paid {counted(count)} of this file?"
    return Confirmation(title, facts, effect, "Paid", back, is_reason_needed=False)


def item_paid_question(item: PayoutItem, back: str) -> Confirmation:
    """`item`: as it would be."""
    assert item.paid_on is not None, "it would be paid"
    facts = (
        *_item_facts(item),
        ("Paid on", f"{item.paid_on:%Y-%m-%d}"),
        ("Reference", item.bank_reference),
    )
    effect = "It is booked as paid by the bank, and the operator hears of it."
    title = f"Was {format_money(item.amount_minor)} paid to {item.operator.stage_name}?"
    return Confirmation(title, facts, effect, "Paid", back, is_reason_needed=False)


def return_question(item: PayoutItem, back: str) -> Confirmation:
    """A payout that came back, or won't be sent."""
    owed = payable_minor(item.operator_id)
    facts = (
        *_item_facts(item),
        ("Owed", f"{format_money(owed)} → {format_money(owed + item.debited_minor)}"),
    )
    effect = "It is credited to the operator again and paid with the next run. The operator hears of it."
    label = "The bank’s reason, like “R03, no account” (the operator reads it)"
    title = f"Did {format_money(item.amount_minor)} to {item.operator.stage_name} come back?"
    return Confirmation(title, facts, effect, "Returned", back, reason_label=label)


def outside_return_question(payout: Transaction, operator: Operator, back: str) -> Confirmation:
    """A payout made outside that came back."""
    owed, amount = payable_minor(operator.pk), format_money(payout.amount_minor)
    facts = (
        ("Operator", operator.stage_name),
        ("Amount", amount),
        ("Payment", payout.reason),
        ("Owed", f"{format_money(owed)} → {format_money(owed + payout.amount_minor)}"),
    )
    effect = (
        "It is credited to the operator again and paid with the next run; it counts in no tax year. The operator hears of it."
    )  # fmt: skip
    label = "Why it came back, like “The check bounced” (the operator reads it)"
    title = f"Did {amount} to {operator.stage_name} come back?"
    return Confirmation(title, facts, effect, "Returned", back, reason_label=label)


def write_off_question(operator: Operator, amount_minor: int, back: str) -> Confirmation:
    """What an operator owes us and won't earn anymore."""
    owed = payable_minor(operator.pk)
    amount = format_money(amount_minor)
    facts = (
        ("Operator", f"{operator.stage_name}, {operator.user.email}"),
        ("Write off", amount),
        ("Owed", f"{format_money(owed)} → {format_money(owed + amount_minor)}"),
    )
    effect = "The platform bears it, for good."
    return Confirmation(f"Write off {amount} of {operator.stage_name}?", facts, effect, "Write off", back)


def _item_facts(item: PayoutItem) -> Facts:
    return (
        ("Operator", item.operator.stage_name),
        ("Amount", format_money(item.amount_minor)),
        ("To", account_words(item.account)),
    )


def _by_method(items: Sequence[PayoutItem]) -> Facts:
    rows = []
    for method in Method:
        amounts = [item.amount_minor for item in items if item.method == method]
        if amounts:
            rows.append((f"By {method.label}", f"{counted(len(amounts))}, {format_money(sum(amounts))}"))
    return tuple(rows)


def _left_out(items: Sequence[PayoutItem]) -> Facts:
    rows = [
        ("Left out", f"{item.operator.stage_name}: {obstacle_words(item.obstacle)}") for item in items[:NAMED]
    ]
    if len(items) > NAMED:
        rows.append(("Left out", f"and {len(items) - NAMED:,} more"))
    return tuple(rows)
