"""What statements of processors post to the ledger. Pure: builds postings, posts nothing."""

from billing.ledger.models import Transaction
from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import StatementLine


def for_fee(line: StatementLine, *, brand_id: int | None) -> Posting:
    """What the processor kept of a charge; negative: what it gave back of that. The processor owes us so much less."""
    return _from_processor(
        line, TransactionKind.FEE, line.fee_minor, Side(-line.fee_minor, kind=AccountKind.FEES), brand_id,
        f"Fee of a {line.get_kind_display()}",
    )  # fmt: skip


def for_deposit(line: StatementLine, *, actor_id: int | None) -> Posting:
    """What the processor sent to the bank, as much as arrived there."""
    minor = line.banked_minor or 0
    return _from_processor(
        line, TransactionKind.DEPOSIT, minor, Side(-minor, kind=AccountKind.BANK), None,
        f"Arrived at the bank: {line.bank_reference}", actor_id,
    )  # fmt: skip


def _from_processor(
    line: StatementLine, kind: TransactionKind, minor: int, other: Side, brand_id: int | None,
    description: str, actor_id: int | None = None,
) -> Posting:  # fmt: skip
    return Posting(
        kind=kind,
        key=f"{kind}:{line.reference}",
        amount_minor=abs(minor),
        currency=line.currency,
        brand_id=brand_id,
        reference=line.reference,
        description=description[:200],
        actor_id=actor_id,
        sides=(Side(minor, kind=AccountKind.PROCESSOR, name=line.gateway), other),
    )


def banked_key(transaction_id: int) -> str:
    """The key under which money received outside is booked to the bank, once."""
    return f"banked:{transaction_id}"


def for_received(top_up: Transaction, *, minor: int, bank_reference: str, actor_id: int) -> Posting:
    """Money received outside of the product has arrived at the bank."""
    return Posting(
        kind=TransactionKind.DEPOSIT,
        key=banked_key(top_up.pk),
        amount_minor=minor,
        currency=top_up.currency,
        reference=f"received:{top_up.pk}",
        description=f"Arrived at the bank: {bank_reference}"[:200],
        actor_id=actor_id,
        sides=(Side(minor, kind=AccountKind.RECEIVED), Side(-minor, kind=AccountKind.BANK)),
    )
