"""What each step of a payout posts to the ledger (docs/accounting.md). Pure: builds postings, posts nothing."""

from billing.ledger.models import Transaction
from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, TransactionKind
from billing.payouts.models import PayoutItem
from billing.payouts.states import ItemState


def reference_of(item: PayoutItem) -> str:
    """What all postings of one item have in common."""
    return f"payout-{item.pk}"


def for_approved(item: PayoutItem, *, payable_id: int, currency: str, actor_id: int) -> list[Posting]:
    """The operator's account is debited: what is sent is in transit, what is withheld is the tax office's, the fee is ours."""
    return [
        _of_payable(item, kind, -minor, account, payable_id=payable_id, currency=currency, actor_id=actor_id)
        for kind, minor, account in _parts(item)
        if minor
    ]


def for_returned(
    item: PayoutItem, *, payable_id: int, currency: str, actor_id: int, reason: str
) -> list[Posting]:
    """Everything goes back to the operator's account: out of transit, or out of the bank where it had been paid."""
    source = AccountKind.BANK if item.state == ItemState.PAID else AccountKind.PAYOUTS_IN_TRANSIT
    parts = [(TransactionKind.PAYOUT_BACK, item.amount_minor, source), *_parts(item)[1:]]
    return [
        _of_payable(
            item, kind, minor, account, payable_id=payable_id, currency=currency, actor_id=actor_id,
            reason=reason, step=":returned",
        )
        for kind, minor, account in parts
        if minor
    ]  # fmt: skip


def for_paid(item: PayoutItem, *, currency: str, actor_id: int, bank_reference: str) -> Posting:
    """The bank has sent it: out of transit, out of the bank."""
    return Posting(
        kind=TransactionKind.PAYOUT_PAID,
        key=f"{reference_of(item)}:paid",
        amount_minor=item.amount_minor,
        currency=currency,
        operator_id=item.operator_id,
        reference=reference_of(item),
        description="Payout arrived",
        actor_id=actor_id,
        reason=bank_reference,
        sides=(
            Side(-item.amount_minor, kind=AccountKind.PAYOUTS_IN_TRANSIT),
            Side(item.amount_minor, kind=AccountKind.BANK),
        ),
    )


def for_outside_returned(payout: Transaction, *, payable_id: int, actor_id: int, reason: str) -> Posting:
    """A payout made outside came back: it is the operator's again, and wasn't paid outside. Its key lets that happen once."""
    return Posting(
        kind=TransactionKind.PAYOUT_BACK,
        key=f"payout-outside-{payout.pk}:returned",
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        operator_id=payout.operator_id,
        description=_WORDS[TransactionKind.PAYOUT_BACK],
        actor_id=actor_id,
        reason=reason,
        reverses_id=payout.pk,
        sides=(
            Side(payout.amount_minor, account_id=payable_id),
            Side(-payout.amount_minor, kind=AccountKind.PAYOUT),
        ),
    )


def for_written_off(
    *, operator_id: int, payable_id: int, amount_minor: int, currency: str, actor_id: int, reason: str, key: str
) -> Posting:  # fmt: skip
    """What an operator's account is below zero is ours to bear."""
    return Posting(
        kind=TransactionKind.WRITE_OFF,
        key=key,
        amount_minor=amount_minor,
        currency=currency,
        operator_id=operator_id,
        description="Debt written off",
        actor_id=actor_id,
        reason=reason,
        sides=(
            Side(amount_minor, account_id=payable_id),
            Side(-amount_minor, kind=AccountKind.WRITE_OFFS),
        ),
    )


_WORDS = {
    TransactionKind.PAYOUT: "Payout",
    TransactionKind.PAYOUT_BACK: "Payout returned",
    TransactionKind.WITHHOLDING: "Backup withholding",
    TransactionKind.PAYOUT_FEE: "Fee for a payout at once",
}


def _parts(item: PayoutItem) -> list[tuple[TransactionKind, int, AccountKind]]:
    return [
        (TransactionKind.PAYOUT, item.amount_minor, AccountKind.PAYOUTS_IN_TRANSIT),
        (TransactionKind.WITHHOLDING, item.withheld_minor, AccountKind.WITHHELD),
        (TransactionKind.PAYOUT_FEE, item.fee_minor, AccountKind.REVENUE),
    ]


def _of_payable(
    item: PayoutItem, kind: TransactionKind, change_minor: int, account: AccountKind, *,
    payable_id: int, currency: str, actor_id: int, reason: str = "", step: str = "",
) -> Posting:  # fmt: skip
    """One transaction between the operator's account and one of ours; `change_minor` is what the operator gains."""
    return Posting(
        kind=kind,
        key=f"{reference_of(item)}:{kind}{step}",
        amount_minor=abs(change_minor),
        currency=currency,
        operator_id=item.operator_id,
        reference=reference_of(item),
        description=_WORDS[kind],
        actor_id=actor_id,
        reason=reason,
        sides=(Side(change_minor, account_id=payable_id), Side(-change_minor, kind=account)),
    )
