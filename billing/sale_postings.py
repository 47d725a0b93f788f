"""What is posted for what is sold one by one: a text, a tip. Pure, like `billing.postings`."""

from dataclasses import dataclass

from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, TransactionKind
from core.money import Split


def message_key(message_id: str) -> str:
    """The key under which a text is charged, once."""
    return f"{TransactionKind.MESSAGE}:{message_id}"


@dataclass(frozen=True, slots=True)
class Parties:
    """Between whom a single thing is sold, and on which brand: their ids, and those of their accounts."""

    customer_id: int
    wallet_id: int
    operator_id: int
    payable_id: int
    brand_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class Tax:
    """What is paid beside what is shared, in minor units, and whom it is owed to."""

    amount_minor: int = 0
    jurisdiction: str = ""


def for_message(parts: Split, parties: Parties, *, tax: Tax, rate_minor: int, message_id: str) -> Posting:
    """One text of a customer at the operator's rate: what is shared in `parts`, and the tax beside it."""
    key, kind = message_key(message_id), TransactionKind.MESSAGE
    return _single_sale(kind, parts, parties, tax=tax, key=key, reference=message_id, rate_minor=rate_minor)


def for_tip(parts: Split, parties: Parties, *, tax: Tax, key: str, reference: str) -> Posting:
    """One tip: what is shared in `parts` like talk, and the tax beside it. `reference` is its own: no part of the call's bill."""
    return _single_sale(TransactionKind.TIP, parts, parties, tax=tax, key=key, reference=reference)


def _single_sale(
    kind: TransactionKind, parts: Split, parties: Parties, *, tax: Tax, key: str, reference: str,
    rate_minor: int | None = None,
) -> Posting:  # fmt: skip
    return Posting(
        kind=kind,
        key=key,
        amount_minor=parts.amount_minor,
        operator_minor=parts.operator_minor,
        platform_minor=parts.platform_minor,
        currency=parties.currency,
        customer_id=parties.customer_id,
        operator_id=parties.operator_id,
        brand_id=parties.brand_id,
        reference=reference,
        rate_minor=rate_minor,
        description=kind.label.capitalize(),
        sides=(
            Side(-parts.amount_minor - tax.amount_minor, account_id=parties.wallet_id),
            Side(parts.operator_minor, account_id=parties.payable_id),
            Side(parts.platform_minor, kind=AccountKind.REVENUE),
            Side(tax.amount_minor, kind=AccountKind.TAX, name=tax.jurisdiction),
        ),
    )
